"""The PyTorch operators that the next stages take."""

from __future__ import annotations

import operator
from typing import cast

from torch import Tensor
from torch.fx import Node

from npu.frontend.torch.indexed_ops import GATHER, SCATTER
from npu.frontend.torch.ordered_ops import ORDERED
from npu.frontend.torch.origin import short_name
from npu.frontend.torch.scalar_ops import SCALAR

SUPPORTED = frozenset(
    {
        *("aten.mm.default", "aten.bmm.default"),
        *("aten.add.Tensor", "aten.add.Scalar", "aten.sub.Tensor", "aten.sub.Scalar"),
        *("aten.rsub.Scalar", "aten.mul.Tensor", "aten.mul.Scalar"),
        *("aten.div.Tensor", "aten.div.Scalar", "aten.neg.default"),
        *("aten.maximum.default", "aten.minimum.default", "aten.clamp.default", "aten.abs.default"),
        *("aten.relu.default", "aten.sigmoid.default", "aten.tanh.default", "aten.erf.default"),
        *("aten.exp.default", "aten.sqrt.default", "aten.rsqrt.default"),
        *("aten.exp2.default", "aten.expm1.default", "aten.log.default", "aten.log2.default"),
        *("aten.log10.default", "aten.log1p.default"),
        *("aten.sin.default", "aten.cos.default", "aten.tan.default", "aten.asin.default"),
        *("aten.acos.default", "aten.atan.default", "aten.atan2.default"),
        *("aten.sinh.default", "aten.cosh.default", "aten.asinh.default"),
        *("aten.acosh.default", "aten.atanh.default"),
        *("aten.floor.default", "aten.ceil.default", "aten.round.default"),
        *("aten.pow.Tensor_Scalar", "aten.pow.Tensor_Tensor", "aten.pow.Scalar"),
        *("aten.prod.dim_int", "aten.sum.dim_IntList", "aten.amax.default", "aten.amin.default"),
        *("aten.view.default", "aten._unsafe_view.default", "aten.reshape.default"),
        *("aten.permute.default", "aten.transpose.int", "aten.t.default", "aten.expand.default"),
        *("aten.unsqueeze.default", "aten.squeeze.default", "aten.squeeze.dim"),
        *("aten.squeeze.dims", "aten.clone.default", "aten.alias.default", "aten.detach.default"),
        *("aten.full.default", "aten.full_like.default"),
        *("aten.convolution.default", "aten.constant_pad_nd.default", "aten.slice.Tensor"),
        *("aten.flip.default", "aten.cat.default"),
        *("aten.max_pool2d_with_indices.default", "aten.max_pool3d_with_indices.default"),
        *("aten.avg_pool2d.default", "aten.avg_pool3d.default"),
        *("aten.where.self", "aten._to_copy.default", "aten.isnan.default", "aten.isinf.default"),
        *(
            f"aten.{name}.{form}"
            for name in ("eq", "ne", "lt", "le", "gt", "ge")
            for form in ("Scalar", "Tensor")
        ),
        *(f"aten.logical_{name}.default" for name in ("and", "or", "xor", "not")),
        *(f"aten.bitwise_{name}.Tensor" for name in ("and", "or", "xor")),
        *(GATHER, SCATTER, *ORDERED, *SCALAR),
        *("aten.bitwise_not.default", "aten.remainder.Scalar", "aten.remainder.Tensor"),
    }
)
"""Operators of a decomposed graph that lower to stage 0 (`npu.frontend.stage0.operations`)."""


POOLS = frozenset({"aten.max_pool2d_with_indices.default", "aten.max_pool3d_with_indices.default"})
"""Operators that give maxima and their positions."""


def is_supported(node: Node) -> bool:
    """Whether the next stages take a call as it is."""
    if str(node.target) in POOLS:
        values = cast(Tensor, cast(Node, node.args[0]).meta["val"])
        return values.is_floating_point() or not _finds_positions(node)
    if str(node.target) == "aten.div.Tensor_mode":
        return node.kwargs.get("rounding_mode") == "trunc" and not _is_float(node)
    return node.target is operator.getitem or str(node.target) in SUPPORTED


def _finds_positions(node: Node) -> bool:
    """Whether the positions of a pool's maxima are read."""
    return any(user.args[1] == 1 for user in node.users if user.target is operator.getitem)


def _is_float(node: Node) -> bool:
    """Whether a call gives a tensor of floats."""
    return cast(Tensor, node.meta["val"]).is_floating_point()


def supported_names() -> list[str]:
    """Operator names for messages and documentation, sorted, without overloads."""
    given = {name for name in SUPPORTED if name.startswith("aten.")}
    return sorted({short_name(name).removeprefix("aten.") for name in given})
