"""What a run will hold in memory, summed and compared with what there is, before it is filled.

The sum is of what a run surely needs: memory for 300,000 x 300,000 numbers is asked for here, in a
message, instead of being filled until the computer stands still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.ir import BlockArgument, SSAValue

from npu.configs.errors import UserError
from npu.configs.host_memory import Room, memory_room
from npu.dialects.dram_tensors import buffer_behind, dram_tensors, memref_bytes
from npu.dialects.npu import AllocOp
from npu.runtime.main_function import main_function, outputs_of

SHOWN = 3
"""Needs that a message lists."""

PAIR_BYTES = 16
"""A number in float64 with its limit, as the value check has it for each element."""

_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB", "EB")


@dataclass(frozen=True)
class Need:
    """Bytes that something takes."""

    what: str
    bytes: int


def check_memory(needs: Sequence[Need], mend: str, room: Room | None = None) -> None:
    """Raises UserError when `needs` together exceed `room` (by default, what this process has).

    `mend` says what to do instead. Where nothing is known of memory, everything fits.
    """
    total = _total(needs)
    room = room or memory_room()
    if room is None or total <= room.bytes:
        return
    largest = sorted(needs, key=lambda need: -need.bytes)[:SHOWN]
    listed = "".join(f"\n  {amount(need.bytes)} for {need.what}" for need in largest if need.bytes)
    others = len(needs) - len(largest)
    rest = f"\n  and {others} smaller ones" if others > 0 else ""
    raise UserError(
        f"the values of this program need {amount(total)} of memory, of which {room.limit} leaves "
        f"{amount(room.bytes)}; the largest are{listed}{rest}\n{mend}"
    )


def spike_needs(module: ModuleOp, *, keep_memory: bool) -> list[Need]:
    """The memory of the RISC-V program of a module in final form, and what a run copies of it.

    That are its outputs and, with `keep_memory`, all of its tensors.
    """
    scratchpad = max((_end(op) for op in module.walk() if isinstance(op, AllocOp)), default=0)
    return [
        *_tensors(module, "{} on Spike"),
        Need("the scratchpad on Spike", scratchpad),
        *_copies(module, keep_memory=keep_memory),
    ]


def check_needs(module: ModuleOp, reference_bytes: int) -> list[Need]:
    """What a run with the value check holds at its widest.

    First that is Spike and a copy of all it did; when Spike has gone, the reference, and the check
    in float64, where each number has its limit beside it.
    """
    main = main_function(module)
    values = [
        Need(f"the values of argument {number} {arg.type}", memref_bytes(_memref(arg)))
        for number, arg in enumerate(main.args)
    ]
    largest = max((_memref(one.value).element_count() for one in dram_tensors(main)), default=0)
    check = [
        *_copies(module, keep_memory=True),
        Need("the reference", reference_bytes),
        Need("float64 and its limits for the largest tensor", PAIR_BYTES * largest),
    ]
    return values + max(spike_needs(module, keep_memory=True), check, key=_total)


def _copies(module: ModuleOp, *, keep_memory: bool) -> list[Need]:
    """What is left of a run: an array for each output, and for each tensor that is kept."""
    outputs = outputs_of(main_function(module))
    arrays = [
        Need(f"output {i} {one.type}", memref_bytes(_memref(one))) for i, one in enumerate(outputs)
    ]
    return [*arrays, *(_tensors(module, "a copy of {}") if keep_memory else ())]


def _tensors(module: ModuleOp, what: str) -> list[Need]:
    """Each DRAM tensor; `what` has a place for the name of it."""
    main = main_function(module)
    outputs = [buffer_behind(value) for value in outputs_of(main)]
    return [
        Need(what.format(f"{_role(one.value, outputs)} {one.value.type}"), one.bytes)
        for one in dram_tensors(main)
    ]


def _total(needs: Sequence[Need]) -> int:
    return sum(need.bytes for need in needs)


def _memref(value: SSAValue) -> MemRefType[Any]:
    return cast(MemRefType[Any], value.type)


def amount(count: int) -> str:
    """Bytes for people, three digits: `360 GB`."""
    value, unit = float(count), 0
    while value >= 999.5 and unit + 1 < len(_UNITS):
        value, unit = value / 1000, unit + 1
    return f"{count} bytes" if unit == 0 else f"{value:.3g} {_UNITS[unit]}"


def _end(op: AllocOp) -> int:
    """The first byte behind a buffer of the scratchpad."""
    begin = 0 if op.offset is None else op.offset.value.data
    return begin + memref_bytes(_memref(op.buffer))


def _role(value: SSAValue, outputs: Sequence[SSAValue]) -> str:
    """What a buffer of `@main` is."""
    if isinstance(value, BlockArgument):
        return f"argument {value.index}"
    return f"output {outputs.index(value)}" if value in outputs else "an intermediate result"
