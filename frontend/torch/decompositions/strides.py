"""Views of a tensor's memory by sizes and strides."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from npu.frontend.torch.decompositions.joins import slice_scatter
from npu.frontend.torch.decompositions.unfolding import slanted

aten = torch.ops.aten


def as_strided(
    x: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """``x`` in another order of its memory, in steps, repeated, in windows.

    Memory of a tensor that is not contiguous, and what lies outside of its elements (of a view of
    a larger tensor), is left for the check to name.
    """
    first = 0 if storage_offset is None else storage_offset - x.storage_offset()
    walked = [(step, own) for n, step, own in zip(size, stride, x.stride(), strict=False) if n > 1]
    if not first and list(size) == list(x.shape) and all(step == own for step, own in walked):
        return x.clone()
    if 0 in size:
        return x.new_zeros(size)
    if not x.is_contiguous() or not _is_inside(x, first, size, stride):
        return NotImplemented
    moving = _moving(size, stride)
    flat = x.reshape(-1)
    found = _cut(
        flat.narrow(0, first, flat.shape[0] - first), [(size[d], stride[d]) for d in moving]
    )
    in_order = [moving.index(d) for d in sorted(moving)]
    plain = found.permute(in_order).reshape([n if d in moving else 1 for d, n in enumerate(size)])
    return plain.expand(size).clone()


def _cut(x: Tensor, walked: Sequence[tuple[int, int]]) -> Tensor:
    """Elements of a vector, by sizes and strides, the largest stride first."""
    reach = sum((count - 1) * step for count, step in walked)
    for count, step in walked:
        reach -= (count - 1) * step
        if reach < step:
            missing = count * step - x.shape[-1]
            if missing > 0:
                x = aten.constant_pad_nd(x, [0, missing], 0)
            x = x.narrow(-1, 0, count * step).reshape([*x.shape[:-1], count, step])
        else:
            x = slanted(x, count, step)
        x = x.narrow(-1, 0, reach + 1)
    return x.select(-1, 0)


def as_strided_scatter(
    x: Tensor,
    source: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
) -> Tensor:
    """``x`` with ``source`` at the elements that `as_strided` reads, where none is read twice."""
    first = 0 if storage_offset is None else storage_offset - x.storage_offset()
    moving = _moving(size, stride)
    walked = [(size[d], stride[d]) for d in moving]
    is_twice = any(n > 1 and d not in moving for d, n in enumerate(size)) or _overlap(walked)
    if not x.is_contiguous() or 0 in size or is_twice:
        return NotImplemented
    if not _is_inside(x, first, size, stride):
        return NotImplemented
    values = source.to(x.dtype).permute(
        [*moving, *(d for d in range(len(size)) if d not in moving)]
    )
    flat = x.reshape(-1)
    behind = flat.narrow(0, first, flat.shape[0] - first)
    found = _put(behind, values.reshape([size[d] for d in moving]), walked)
    return torch.cat([flat.narrow(0, 0, first), found]).reshape(x.shape)


def _is_inside(x: Tensor, first: int, size: Sequence[int], stride: Sequence[int]) -> bool:
    """Whether all that is read, or written, from element `first` on are elements of ``x``."""
    reach = sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    return first >= 0 and first + reach < x.numel()


def _moving(size: Sequence[int], stride: Sequence[int]) -> list[int]:
    """The dimensions in which elements differ, the largest stride first."""
    return sorted(
        (d for d, n in enumerate(size) if n > 1 and stride[d] > 0), key=lambda d: -stride[d]
    )


def _overlap(walked: Sequence[tuple[int, int]]) -> bool:
    """Whether what lies within a dimension reaches beyond its step."""
    reaches = [sum((n - 1) * step for n, step in walked[at + 1 :]) for at in range(len(walked))]
    return any(reach >= step for reach, (_, step) in zip(reaches, walked, strict=True))


def _put(x: Tensor, source: Tensor, walked: Sequence[tuple[int, int]]) -> Tensor:
    """The last dimension of ``x`` with elements replaced, by sizes and strides."""
    if not walked:
        return slice_scatter(x, source.unsqueeze(-1), -1, 0, 1)
    (count, step), *inner = walked
    *others, length = x.shape
    if count * step > length:
        x = aten.constant_pad_nd(x, [0, count * step - length], 0)
    rows = x.narrow(-1, 0, count * step).reshape([*others, count, step])
    found = _put(rows, source, inner).reshape([*others, count * step])
    behind = x.narrow(-1, count * step, x.shape[-1] - count * step)
    return torch.cat([found, behind], -1).narrow(-1, 0, length)
