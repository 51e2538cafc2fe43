"""What togsim does is among the orders of the reference executor: none of its rules is stricter."""

import dataclasses
from collections import defaultdict

import pytest
import torch
import torch.nn.functional as F

from npu.runtime.progress import StageClock
from npu.runtime.reference import Order, run_module
from npu.runtime.reference.queues import launch
from npu.runtime.session import graphs_alone, simulate_program
from npu.runtime.tog.loader import load_module
from npu.togsim.simulate import simulate
from tests.e2e.ordered_programs import PROGRAMS

LARGE = (lambda a, b, c: F.gelu(torch.addmm(c, a, b)), (70, 60), (60, 50), (50,))
"""As "gemm", with more tiles and a longer epilogue."""

CASES = {**PROGRAMS, "gemm": LARGE}


def recorded(program, values, monkeypatch):
    """For each launch and core that has any: the executor's instructions in program order."""
    found = []
    whole = launch.record

    def kept(*args):
        found.append(whole(*args))
        return found[-1]

    monkeypatch.setattr(launch, "record", kept)
    run_module(program.module, values, cores=program.machine.num_cores, order=Order("late"))
    return {
        (number, recorder.core): recorder.instructions
        for number, recorders in enumerate(found)
        for recorder in recorders
        if recorder.instructions
    }


def simulated(program):
    """For each launch and core: togsim's records in the order of decoding."""
    simulate_program(program, StageClock())
    graph = load_module(graphs_alone(program.module))
    found = defaultdict(list)
    for record in simulate(graph, program.machine, trace=True).trace:
        found[record.launch, record.core].append(record)
    return {key: sorted(records, key=lambda r: r.decoded) for key, records in found.items()}


def times(instruction, record):
    """(first, last) cycle of each moment of an instruction."""
    started, completed = record.started, (record.completed, record.completed)
    match record.op:
        case "wait":
            return {instruction.start: (record.dispatched, record.dispatched)}
        case "load" | "store":
            sent = (started, record.issued)
            return {instruction.start: sent, instruction.complete: completed}
        case "matmul":
            pushed = started + record.rows
            return {
                instruction.start: (started, started),
                instruction.reads_done: (pushed, pushed),
                instruction.complete: completed,
            }
        case _:
            return {instruction.start: (started, record.completed)}


def broken(instructions, records):
    """The pairs of moments that the executor orders and togsim does not; and how many it orders."""
    assert len(instructions) == len(records)
    when = {}
    for instruction, record in zip(instructions, records, strict=True):
        assert instruction.is_matmul == (record.op == "matmul")
        when |= times(instruction, record)
    pairs = [(when[a], when[b]) for a in when for b in a.followers if b in when]
    return [(a, b) for a, b in pairs if b[0] < a[1]], len(pairs)


@pytest.mark.parametrize("name", CASES)
def test_togsim_takes_one_of_the_orders(function_whole, machine_with, monkeypatch, name):
    machine = machine_with(lanes=8, vlen=256, vpu_spad_size_kb_per_lane=2, num_cores=2)
    whole = function_whole(*CASES[name])
    program = whole.compile(machine)
    mine = recorded(program, whole.imported.values, monkeypatch)
    theirs = simulated(program)
    assert mine.keys() == theirs.keys()
    for key, instructions in mine.items():
        pairs, count = broken(instructions, theirs[key])
        assert pairs == []
        assert count > len(instructions)


def test_a_transfer_that_togsim_had_started_too_early_would_show(
    function_whole, machine_with, monkeypatch
):
    """The judge itself: the last store of a program cannot start in cycle 0."""
    whole = function_whole(*CASES["softmax"])
    program = whole.compile(machine_with(lanes=8, vlen=256))
    mine = recorded(program, whole.imported.values, monkeypatch)
    theirs = simulated(program)
    ((key, instructions),) = mine.items()
    last = max(i for i, one in enumerate(theirs[key]) if one.op == "store")
    theirs[key][last] = dataclasses.replace(theirs[key][last], started=0)
    assert broken(instructions, theirs[key])[0] != []
