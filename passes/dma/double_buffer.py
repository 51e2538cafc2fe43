"""`npu-double-buffer`: buffers that transfers refill or drain get several slots, used in turn.

Overview. With one slot a load into a buffer waits for the last reader of what is in it. With two
slots, and a slot index that alternates, the load of the next tile runs while this one is computed
on, and the store of this one while the next is computed. Nothing else is needed: the hardware
interlocks rectangles, and a slot is part of the rectangle.

The slot index is the row-major number of the iteration, counted over the tile loops around all
uses of the buffer, modulo the number of slots. The iterations of one core count: work item w
belongs to core w mod num_cores (the cores of queue 0), so that the items of a core are numbered w
floordiv num_cores. All views of a buffer are inside that iteration, hence agree on the slot.

* A buffer whose first use in an iteration is a load is refilled each time: all its loops count.
* A buffer that is stored, and an accumulator (an array writes it, vector code reads it), rotates by
  the loops outside the first one that is not `parallel`: what a reduction accumulates stays put.
* Other buffers hold values between vector operations, which run in order: one slot is enough.

Each `npu.wait` moves down to the first operation that uses the buffer.

```mlir
npu.parallel (%i) = (0) to (516) step (256) {
  %s = affine.apply affine_map<(d0) -> ((d0 floordiv 256) mod 2)>(%i)
  %v = memref.subview %A[%s, 0, 0] [1, %tm, 128] [1, 1, 1]   // was %A[0, 0, 0], %A had one slot
```

The number of slots of a buffer is its `buffers`, which `npu-tile` takes from the mapping, unless
the option `slots` is given. Where not all fit the scratchpad, buffers get their slots in the order
of the bytes they move, and those left out carry the attribute `npu.kept_single`, which says why.

Limitations. Every view of a buffer must be taken of slot 0 of it, with a slot size of 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import ModulePass

from npu.configs import loader
from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.dialects import npu
from npu.dialects.places import place
from npu.passes.dma.rotation import Rotation, rotation_of
from npu.passes.dma.slot_views import give_slots
from npu.passes.dma.wait_sinking import sink_waits
from npu.passes.kernel.loops import kernel_name, kernels_of
from npu.passes.place.scratchpad_plan import end_of, first_fit, live_buffers
from npu.passes.place.scratchpad_uses import allocs_of, slots_of

KEPT_SINGLE = "npu.kept_single"
"""Attribute of a buffer that would have rotated, had there been room: says so in words."""


@dataclass(frozen=True)
class DoubleBufferPass(ModulePass):
    """Gives transferred buffers several slots, and every use its slot index."""

    name = "npu-double-buffer"

    slots: int | None = None
    """Slots of each rotating buffer, 1 to 3; without it each buffer's own number."""

    machine: str = "tpuv3"
    """A shipped machine's name or the path of its YAML file: cores and scratchpad."""

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = loader.load(self.machine)
        for kernel in kernels_of(op):
            _check_transfers(kernel)
            sink_waits(kernel)
            _rotate(kernel, {alloc: self._wanted(alloc) for alloc in allocs_of(kernel)}, machine)

    def _wanted(self, alloc: npu.AllocOp) -> int:
        """The number of slots for a buffer."""
        if self.slots is not None:
            if not 1 <= self.slots <= 3:
                raise UserError(
                    f"npu-double-buffer: slots is {self.slots}; expected a number from 1 to 3"
                )
            return self.slots
        if alloc.buffers is not None:
            return alloc.buffers.value.data
        if slots_of(alloc) > 1:
            return 1
        raise UserError(
            f"{place(alloc)}npu-double-buffer: a buffer of kernel '{kernel_name(alloc)}' does not "
            "say how many slots it wants; expected npu.alloc {buffers = 2 : i64}, or "
            "npu-double-buffer{slots=2} for all"
        )


def _check_transfers(kernel: npu.KernelOp) -> None:
    """Refuses copies that are no transfers yet: there would be nothing to overlap."""
    copy = next((op for op in kernel.walk() if isinstance(op, npu.CopyOp)), None)
    if copy is not None:
        raise UserError(
            f"{place(copy)}npu-double-buffer: kernel '{kernel.sym_name.data}' has npu.copy; "
            "expected npu.dma_load and npu.dma_store; run npu-insert-dma first"
        )


def _rotate(kernel: npu.KernelOp, wanted: dict[npu.AllocOp, int], machine: Machine) -> None:
    """Rotates the buffers that profit and fit, those that move the most bytes first."""
    for alloc in wanted:
        alloc.properties.pop("buffers", None)
    found = [rotation_of(a) for a in allocs_of(kernel) if slots_of(a) == 1 and wanted[a] > 1]
    cores = len(machine.queue_cores(0))
    rotations = [r for r in found if r is not None and r.trips_on_one_of(cores) > 1]
    chosen: dict[npu.AllocOp, int] = {}
    for rotation in sorted(rotations, key=lambda r: -r.benefit):
        slots = min(wanted[rotation.alloc], rotation.trips_on_one_of(cores))
        trial = {**chosen, rotation.alloc: slots}
        if _fits(kernel, trial, machine):
            chosen = trial
        else:
            _report(rotation, slots, machine)
    for rotation in rotations:
        if rotation.alloc in chosen:
            give_slots(rotation, chosen[rotation.alloc], cores)


def _fits(kernel: npu.KernelOp, slots: dict[npu.AllocOp, int], machine: Machine) -> bool:
    buffers = live_buffers(kernel, slots)
    return end_of(buffers, first_fit(buffers)) <= machine.spad_bytes


def _report(rotation: Rotation, slots: int, machine: Machine) -> None:
    rotation.alloc.attributes[KEPT_SINGLE] = StringAttr(
        f"{slots} slots do not fit in the scratchpad of {machine.spad_bytes} bytes"
    )
