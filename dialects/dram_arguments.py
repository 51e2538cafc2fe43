"""The rule that `npu.kernel` and `tog.graph` share: their arguments are DRAM buffers."""

from collections.abc import Sequence

from xdsl.dialects.builtin import FunctionType, MemRefType
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from npu.dialects.npu.attrs import SPAD


def verify_dram_arguments(
    function_type: FunctionType, block_types: Sequence[Attribute], rule: str
) -> None:
    """Raises VerifyException by `rule` unless every argument is a DRAM memref of static shape."""
    for number, type_ in enumerate(function_type.inputs):
        if not _is_dram(type_):
            raise VerifyException(
                f"{rule}: argument {number} must be a memref of static shape in DRAM "
                f"(no memory space), got {type_}"
            )
    if tuple(block_types) != tuple(function_type.inputs):
        raise VerifyException(f"{rule}: the block arguments must have the function's types")


def _is_dram(type_: Attribute) -> bool:
    """A memref of static shape that is not in the scratchpad."""
    if not isinstance(type_, MemRefType):
        return False
    return type_.memory_space != SPAD and type_.has_static_shape()
