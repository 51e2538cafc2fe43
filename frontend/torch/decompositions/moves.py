"""What moves values: padding, parts of tensors, extents of 1, repeated pixels."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.borders import circular, reflected, replicated
from npu.frontend.torch.decompositions.rows import Dims, reduced_dims
from npu.frontend.torch.decompositions.sampling import by_nearest

aten = torch.ops.aten

BORDERS = {"reflect": reflected, "replicate": replicated, "circular": circular}
"""What pads with values of the tensor, by PyTorch's name of the mode."""


def pad(
    x: Tensor, widths: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Padding with a constant or with values of ``x``."""
    if mode != "constant":
        return BORDERS[mode](x, widths)
    return aten.constant_pad_nd(x, widths, 0.0 if value is None else value)


def constant_pad(x: Tensor, widths: Sequence[int], value: float = 0.0) -> Tensor:
    """Padding by at least 0, without an operation where it is 0; what is negative cuts off."""
    cuts = [max(0, -width) for width in widths]
    for at in range(len(widths) // 2):
        low, high = cuts[2 * at : 2 * at + 2]
        if low or high:
            x = x.narrow(-1 - at, low, x.shape[-1 - at] - low - high)
    if not any(width > 0 for width in widths):
        return x.clone()
    if not any(cuts):
        return NotImplemented
    return aten.constant_pad_nd(x, [max(0, width) for width in widths], value)


def select(x: Tensor, dim: int, index: int) -> Tensor:
    """The part of extent 1 at ``index``, without that dimension."""
    dim = dim % x.dim()
    part = x.narrow(dim, index % x.shape[dim], 1)
    return part.reshape([n for d, n in enumerate(part.shape) if d != dim])


def full(
    size: Sequence[int],
    value: complex,
    *,
    dtype: torch.dtype | None = None,
    **_: object,
) -> Tensor:
    """One number everywhere, given as one of the tensor's type: 6 is a condition that holds."""
    if dtype is torch.bool and not isinstance(value, bool):
        return aten.full(size, bool(value), dtype=dtype)
    if isinstance(value, float) and dtype is not None and not dtype.is_floating_point:
        return aten.full(size, int(value), dtype=dtype)
    return NotImplemented


def full_like(
    x: Tensor, value: complex, *, dtype: torch.dtype | None = None, **_: object
) -> Tensor:
    """As `full`, of the shape and type of ``x``."""
    return aten.full(x.shape, value, dtype=dtype or x.dtype)


def split_with_sizes(x: Tensor, sizes: Sequence[int], dim: int = 0) -> list[Tensor]:
    """Slices side by side."""
    starts = itertools.accumulate(sizes, initial=0)
    return [x.narrow(dim, start, size) for start, size in zip(starts, sizes, strict=False)]


def squeeze(x: Tensor, dim: Dims = None) -> Tensor:
    """``x`` without the extents of 1 at ``dim``, as a reshape; no dimensions are none of them."""
    dims = () if isinstance(dim, Sequence) and not dim else reduced_dims(x, dim)
    return x.reshape([n for d, n in enumerate(x.shape) if d not in dims or n != 1])


def upsample_nearest(offset: float) -> Callable[..., Tensor]:
    """The nearest pixel of ``x`` (n, c, ...), of which places are at ``i + offset``.

    Where each fills a whole number of the result's, it is repeated so often.
    """

    def decompose(
        x: Tensor, output_size: Sequence[int] | None, scales: Sequence[float] | None
    ) -> Tensor:
        sizes, given = x.shape[2:], output_size
        if output_size is None:
            output_size = [int(n * s) for n, s in zip(sizes, scales or (), strict=True)]
        times = [out // size for out, size in zip(output_size, sizes, strict=True)]
        whole = [size * n for size, n in zip(sizes, times, strict=True)]
        if list(output_size) != whole or (scales and [float(n) for n in times] != list(scales)):
            return by_nearest(x, output_size, scales if given is None else None, offset=offset)
        shape, wide = list(x.shape[:2]), list(x.shape[:2])
        for size, n in zip(sizes, times, strict=True):
            shape += [size, 1]
            wide += [size, n]
        return x.reshape(shape).expand(wide).reshape([*x.shape[:2], *output_size])

    return decompose
