"""The L2 slice against a model of dictionaries that was written from the rules of docs/l2.md.

Random accesses, and fetches that come back in any order, on random small slices: both must agree on
every outcome, every refusal, every answer, and every request.
"""

import random

import pytest

from npu.configs.l2d import L2ConfigError, parse_l2d_config
from npu.togsim import _togsim
from npu.togsim.l2 import OUTCOMES, PURPOSES, l2_spec
from npu.togsim.report.l2_stats import slice_stats
from tests.togsim.l2.dictionary import Dictionary


def random_model(source):
    """A slice so small that everything happens in it."""
    while True:
        sectored = source.random() < 0.7
        line = source.choice([32, 64, 128])
        sector = source.choice([s for s in (32, 64, 128) if s <= line]) if sectored else line
        alloc = source.choice("mmmfs")
        entries = 0 if alloc == "s" else source.randint(1, 5)
        text = (
            f"{'NS'[sectored]}:{source.choice([1, 2, 4, 8])}:{line}:{source.randint(1, 3)},"
            f"{sector},"
            f"{source.choice('LF')}:{source.choice('RBBBTEL')}:{alloc}:{source.choice('NWFL')}:"
            f"{source.choice('LXP')},S:{entries}:{source.randint(1, 3)},{source.randint(4, 10)}:0,"
            f"{source.choice([16, 32])}"
        )
        try:
            model = parse_l2d_config(text)
        except L2ConfigError:
            continue
        if not model.request_problem(32):
            return text, model


def compared(seed):
    """Runs both on the accesses of `seed`; returns the outcomes met and the slice's counts."""
    source = random.Random(seed)
    text, model = random_model(source)
    real, plain = _togsim.L2Slice(l2_spec(model, 32)), Dictionary(model)
    coming, now, footprint = [], 0, source.choice([6, 20, 60])
    met = set()
    for number in range(250):
        now += source.choice([0, 1, 1, 2, 7])
        block, write = source.randrange(footprint), source.random() < 0.4
        while True:
            coming = fill_some(source, now, coming, real, plain)
            expected = plain.access(now, block, write, number)
            code, answered, asked = real.access(now, block, write, number)
            requests = [(PURPOSES[r.purpose], r.block) for r in asked]
            assert (OUTCOMES[code], answered, requests) == expected, (text, number)
            coming += [r.block for r in asked if PURPOSES[r.purpose] == "fetch"]
            if asked:
                assert [r.leaves for r in asked] == plain.leaves[-len(asked) :]
            met.add(OUTCOMES[code])
            if OUTCOMES[code] != "stall":
                break
            now += 1
    assert real.stats().dirty_blocks == sum(len(plain.owed(line)) for line in plain.lines)
    return met, slice_stats(real.stats())


@pytest.mark.parametrize("seed", range(150))
def test_agrees_with_dictionaries(seed):
    compared(seed)


def test_the_accesses_above_meet_everything():
    """Every outcome, every reason to refuse, evictions, write-backs and dropped sectors."""
    met, total = set(), {}
    for seed in range(60):
        outcomes, stats = compared(seed)
        met |= outcomes
        figures = vars(stats.stall_cycles) | {
            name: getattr(stats, name)
            for name in ("evictions", "write_backs", "writes_through", "fills", "dropped_sectors")
        }
        for name, value in figures.items():
            total[name] = total.get(name, 0) + value
    assert met == set(OUTCOMES)
    assert [name for name, value in total.items() if value < 50] == []


def fill_some(source, now, coming, real, plain):
    """Some of the fetches come back, in any order; what still comes."""
    left = []
    for block in source.sample(coming, len(coming)):
        if source.random() < 0.7:
            left.append(block)
            continue
        answered, asked = real.fill(now, block)
        assert answered == plain.fill(block)
        assert asked == []
    return left


class Ledger:
    """The blocks that the DRAM lacks, and the fetches on their way."""

    def __init__(self, sector_blocks):
        self.sector_blocks, self.owed, self.coming, self.backs = sector_blocks, set(), [], 0

    def settle(self, asked):
        """A write-back must bring all that is owed of its sector, and something that is."""
        sectors: dict[int, list[int]] = {}
        for request in asked:
            purpose = PURPOSES[request.purpose]
            if purpose == "write_back":
                sectors.setdefault(request.block // self.sector_blocks, []).append(request.block)
            elif purpose == "fetch":
                self.coming.append(request.block)
        for sector, blocks in sectors.items():
            lacking = {b for b in self.owed if b // self.sector_blocks == sector}
            assert lacking
            assert lacking <= set(blocks)
            assert len(set(blocks)) == len(blocks)
            self.owed -= lacking
            self.backs += len(blocks)


@pytest.mark.parametrize("seed", range(40))
def test_every_dirty_block_is_written_back_exactly_once(seed):
    """A ledger of what the DRAM lacks: a write that is not sent adds to it, a write-back takes off.

    At the end the release of the whole range settles what is left.
    """
    source = random.Random(1000 + seed)
    _, model = random_model(source)
    while model.write != "back":
        _, model = random_model(source)
    everything = model.line_bytes // 32 * 40
    real = _togsim.L2Slice(l2_spec(model, 32, planned=True))
    real.activate(0, everything)
    ledger = Ledger(model.sector_bytes // 32)
    now = 0
    for number in range(400):
        now += 1
        block, write = source.randrange(everything), source.random() < 0.5
        while True:
            code, _, asked = real.access(now, block, write, number)
            ledger.settle(asked)
            if OUTCOMES[code] != "stall":
                break
            now += 1
            if ledger.coming:
                ledger.settle(real.fill(now, ledger.coming.pop(0))[1])
        if write and not any(PURPOSES[r.purpose] == "write" for r in asked):
            ledger.owed.add(block)
    # Some fetches come only after the release, which cannot settle their sectors.
    late = ledger.coming[len(ledger.coming) // 2 :]
    for block in ledger.coming[: len(ledger.coming) // 2]:
        ledger.settle(real.fill(now, block)[1])
    ledger.settle(real.release(now + 1000, 0, everything))
    for block in late:
        ledger.settle(real.fill(now + 2000, block)[1])
    assert ledger.owed == set()
    assert real.stats().dirty_blocks == 0
    assert real.idle()
    assert real.stats().write_backs == ledger.backs
