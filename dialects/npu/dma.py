"""`npu` operations between DRAM and scratchpad: asynchronous transfers and the wait for one."""

from collections.abc import Sequence
from typing import cast

from typing_extensions import override
from xdsl.dialects.builtin import (
    DYNAMIC_INDEX,
    DenseArrayBase,
    MemRefType,
    i64,
)
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    result_def,
)
from xdsl.utils.exceptions import VerifyException

from npu.dialects.npu.attrs import SPAD, TokenType

MAX_DMA_RANK = 4
"""Dimensions of one DMA descriptor."""


class _DmaOp(IRDLOperation):
    """What loads and stores share: rank, shape and memory-space rules.

    - D1: one side is in DRAM (no memory space), the other in the scratchpad ("spad").
    - D2: both sides have the same element type and the same rank, 1 to 4.
    - D3: `permutation` is a permutation of the destination's dimensions, and static sizes agree
      under it: destination dimension i walks source dimension `permutation[i]`.
    """

    source = operand_def(MemRefType)
    """The view that is read."""

    destination = operand_def(MemRefType)
    """The view that is written."""

    permutation = opt_prop_def(DenseArrayBase.constr(i64))
    """Destination dimension i walks source dimension `permutation[i]`; absent = identity."""

    token = result_def(TokenType)
    """Completes when the last byte has arrived."""

    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$source `to` $destination attr-dict `:` type($source) `to` type($destination)"
    )

    def __init__(
        self, source: SSAValue, destination: SSAValue, permutation: Sequence[int] | None = None
    ) -> None:
        properties: dict[str, Attribute] = {}
        if permutation is not None and list(permutation) != list(range(len(permutation))):
            properties["permutation"] = DenseArrayBase.from_list(i64, list(permutation))
        super().__init__(
            operands=[source, destination],
            result_types=[TokenType()],
            properties=properties,
        )

    @property
    def source_type(self) -> MemRefType[Attribute]:
        """The type of the view that is read."""
        return cast(MemRefType[Attribute], self.source.type)

    @property
    def destination_type(self) -> MemRefType[Attribute]:
        """The type of the view that is written."""
        return cast(MemRefType[Attribute], self.destination.type)

    @property
    def permuted(self) -> tuple[int, ...]:
        """`permutation` as integers, the identity if absent."""
        if self.permutation is None:
            return tuple(range(self.destination_type.get_num_dims()))
        return tuple(int(v) for v in self.permutation.get_values())

    @override
    def verify_(self) -> None:
        source, destination = self.source_type, self.destination_type
        into_spad = isinstance(self, DmaLoadOp)
        dram, spad = (source, destination) if into_spad else (destination, source)
        if dram.memory_space == SPAD or spad.memory_space != SPAD:
            raise VerifyException(
                f"D1: {self.name} moves between DRAM and the scratchpad, got "
                f"{source} to {destination}"
            )
        ranks = (source.get_num_dims(), destination.get_num_dims())
        if (
            ranks[0] != ranks[1]
            or not 1 <= ranks[0] <= MAX_DMA_RANK
            or source.element_type != destination.element_type
        ):
            raise VerifyException(
                f"D2: both sides need the same element type and the same rank, 1 to "
                f"{MAX_DMA_RANK}; got {source} to {destination}"
            )
        self._verify_permutation(source.get_shape(), destination.get_shape())

    def _verify_permutation(self, source: Sequence[int], destination: Sequence[int]) -> None:
        if sorted(self.permuted) != list(range(len(destination))):
            raise VerifyException(
                f"D3: {list(self.permuted)} is not a permutation of {len(destination)} dimensions"
            )
        for position, walked in enumerate(self.permuted):
            sizes = (source[walked], destination[position])
            if DYNAMIC_INDEX not in sizes and sizes[0] != sizes[1]:
                raise VerifyException(
                    f"D3: destination dimension {position} has {sizes[1]} elements but walks "
                    f"source dimension {walked} of {sizes[0]}"
                )


@irdl_op_definition
class DmaLoadOp(_DmaOp):
    """DRAM -> scratchpad, asynchronous. Rules D1 to D3."""

    name = "npu.dma_load"


@irdl_op_definition
class DmaStoreOp(_DmaOp):
    """Scratchpad -> DRAM, asynchronous. Rules D1 to D3."""

    name = "npu.dma_store"


@irdl_op_definition
class WaitOp(IRDLOperation):
    """Holds the computation behind it until a transfer is complete; DMA behind it goes on."""

    name = "npu.wait"

    token = operand_def(TokenType)
    """The transfer to wait for."""

    assembly_format = "$token attr-dict"

    def __init__(self, token: SSAValue) -> None:
        super().__init__(operands=[token])
