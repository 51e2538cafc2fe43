"""`npu` operations that shape a kernel: scratchpad buffers and the loop over work items."""

from typing import ClassVar

from typing_extensions import override
from xdsl.dialects.builtin import (
    IntegerAttr,
    MemRefType,
    i64,
)
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    irdl_op_definition,
    opt_prop_def,
    result_def,
)
from xdsl.traits import IsTerminator
from xdsl.utils.exceptions import VerifyException

from npu.dialects.mapping import MAX_BUFFERS
from npu.dialects.npu.attrs import SPAD, SPAD_ALIGNMENT
from npu.dialects.npu.host import KernelOp, YieldOp
from npu.dialects.work_items import WorkItems


@irdl_op_definition
class AllocOp(IRDLOperation):
    """A scratchpad buffer with a fixed number of slots.

    ```mlir
    %A = npu.alloc {offset = 0 : i64} : memref<2x256x128xf32, "spad">
    ```

    Before `npu-double-buffer` there is one slot, and `buffers` says how many are wanted.

    Rules:
    - A1: a memref of static shape and default layout in memory space "spad", of rank >= 2.
    - A2: `offset`, once placed, is a multiple of 64 bytes and not negative.
    - A3: `buffers` lies between 1 and 3, and there is one slot.
    """

    name = "npu.alloc"

    offset = opt_prop_def(IntegerAttr)
    """Bytes from the start of the scratchpad; set by `npu-place`."""

    buffers = opt_prop_def(IntegerAttr)
    """Slots that the mapping wants; `npu-double-buffer` gives them and drops it."""

    buffer = result_def(MemRefType)
    """slots x tile shape, row-major."""

    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "attr-dict `:` type($buffer)"

    def __init__(
        self, type_: MemRefType[Attribute], offset: int | None = None, buffers: int | None = None
    ) -> None:
        given = {"offset": offset, "buffers": buffers}
        properties = {k: IntegerAttr(n, i64) for k, n in given.items() if n is not None}
        super().__init__(result_types=[type_], properties=properties)

    @override
    def verify_(self) -> None:
        type_ = self.buffer.type
        if type_.memory_space != SPAD or not type_.has_static_shape() or type_.get_num_dims() < 2:
            raise VerifyException(
                f'A1: npu.alloc gives a memref<slots x shape, "spad"> of static shape, got {type_}'
            )
        self._verify_buffers()
        if self.offset is None:
            return
        if self.offset.value.data % SPAD_ALIGNMENT or self.offset.value.data < 0:
            raise VerifyException(
                "A2: the scratchpad offset must be a non-negative multiple of "
                f"{SPAD_ALIGNMENT} bytes, got {self.offset.value.data}"
            )

    def _verify_buffers(self) -> None:
        if self.buffers is None:
            return
        wanted, slots = self.buffers.value.data, self.buffer.type.get_shape()[0]
        if not 1 <= wanted <= MAX_BUFFERS or slots != 1:
            raise VerifyException(
                f"A3: buffers must be 1 to {MAX_BUFFERS} of a buffer of one slot, got {wanted} of "
                f"one of {slots}"
            )


@irdl_op_definition
class ParallelOp(WorkItems):
    """Outermost loops whose iterations are independent; work item w runs on core w mod num_cores.

    ```mlir
    npu.parallel (%i, %j) = (0, 0) to (516, 224) step (256, 224) {
    }
    ```

    Work items are numbered row-major, the last dimension fastest.

    Rules:
    - P1: lower bounds, upper bounds, steps and induction variables have the same number >= 1.
    - P2: steps are positive and no upper bound lies below its lower bound.
    - P3: it stands directly in an `npu.kernel`.
    """

    name = "npu.parallel"

    COUNTS_RULE: ClassVar[str] = "P1"

    @classmethod
    @override
    def _completed(cls, body: Region) -> Region:
        last = body.block.last_op
        if last is None or not last.has_trait(IsTerminator):
            body.block.add_op(YieldOp())
        return body

    @override
    def verify_(self) -> None:
        super().verify_()
        if any(step < 1 or upper < lower for lower, upper, step in self.bounds):
            raise VerifyException(
                f"P2: steps must be positive and bounds ascending, got {self.bounds}"
            )
        if not isinstance(self.parent_op(), KernelOp):
            raise VerifyException("P3: npu.parallel must stand directly in an npu.kernel")
