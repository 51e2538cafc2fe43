"""`npu` operations between DRAM and scratchpad: copies, asynchronous transfers, waiting for one."""

from collections.abc import Sequence
from typing import ClassVar

from typing_extensions import override
from xdsl.dialects.builtin import DenseArrayBase, IntegerType, i64
from xdsl.ir import SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    result_def,
)
from xdsl.utils.exceptions import VerifyException

from npu.dialects.dma_descriptor import MAX_DIMS
from npu.dialects.npu.attrs import TokenType
from npu.dialects.npu.box import Box
from npu.dialects.npu.indexed import Indexed
from npu.dialects.npu.transfer import Fill, TransferOp


@irdl_op_definition
class CopyOp(TransferOp):
    """What `npu-insert-dma` makes transfers of: a box of any rank, between DRAM and scratchpad.

    ```mlir
    npu.copy %x[%i, 0] sizes [%m, 64] to %rows {subtile = array<i64: 8, 64>}
        : memref<300x64xf32> to memref<?x64xf32, strided<[64, 1]>, "spad">
    ```

    Rules: D1 to D5 and D8 of `npu.dma_load`, and
    - D7: `subtile` has a size of at least 1 for each dimension of the view.
    """

    name = "npu.copy"

    subtile = opt_prop_def(DenseArrayBase.constr(i64))
    """Elements of each dimension of the view in one transfer; absent = all."""

    IN_BRACES: ClassVar[tuple[str, ...]] = (*TransferOp.IN_BRACES, "subtile")

    def __init__(
        self,
        source: SSAValue,
        destination: SSAValue,
        box: Box,
        *,
        permutation: Sequence[int] | None = None,
        fill: Fill | None = None,
        bounds: bool = False,
        after: Sequence[SSAValue] = (),
        by: Indexed | None = None,
        subtile: DenseArrayBase[IntegerType] | None = None,
    ) -> None:
        super().__init__(
            source,
            destination,
            box,
            permutation=permutation,
            fill=fill,
            bounds=bounds,
            after=after,
            by=by,
            more_properties={"subtile": subtile},
        )

    @override
    def verify_(self) -> None:
        super().verify_()
        if self.subtile is None:
            return
        pieces = [int(v) for v in self.subtile.get_values()]
        rank = self.view_type.get_num_dims()
        if len(pieces) != rank or any(piece < 1 for piece in pieces):
            raise VerifyException(
                f"D7: subtile needs {rank} sizes of at least 1, one for each dimension of the "
                f"view; got {pieces}"
            )


class DmaOp(TransferOp):
    """What one DMA instruction moves."""

    token = result_def(TokenType)
    """Completes when the last byte has arrived."""

    def __init__(
        self,
        source: SSAValue,
        destination: SSAValue,
        box: Box,
        *,
        permutation: Sequence[int] | None = None,
        fill: Fill | None = None,
        bounds: bool = False,
        after: Sequence[SSAValue] = (),
        by: Indexed | None = None,
    ) -> None:
        super().__init__(
            source,
            destination,
            box,
            permutation=permutation,
            fill=fill,
            bounds=bounds,
            after=after,
            by=by,
            result_types=[TokenType()],
        )

    @override
    def verify_(self) -> None:
        wanted = isinstance(self, DmaLoadOp)
        if self.is_load != wanted:
            raise VerifyException(
                f"D1: {self.name} {'reads' if wanted else 'writes'} an argument of the kernel, got "
                f"{self.source.type} to {self.destination.type}"
            )
        super().verify_()
        rank = self.view_type.get_num_dims()
        if not 1 <= rank <= MAX_DIMS:
            raise VerifyException(
                f"D6: the view of a transfer has 1 to {MAX_DIMS} dimensions, got {rank}"
            )


@irdl_op_definition
class DmaLoadOp(DmaOp):
    """DRAM -> scratchpad, asynchronous.

    ```mlir
    %t = npu.dma_load %x[%n, 0, %ih, -1] sizes [1, 64, %h, 58] to %halo
        {permutation = array<i64: 0, 2, 3, 1>, fill = 0.0 : f32} after(%s)
        : memref<1x64x56x56xf32> to memref<1x?x58x64xf32, strided<[37120, 3712, 64, 1]>, "spad">
    ```

    Element i of dimension d of the box is index `offset + i * step` of the tensor; steps are 1
    where the text has none.

    A gather takes the indices of one dimension from the scratchpad:

    ```mlir
    %u = npu.dma_load %table[0, %d] sizes [%n, 512] to %rows {from_end}
        indices(0 by %ids : memref<?xi32, strided<[1]>, "spad">)
        : memref<128256x4096xf32> to memref<?x512xf32, strided<[512, 1]>, "spad">
    ```

    Rules: D1 to D6 and D8.
    - D6: the view has 1 to 4 dimensions.
    """

    name = "npu.dma_load"


@irdl_op_definition
class DmaStoreOp(DmaOp):
    """Scratchpad -> DRAM, asynchronous.

    ```mlir
    %t = npu.dma_store %tile to %x[%i, -1] sizes [%m, 66] {bounds}
        : memref<?x66xf32, strided<[66, 1]>, "spad"> to memref<300x64xf32>
    ```

    A scatter takes the indices of one dimension from the scratchpad. It writes its elements in the
    order of the view, and starts when the scatter ahead of it on this core is complete: the last
    one of several for one place is what stays, and sums are added up in order.

    ```mlir
    %u = npu.dma_store %rows to %table[0, 0] sizes [%n, 64] {combine = "add"}
        indices(0 by %ids : memref<?xi32, strided<[1]>, "spad">)
        : memref<?x64xf32, strided<[64, 1]>, "spad"> to memref<300x64xf32>
    ```

    Rules: D1 to D6 and D8 of `npu.dma_load`.
    """

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
