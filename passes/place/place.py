"""`npu-place`: every scratchpad buffer gets its offset.

Overview. Buffers are packed into [0, spad_bytes) at multiples of 64 bytes, the largest first, each
at the lowest place that is free of the buffers it may not share bytes with. Two buffers may share
when both hold intermediate values of vector code only (no transfer, no array touches them) and one
is dead before the other is written: vector code runs in order, so such reuse needs no interlock,
while a transfer or an array could run ahead into bytes that another buffer still holds.

Liveness is counted in operations of the body of `npu.parallel`, whose iterations are independent; a
buffer used anywhere in an inner loop is live for all of that loop, one used in front of the
`npu.parallel` is live throughout.

```mlir
%A = npu.alloc : memref<2x256x128xf32, "spad">    ->  %A = npu.alloc {offset = 0 : i64} : ...
%acc = npu.alloc : memref<1x256x224xf32, "spad">  ->  %acc = npu.alloc {offset = 262144 : i64} : ...
```

Raises `UserError` when the buffers do not fit, naming the kernel and every buffer with its bytes.

Limitations. First fit is not optimal packing. A buffer is one contiguous range with all its slots.
"""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i64
from xdsl.passes import ModulePass

from npu.configs import loader
from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.dialects import npu
from npu.dialects.places import place as where
from npu.passes.kernel.loops import kernels_of
from npu.passes.place.scratchpad_plan import Buffer, end_of, first_fit, live_buffers


@dataclass(frozen=True)
class PlacePass(ModulePass):
    """Gives every buffer of every kernel its place in the scratchpad."""

    name = "npu-place"

    machine: str = "tpuv3"
    """A shipped machine's name or the path of its YAML file: the scratchpad's size."""

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = loader.load(self.machine)
        for kernel in kernels_of(op):
            _place(kernel, machine)


def _place(kernel: npu.KernelOp, machine: Machine) -> None:
    buffers = live_buffers(kernel)
    offsets = first_fit(buffers)
    if end_of(buffers, offsets) > machine.spad_bytes:
        raise UserError(_too_big(kernel, buffers, offsets, machine))
    for buffer, offset in zip(buffers, offsets, strict=True):
        buffer.alloc.properties["offset"] = IntegerAttr(offset, i64)


def _too_big(
    kernel: npu.KernelOp, buffers: list[Buffer], offsets: list[int], machine: Machine
) -> str:
    head = (
        f"{where(kernel)}"
        f"kernel '{kernel.sym_name.data}': its buffers need {end_of(buffers, offsets)} bytes of "
        f"scratchpad; expected at most {machine.spad_bytes} ({machine.vpu_num_lanes} lanes x "
        f"{machine.vpu_spad_size_kb_per_lane} KB):"
    )
    lines = [f"  {b.name}: {b.bytes} bytes, {b.alloc.buffer.type}" for b in buffers]
    mend = (
        "choose a smaller tile in the kernel's mapping, fewer slots (npu-double-buffer{slots=1}), "
        "or a machine with a larger vpu_spad_size_kb_per_lane"
    )
    return "\n".join([head, *lines, mend])
