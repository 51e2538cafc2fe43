"""Locations of operations become the attributes that later stages name them by, and then go."""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.dialects.builtin import StringAttr
from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.dialects.tensor import ExtractSliceOp, PadOp, SplatOp
from xdsl.ir import Operation

from npu.dialects.npu.gather import INDEXED_OPS
from npu.frontend.places import LOCATION, Places, location_of

TORCH_OP = "npu.torch_op"
"""The PyTorch operator that the user called: ``aten.linear``."""

TORCH_LINE = "npu.torch_line"
"""The name of the Python file, and the line: ``mlp.py:12``. Where PyTorch's own module made the
call, that module too: ``linear.py:134 in module 0``."""

LOWERED_FROM = "npu.lowered_from"
"""The operator of the decomposed graph, for the rewrites of stage 0 alone: ``aten.clamp``."""


COMPUTING = (GenericOp, FillOp, SplatOp, PadOp, ExtractSliceOp, *INDEXED_OPS)
"""Operations that say where they come from."""


def write_origins(function: func.FuncOp, places: Places) -> None:
    """Write the attributes of all operations that compute."""
    for op in function.walk():
        location = location_of(op)
        origin = places.origin(location)
        if origin is None or not isinstance(op, COMPUTING):
            continue
        op.attributes[TORCH_OP] = StringAttr(origin.torch_op)
        op.attributes[LOWERED_FROM] = StringAttr(places.lowered_from(location))
        if origin.short:
            op.attributes[TORCH_LINE] = StringAttr(origin.short)


def copy_origin(source: Operation, target: Operation) -> None:
    """Give ``target`` what says where ``source`` comes from."""
    kept = (LOCATION, TORCH_OP, TORCH_LINE)
    target.attributes |= {key: v for key, v in source.attributes.items() if key in kept}


def erase_locations(function: func.FuncOp) -> None:
    """Remove what only stage 0 itself and its messages need."""
    for op in function.walk():
        op.attributes.pop(LOCATION, None)
        op.attributes.pop(LOWERED_FROM, None)
