"""One slice of the L2 data cache driven from Python, and its figures for the simulator.

    run = simulate_slice(parse_l2d_config(EXAMPLE), [Access(0, 7), Access(100, 7)], dram_latency=20)
    [served.outcome for served in run.served]      # ["miss", "hit"]

The slice itself is the simulator's own; only the DRAM behind it is a fixed latency here.
`load_plan` reads the plan of the persistent mode.
"""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import dataclass

from npu.configs import l2d
from npu.configs.errors import UserError
from npu.configs.l2d import L2Model
from npu.togsim import _togsim
from npu.togsim.l2.plan import check_plan, load_plan
from npu.togsim.report.l2_stats import SliceStats, slice_stats

__all__ = [
    "OUTCOMES",
    "PURPOSES",
    "Access",
    "DramRequest",
    "Served",
    "SliceRun",
    "check_plan",
    "l2_spec",
    "load_plan",
    "simulate_slice",
]

OUTCOMES = ("hit", "hit_reserved", "miss", "sector_miss", "stall", "bypass")
"""What an access finds, in the order of the C++ enumeration."""

PURPOSES = ("fetch", "write_back", "write", "read")
"""What a DRAM request is for, likewise."""


def l2_spec(model: L2Model, request_bytes: int, *, planned: bool = False) -> _togsim.L2Spec:
    """`model` in the simulator's terms: sizes in DRAM requests of `request_bytes`.

    `planned` caches only what is activated. Raises `UserError` when the two do not go together.
    """
    wrong = model.request_problem(request_bytes)
    if wrong:
        raise UserError(f"l2d_config: {wrong}")
    spec = _togsim.L2Spec()
    spec.sets = model.sets
    spec.ways = model.ways
    spec.line_blocks = model.line_bytes // request_bytes
    spec.sector_blocks = model.sector_bytes // request_bytes
    spec.block_bytes = request_bytes
    spec.port_bytes = model.port_bytes
    spec.mshr_merges = model.mshr_merges
    spec.miss_queue = model.miss_queue
    spec.planned = planned
    streaming = model.allocation == "streaming"
    spec.mshr_entries = model.sectors if streaming else model.mshr_entries
    spec.set_allocation(1 if model.allocation in ("on_fill", "streaming") else 0)
    spec.set_eviction(_number(l2d.Eviction, model.eviction))
    spec.set_write(_number(l2d.WritePolicy, model.write))
    spec.set_write_allocate(_number(l2d.WriteAllocate, model.write_allocate))
    spec.set_index(_number(l2d.SetIndex, model.index))
    return spec


def _number(policy: object, name: str) -> int:
    return typing.get_args(policy).index(name)


@dataclass(frozen=True)
class Access:
    """One access of the network: not before `cycle`, to a block of one DRAM request."""

    cycle: int
    block: int
    """Number of the block in the channel."""
    write: bool = False


@dataclass(frozen=True)
class Served:
    """What became of an access."""

    outcome: str
    """One of `OUTCOMES`, but never "stall"."""
    accepted: int
    """The cycle in which the slice took it."""
    answered: int
    """The cycle in which its response leaves."""


@dataclass(frozen=True)
class DramRequest:
    """What the slice asked of the DRAM."""

    leaves: int
    """The cycle in which it leaves the miss queue."""
    block: int
    purpose: str
    """One of `PURPOSES`."""


@dataclass(frozen=True)
class SliceRun:
    """The result of `simulate_slice`."""

    served: tuple[Served, ...]
    """For each access, in their order."""
    requests: tuple[DramRequest, ...]
    """In the order in which they were made."""
    stats: SliceStats


def simulate_slice(
    model: L2Model,
    accesses: Sequence[Access],
    *,
    dram_latency: int,
    hit_latency: int = 1,
    request_bytes: int = 32,
) -> SliceRun:
    """One slice with a DRAM that answers everything `dram_latency` cycles after it left the slice.

    Accesses are taken in their order, at most one a cycle; a refused one is offered again in every
    cycle. Raises `UserError` when the model does not go with requests of `request_bytes`.
    """
    driver = _Driver(l2_spec(model, request_bytes), dram_latency, hit_latency)
    cycle = 0
    for number, access in enumerate(accesses):
        cycle = driver.serve(number, access, max(cycle, access.cycle)) + 1
    driver.finish(cycle)
    served = tuple(driver.served[number] for number in range(len(accesses)))
    stats = slice_stats(driver.slice.stats())
    return SliceRun(served, tuple(driver.requests), stats)


class _Driver:
    """A slice, and what is on its way from the DRAM."""

    def __init__(self, spec: _togsim.L2Spec, dram_latency: int, hit_latency: int) -> None:
        self.slice = _togsim.L2Slice(spec)
        self.dram_latency = dram_latency
        self.hit_latency = hit_latency
        self.taken: dict[int, tuple[str, int]] = {}
        self.served: dict[int, Served] = {}
        self.requests: list[DramRequest] = []
        # (cycle, block) of fetches; they leave in order and take equally long.
        self.coming: list[tuple[int, int]] = []

    def serve(self, number: int, access: Access, cycle: int) -> int:
        """Offers an access from `cycle` on until it is taken; returns that cycle."""
        while True:
            self.fill_until(cycle)
            code, answered, asked = self.slice.access(cycle, access.block, access.write, number)
            outcome = OUTCOMES[code]
            if outcome != "stall":
                break
            cycle += 1
        self.taken[number] = (outcome, cycle)
        for done in answered:
            self.answer(done, cycle + self.hit_latency)
        self.send(asked)
        return cycle

    def finish(self, cycle: int) -> None:
        """Waits for everything that is on its way."""
        while self.coming:
            cycle = max(cycle, self.coming[0][0])
            self.fill_until(cycle)

    def fill_until(self, cycle: int) -> None:
        """Hands over what came back by `cycle`."""
        while self.coming and self.coming[0][0] <= cycle:
            when, block = self.coming.pop(0)
            answered, asked = self.slice.fill(when, block)
            for done in answered:
                self.answer(done, when)
            self.send(asked)

    def send(self, asked: Sequence[_togsim.L2DramRequest]) -> None:
        for request in asked:
            purpose = PURPOSES[request.purpose]
            self.requests.append(DramRequest(request.leaves, request.block, purpose))
            back = request.leaves + self.dram_latency
            if purpose == "fetch":
                self.coming.append((back, request.block))
            elif purpose in {"write", "read"}:
                self.answer(request.id, back)

    def answer(self, number: int, cycle: int) -> None:
        outcome, accepted = self.taken[number]
        self.served[number] = Served(outcome, accepted, cycle)
