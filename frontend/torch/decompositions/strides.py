"""Views of a tensor's memory by sizes and strides."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

aten = torch.ops.aten


def as_strided(
    x: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """``x`` in another order of its memory, in steps and repeated, where no two elements overlap.

    Every other view of its memory (windows that overlap, memory of a tensor with gaps) is left for
    the check to name.
    """
    first = 0 if storage_offset is None else storage_offset - x.storage_offset()
    walked = [(step, own) for n, step, own in zip(size, stride, x.stride(), strict=False) if n > 1]
    if not first and list(size) == list(x.shape) and all(step == own for step, own in walked):
        return x.clone()
    moving = [d for d, n in enumerate(size) if n > 1 and stride[d] > 0]
    moving.sort(key=lambda d: -stride[d])
    if not x.is_contiguous() or first < 0 or 0 in size or _overlap(moving, size, stride):
        return NotImplemented
    found = _cut(x.reshape(-1), first, [(size[d], stride[d]) for d in moving])
    in_order = [moving.index(d) for d in sorted(moving)]
    plain = found.permute(in_order).reshape([n if d in moving else 1 for d, n in enumerate(size)])
    return plain.expand(size).clone()


def _overlap(dims: Sequence[int], size: Sequence[int], stride: Sequence[int]) -> bool:
    """Whether what lies within a dimension, the largest stride first, reaches beyond its step."""
    reach = 0
    for d in reversed(dims):
        if reach >= stride[d]:
            return True
        reach += (size[d] - 1) * stride[d]
    return False


def _cut(flat: Tensor, first: int, walked: Sequence[tuple[int, int]]) -> Tensor:
    """Elements of a vector from ``first`` on, by sizes and strides, the largest stride first."""
    if not walked:
        return flat.narrow(0, first, 1).reshape(())
    found = flat.narrow(0, first, flat.shape[0] - first)
    for count, step in walked:
        missing = count * step - found.shape[-1]
        if missing > 0:
            found = aten.constant_pad_nd(found, [0, missing], 0)
        found = found.narrow(-1, 0, count * step).reshape([*found.shape[:-1], count, step])
    return found.select(-1, 0)
