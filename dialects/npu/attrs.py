"""Types and attributes of the `npu` dialect."""

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import ParametrizedAttribute, TypeAttribute
from xdsl.irdl import irdl_attr_definition

SPAD_ALIGNMENT = 64
"""Scratchpad buffers start at multiples of so many bytes (rule A2)."""

SPAD = StringAttr("spad")
"""The memory space of scratchpad buffers; DRAM buffers carry none."""


@irdl_attr_definition
class TokenType(ParametrizedAttribute, TypeAttribute):
    """Completion of one DMA transfer: `npu.wait` and nothing else takes it."""

    name = "npu.token"


@irdl_attr_definition
class WeightsType(ParametrizedAttribute, TypeAttribute):
    """A k x n weight tile held by a systolic array between `npu.preload` and `npu.matmul`."""

    name = "npu.weights"
