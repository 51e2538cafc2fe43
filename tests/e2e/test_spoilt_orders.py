"""Compiled programs with one thing spoilt: a wrong value in some order, or no harm in togsim too.

Waits, slots and offsets are those that the compiler placed. What only a program by hand shows, a
missing `after` and a wait that something hangs on, is in tests/runtime/test_reference_orders.py.
"""

from collections import Counter

import numpy as np
import pytest
from xdsl.dialects import arith, memref
from xdsl.dialects.builtin import DenseArrayBase, IndexType, IntegerAttr, i32, i64

from npu.dialects import npu
from npu.passes.place.scratchpad_uses import aligned_bytes
from npu.runtime.compiler import CompiledProgram
from npu.runtime.progress import StageClock
from npu.runtime.reference import adversaries, run_module
from npu.runtime.session import simulate_program
from tests.e2e.ordered_programs import PROGRAMS

AT_MOST = 6
"""Places of a program that are spoilt for each kind."""

ORDERS = adversaries(2)


def erase_wait(op, _):
    """A wait is missing."""
    op.detach()
    op.erase()


def erase_after(op, _):
    """A transfer waits for no other."""
    sizes = list(op.properties["operandSegmentSizes"].get_values())
    op.operands = list(op.operands)[: -sizes[-1]]
    op.properties["operandSegmentSizes"] = DenseArrayBase.from_list(i32, [*sizes[:-1], 0])


def other_slot(op, _):
    """What uses a view first looks at slot 0, whatever the iteration."""
    user = next(iter(op.result.uses))
    zero, view = arith.ConstantOp(IntegerAttr(0, IndexType())), op.clone()
    op.parent_block().insert_ops_before([zero, view], op)
    view.operands[1] = zero.result
    user.operation.operands[user.index] = view.result


def other_offset(op, machine):
    """A buffer lies where the one behind it begins, or at the scratchpad's end."""
    following = op.next_op
    last = machine.spad_bytes - aligned_bytes(op)
    at = last
    if isinstance(following, npu.AllocOp) and following.offset is not None:
        at = following.offset.value.data
    op.properties["offset"] = IntegerAttr(min(at, last), i64)


def rotates(op):
    """A view of a slot that changes from iteration to iteration."""
    source = op.source.owner if isinstance(op, memref.SubviewOp) else None
    if not isinstance(source, npu.AllocOp) or source.buffer.type.get_shape()[0] < 2:
        return False
    return op.static_offsets.get_values()[0] < 0


KINDS = {
    "wait": (lambda op: isinstance(op, npu.WaitOp), erase_wait),
    "after": (lambda op: isinstance(op, npu.DmaOp) and bool(op.after), erase_after),
    "slot": (rotates, other_slot),
    "offset": (lambda op: isinstance(op, npu.AllocOp), other_offset),
}
"""Kind: what can be spoilt, and how."""


def places(program, is_one):
    """Numbers, in the order of the text, of some operations that can be spoilt."""
    found = [number for number, op in enumerate(program.module.walk()) if is_one(op)]
    return found[:: -(-len(found) // AT_MOST)] if found else []


def spoilt(program, number, spoil):
    """The program with its operation of this number spoilt."""
    module = program.module.clone()
    spoil(next(op for at, op in enumerate(module.walk()) if at == number), program.machine)
    module.verify()
    return CompiledProgram(program.machine, module, {})


def shows(program, values, expected):
    """Whether some order of the program gives another value."""
    cores = program.machine.num_cores
    for order in (None, *ORDERS):
        outputs = run_module(program.module, values, cores=cores, order=order)
        if not all(map(np.array_equal, outputs, expected)):
            return True
    return False


@pytest.fixture
def small(machine_with):
    """Two cores with scratchpads so small that everything goes round."""
    return machine_with(lanes=8, vlen=256, vpu_spad_size_kb_per_lane=1, num_cores=2)


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_spoilt_shows_or_does_no_harm(function_whole, small, name):
    whole = function_whole(*PROGRAMS[name])
    program, values = whole.compile(small), whole.imported.values
    expected = run_module(program.module, values, cores=2)
    assert not shows(program, values, expected)
    cycles = simulate_program(program, StageClock()).total_cycles
    seen = Counter()
    for kind, (is_one, spoil) in KINDS.items():
        for number in places(program, is_one):
            other = spoilt(program, number, spoil)
            if shows(other, values, expected):
                seen[kind] += 1
                continue
            seen[f"harmless {kind}"] += 1
            result = simulate_program(other, StageClock())
            if kind == "wait":
                assert result.total_cycles == cycles
    assert seen["slot"] > 0
    assert seen["offset"] > 0
