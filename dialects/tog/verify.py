"""Rules that all `tog` operations with expressions share."""

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import AffineMapAttr, IntegerAttr, MemRefType
from xdsl.ir import Block, Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from npu.dialects.npu.attrs import SPAD
from npu.dialects.tog.attrs import VERSION_ATTRIBUTE, RectangleAttr
from npu.dialects.tog.loops import LoopOp, ParallelOp


class FaultBehind(VerifyException):
    """A rule that is checked once for several operations is broken by `op`, a later one of them."""

    def __init__(self, op: Operation, message: str) -> None:
        super().__init__(message)
        self.op = op


def verify_expressions(
    op: Operation, ivs: Sequence[SSAValue], maps: Sequence[AffineMapAttr]
) -> None:
    """Rules TE1 and TE2 of an operation's expressions.

    - TE1: `ivs` are induction variables of loops around the operation.
    - TE2: every expression is a map over all `ivs` and no symbols, with at least one result.
    """
    for iv in ivs:
        loop = iv.owner.parent_op() if isinstance(iv.owner, Block) else None
        if not isinstance(loop, LoopOp | ParallelOp) or not loop.is_ancestor(op):
            raise VerifyException(
                "TE1: an expression may hold only induction variables of the loops around it"
            )
    for one in maps:
        if one.data.num_dims != len(ivs) or one.data.num_symbols or not one.data.results:
            raise VerifyException(
                f"TE2: {op.name} has {len(ivs)} induction variables, so that each of its "
                f"expressions is a map of as many dimensions, got {one}"
            )


def verify_access(buffer: SSAValue, rect: RectangleAttr) -> None:
    """Rule TA1: a rectangle has one `lo` and one `size` for each dimension of a slot."""
    type_ = cast(MemRefType[Any], buffer.type)
    if type_.memory_space != SPAD:
        raise VerifyException(f'TA1: an access is to a buffer in "spad", got {type_}')
    rank = type_.get_num_dims() - 1
    if len(rect.lo.data) != rank or len(rect.size.data) != rank:
        raise VerifyException(
            f"TA1: a slot of {type_} has {rank} dimensions; got {len(rect.lo.data)} first elements "
            f"and {len(rect.size.data)} sizes"
        )


def verify_single(what: str, stored: AffineMapAttr) -> None:
    """Rule TE3: addresses are sums, not minima."""
    if len(stored.data.results) != 1:
        raise VerifyException(f"TE3: {what} must be a sum, not a minimum")


def version_of(op: Operation) -> int | None:
    """The version of the module of graphs around an operation."""
    around = op.parent_op()
    while around is not None and VERSION_ATTRIBUTE not in around.attributes:
        around = around.parent_op()
    version = None if around is None else around.attributes[VERSION_ATTRIBUTE]
    return version.value.data if isinstance(version, IntegerAttr) else None
