"""Windows of a tensor side by side, and their sum: ``unfold``, ``im2col`` and ``col2im``.

Windows of few elements, or of few pieces that a step is a multiple of, are slices joined. Where
there are more and they overlap, ``x`` is repeated in as many rows as a window has elements, and the
rows are slanted: laid end to end and cut again into rows that are ``dilation`` longer, row i starts
at i * dilation. Each column is a window then, and nothing grows with their number. Windows of 3:

    0 1 2 3 4        0 1 2 3 4 0
    0 1 2 3 4   ->   1 2 3 4 0 1   ->   0 1 2
    0 1 2 3 4        2 3 4 - - -        1 2 3
                                        2 3 4
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import torch
from torch import Tensor

aten = torch.ops.aten

MOST_PIECES = 8
"""Slices of which windows are joined: each is a kernel."""


def unfold(x: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Windows of ``size`` at every ``step``: the number of windows at ``dimension``, size last."""
    if not x.dim():
        return x.reshape(1).narrow(0, 0, size)
    dimension = dimension % x.dim()
    windows = _windows(x.movedim(dimension, -1), size, step, 1)
    return windows.transpose(-1, -2).movedim(-2, dimension)


def _windows(x: Tensor, size: int, step: int, dilation: int) -> Tensor:
    """Windows of the last dimension: (..., size, number of windows)."""
    *others, length = x.shape
    count = (length - (size - 1) * dilation - 1) // step + 1
    if not size:
        return x.new_zeros([*others, 0, length // step + 1])
    if size == 1 or (dilation == 1 and step >= size):
        return _apart(x, size, step, count)
    run = gcd(size, step) if dilation == 1 else 1
    if size // run > MOST_PIECES:
        return slanted(x, size, dilation)[..., : (count - 1) * step + 1 : step]
    pieces = [
        _apart(x.narrow(-1, at * dilation, length - at * dilation), run, step, count)
        for at in range(0, size, run)
    ]
    return torch.cat(pieces, -2)


def slanted(x: Tensor, rows: int, shift: int) -> Tensor:
    """The last dimension in so many rows, row i from element i * shift on; then come others."""
    *others, length = x.shape
    wide = x.unsqueeze(-2).expand([*others, rows, length]).reshape([*others, rows * length])
    longer = aten.constant_pad_nd(wide, [0, rows * shift], 0)
    return longer.reshape([*others, rows, length + shift])


def _apart(x: Tensor, size: int, step: int, count: int) -> Tensor:
    """Windows that do not overlap: (..., size, count)."""
    *others, length = x.shape
    if size == 1:
        return x[..., : (count - 1) * step + 1 : step].unsqueeze(-2)
    if count * step > length:
        x = aten.constant_pad_nd(x, [0, count * step - length], 0)
    rows = x.narrow(-1, 0, count * step).reshape([*others, count, step])
    return rows.narrow(-1, 0, size).transpose(-1, -2)


def _added(windows: Tensor, step: int, dilation: int, length: int) -> Tensor:
    """The reverse of `_windows`: (..., size, count) added up to (..., length)."""
    *others, size, count = windows.shape
    if step > 1:
        spread = aten.constant_pad_nd(windows.unsqueeze(-1), [0, step - 1], 0)
        windows = spread.reshape([*others, size, count * step])
    longer = aten.constant_pad_nd(windows, [0, length + dilation - count * step], 0)
    flat = longer.reshape([*others, size * (length + dilation)])
    return flat.narrow(-1, 0, size * length).reshape([*others, size, length]).sum(-2)


def im2col(
    x: Tensor,
    kernel_size: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> Tensor:
    """Windows of images ([n,] c, h, w): ([n,] c * elements of a window, windows)."""
    images = x if x.dim() == 4 else x.unsqueeze(0)
    down, across = padding
    if down or across:
        images = aten.constant_pad_nd(images, [across, across, down, down], 0)
    n, c, h, w = images.shape
    planes = images.reshape([n * c, h, w])
    columns = _windows(planes, kernel_size[1], stride[1], dilation[1])  # n c, h, kw, ow
    rows = _windows(columns.movedim(1, -1), kernel_size[0], stride[0], dilation[0])
    found = rows.permute(0, 3, 1, 4, 2)  # n c, kw, ow, kh, oh -> n c, kh, kw, oh, ow
    _, kh, kw, oh, ow = found.shape
    found = found.reshape([n, c * kh * kw, oh * ow])
    return found if x.dim() == 4 else found.squeeze(0)


def col2im(
    x: Tensor,
    output_size: Sequence[int],
    kernel_size: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> Tensor:
    """The reverse of `im2col`, where windows that overlap are added up."""
    columns = x if x.dim() == 3 else x.unsqueeze(0)
    n = columns.shape[0]
    c = columns.shape[1] // (kernel_size[0] * kernel_size[1])
    sizes = [out + 2 * pad for out, pad in zip(output_size, padding, strict=True)]
    counts = [
        (size - (kernel - 1) * apart - 1) // step + 1
        for size, kernel, apart, step in zip(sizes, kernel_size, dilation, stride, strict=True)
    ]
    windows = columns.reshape([n * c, *kernel_size, *counts])  # n c, kh, kw, oh, ow
    across = _added(windows.permute(0, 1, 3, 2, 4), stride[1], dilation[1], sizes[1])
    down = _added(across.permute(0, 3, 1, 2), stride[0], dilation[0], sizes[0])  # n c, w, h
    image = down.transpose(-1, -2).reshape([n, c, *sizes])
    for at, (pad, out) in enumerate(zip(padding, output_size, strict=True)):
        image = image.narrow(2 + at, pad, out)
    return image.clone() if x.dim() == 3 else image.squeeze(0).clone()
