"""The L2 slice against a model of dictionaries that was written from the rules of docs/l2.md.

Random accesses, and fetches that come back in any order, on random small slices: both must agree on
every outcome, every refusal, every answer, and every request.
"""

import random
from typing import Any

import pytest

from npu.configs.l2d import L2ConfigError, parse_l2d_config
from npu.togsim import _togsim
from npu.togsim.l2 import OUTCOMES, PURPOSES, l2_spec
from npu.togsim.l2_stats import slice_stats

LAZY = "lazy_fetch_on_read"


class Dictionary:
    """The rules, as plainly as possible: sets of lines, lines of sectors, sectors of blocks."""

    def __init__(self, model):
        self.m, self.port_free, self.leaves = model, 0, []
        self.per_sector, self.per_line = model.sector_bytes // 32, model.line_bytes // 32
        self.lines: dict[int, list[Any]] = {}  # line -> [age, {block held}, {sector dirty}]
        self.coming: dict[int, dict[str, Any]] = {}
        self.clock = 0

    def set_of(self, line):
        bits = self.m.sets.bit_length() - 1
        if self.m.index == "linear":
            return line % self.m.sets
        if self.m.index == "xor":
            return (line ^ line >> bits) % self.m.sets
        poly = {1: 3, 2: 7, 3: 11}.get(bits, 1)
        for shift in range(line.bit_length() - bits - 1, -1, -1):
            if bits and line >> (shift + bits) & 1:
                line ^= poly << shift
        return line if bits else 0

    def blocks(self, sector):
        return set(range(sector * self.per_sector, (sector + 1) * self.per_sector))

    def awaited(self, line):
        late = self.m.allocation != "on_miss"
        return not late and any(s * self.per_sector // self.per_line == line for s in self.coming)

    def room(self, line):
        """(may be allocated, the line that must go first or None)."""
        mates = [n for n in self.lines if self.set_of(n) == self.set_of(line)]
        if len(mates) < self.m.ways:
            return True, None
        able = [n for n in mates if not self.awaited(n)]
        return bool(able), min(able, key=lambda n: self.lines[n][0], default=None)

    def owed(self, line, sectors=None):
        _, held, dirty = self.lines[line]
        dirty = dirty if sectors is None else dirty & sectors
        return sorted(b for b in held if b // self.per_sector in dirty)

    def drop(self, line, sector):
        if sector in self.coming:
            self.coming[sector]["keep"] = False
        if line in self.lines:
            self.lines[line][1] -= self.blocks(sector)
            self.lines[line][2].discard(sector)
            if not self.lines[line][1] and not self.awaited(line):
                del self.lines[line]

    def found(self, block, write):
        """What an access finds."""
        sector, line = block // self.per_sector, block // self.per_line
        if sector in self.coming:
            return "hit_reserved"
        here = self.blocks(sector) & (self.lines[line][1] if line in self.lines else set())
        if here if write else here == self.blocks(sector):
            return "hit"
        return "sector_miss" if line in self.lines else "miss"

    def intent(self, outcome, write):
        """(its data goes to the DRAM, it fetches, it waits, it brings its data into a line)."""
        policy, partial = self.m.write_allocate, self.per_sector > 1
        through = self.m.write != "back"
        on_write = policy == "fetch_on_write" and partial
        if not write:
            return False, "miss" in outcome, outcome != "hit", False
        if "miss" in outcome:
            send = through or policy in {"none", "naive"}
            fetch = policy == "naive" or on_write
            return send, fetch, fetch and not send, policy in {"fetch_on_write", LAZY}
        wait = outcome == "hit_reserved" and on_write and not through
        return through, False, wait, False

    def refused(self, now, requests, fetch, merges):
        """Whether port, registers or queue stand in the way."""
        entries = self.m.sectors if self.m.allocation == "streaming" else self.m.mshr_entries
        queued = sum(cycle > now for cycle in self.leaves)
        return (
            now < self.port_free
            or (fetch and len(self.coming) >= entries)
            or (merges is not None and merges["count"] >= self.m.mshr_merges)
            or (requests > 0 and queued + requests > self.m.miss_queue)
        )

    def access(self, now, block, write, number):
        sector, line = block // self.per_sector, block // self.per_line
        if write and self.m.write == "read_only":
            if sum(cycle > now for cycle in self.leaves) >= self.m.miss_queue:
                return "stall", [], []
            self.leaves.append(max([now, *self.leaves]) + 1)
            self.drop(line, sector)
            return "bypass", [], [("write", block)]
        outcome = self.found(block, write)
        send, fetch, wait, install = self.intent(outcome, write)
        new = (fetch or install) and line not in self.lines and self.m.allocation == "on_miss"
        able, victim = self.room(line) if new else (True, None)
        back = [] if victim is None else self.owed(victim)
        asked = [("write", block)] if send else []
        asked += [("fetch", b) for b in sorted(self.blocks(sector))] if fetch else []
        asked += [("write_back", b) for b in back]
        merges = self.coming[sector] if wait and not fetch else None
        if not able or self.refused(now, len(asked), fetch, merges):
            return "stall", [], []
        for _ in asked:
            self.leaves.append(max([now, *self.leaves]) + 1)
        self.clock += 1
        self.move_lines(now, line, outcome, victim, len(back), new)
        if fetch:
            left = len(self.blocks(sector))
            self.coming[sector] = {"ids": [], "left": left, "keep": True, "count": 0}
        if fetch or wait:
            self.coming[sector]["count"] += 1
            self.coming[sector]["ids"] += [number] if wait else []
        if write and (install or "hit" in outcome):
            self.store(block, send, "hit" in outcome)
        return outcome, [] if wait or send else [number], asked

    def move_lines(self, now, line, outcome, victim, back, new):
        """The victim goes, the line comes or is used, the port is busy."""
        moved = 1 if outcome == "hit" else back
        if moved:
            self.port_free = now + -(-moved * 32 // self.m.port_bytes)
        if victim is not None:
            del self.lines[victim]
        if new:
            self.lines[line] = [self.clock, set(), set()]
        elif line in self.lines and self.m.eviction == "lru":
            self.lines[line][0] = self.clock

    def store(self, block, sent, found):
        sector, line = block // self.per_sector, block // self.per_line
        if self.m.write == "evict" and found:
            self.drop(line, sector)
        elif line in self.lines:
            self.lines[line][1].add(block)
            if not sent:
                self.lines[line][2].add(sector)

    def fill(self, block):
        sector, line = block // self.per_sector, block // self.per_line
        entry = self.coming[sector]
        entry["left"] -= 1
        if entry["left"]:
            return []
        del self.coming[sector]
        if not entry["keep"]:
            if line in self.lines:
                self.drop(line, sector)
            return entry["ids"]
        if line not in self.lines:
            _, victim = self.room(line)
            if victim is not None:
                del self.lines[victim]
            self.clock += 1
            self.lines[line] = [self.clock, set(), set()]
        self.lines[line][1] |= self.blocks(sector)
        return entry["ids"]


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
