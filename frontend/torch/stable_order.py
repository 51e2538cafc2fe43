"""Eager PyTorch made to say which of several equal values it takes: the one that stands first.

PyTorch leaves open in which order `sort` and `topk` give equal values, and which place of several
`kthvalue` and `median` do; what it gives depends on the processor. Compiled programs take them in
the order of their places, and are compared with eager PyTorch that does, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten


class StableOrder(TorchDispatchMode):
    """While it is active, equal values are taken in the order of their places."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Runs an operator, or what stands for it."""
        del types
        given = dict(kwargs or {})
        return _STABLE.get(func, func)(*args, **given)


def _sort(x: Tensor, dim: int = -1, descending: bool = False) -> Any:
    return aten.sort.stable(x, stable=True, dim=dim, descending=descending)


def _topk(x: Tensor, k: int, dim: int = -1, largest: bool = True, *_: bool, **__: bool) -> Any:
    if x.dim() == 0:
        return aten.topk.default(x, k, dim, largest)
    values, places = _sort(x, dim, largest)
    return values.narrow(dim, 0, k).contiguous(), places.narrow(dim, 0, k).contiguous()


def _kthvalue(x: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    if x.numel() == 0 or x.dim() == 0:
        return aten.kthvalue.default(x, k, dim, keepdim)
    ordered, order = _sort(x, dim)
    return _taken(ordered, order, torch.full_like(order.narrow(dim, 0, 1), k - 1), dim, keepdim)


def _median_of(op: Any, *, skips_nan: bool) -> Callable[..., Any]:
    def median(x: Tensor, dim: int, keepdim: bool = False) -> Any:
        if x.numel() == 0 or x.dim() == 0:
            return op(x, dim, keepdim)
        ordered, order = _sort(x, dim)
        count, missing = x.shape[dim], torch.isnan(x).sum(dim, keepdim=True)
        if skips_nan:
            at = (count - missing - 1).clamp(min=0) // 2
        else:
            at = torch.where(missing > 0, count - missing, (count - 1) // 2)
        return _taken(ordered, order, at, dim, keepdim)

    return median


def _taken(ordered: Tensor, order: Tensor, at: Tensor, dim: int, keepdim: bool) -> Any:
    """What stands at a place of the order of each row."""
    found = ordered.gather(dim, at), order.gather(dim, at)
    return found if keepdim else tuple(one.squeeze(dim) for one in found)


_STABLE: dict[Any, Callable[..., Any]] = {
    aten.sort.default: _sort,
    aten.topk.default: _topk,
    aten.kthvalue.default: _kthvalue,
    aten.median.dim: _median_of(aten.median.dim, skips_nan=False),
    aten.nanmedian.dim: _median_of(aten.nanmedian.dim, skips_nan=True),
}
"""What stands for the operators that leave an order open."""
