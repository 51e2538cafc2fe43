"""Sequences of accesses for every letter of the configuration string, worked out by hand.

A step is `r` or `w`, a block, what it finds, and what it asks of the DRAM in order: `f` a fetch,
`b` a write-back, `w` a write. Steps stand 100 cycles apart, and the DRAM
answers in 10, so that nothing is on its way; a step after a dot comes in the next cycle instead.
"""

import pytest

from npu.configs.l2d import parse_l2d_config
from npu.togsim.l2 import Access, simulate_slice

LETTERS = {"f": "fetch", "b": "write_back", "w": "write"}

SEQUENCES = {
    # One set of two lines of two sectors; block n is in line n // 2.
    "type S: a miss fetches a sector": (
        "S:1:64:2,32,L:B:m:N:L,A:8:4,8:0,32",
        "r0 miss f0, r1 sector_miss f1, r0 hit, r1 hit",
    ),
    "type N: a miss fetches the line": (
        "N:1:64:2,64,L:B:m:N:L,S:8:4,8:0,32",
        "r0 miss f0 f1, r1 hit, r0 hit",
    ),
    "evict L: line 1 is used least recently, then line 0": (
        "S:1:64:2,32,L:B:m:N:L,A:8:4,8:0,32",
        "r0 miss f0, r2 miss f2, r0 hit, r4 miss f4, r0 hit, r4 hit, r2 miss f2, r0 miss f0",
    ),
    "evict F: line 0 came first, then line 1": (
        "S:1:64:2,32,F:B:m:N:L,A:8:4,8:0,32",
        "r0 miss f0, r2 miss f2, r0 hit, r4 miss f4, r2 hit, r0 miss f0, r4 hit, r2 miss f2",
    ),
    "write R: past the cache, which forgets the sector": (
        "S:1:64:2,32,L:R:m:N:L,A:8:4,8:0,32",
        (
            "r0 miss f0, r1 sector_miss f1, w0 bypass w0, r1 hit, r0 sector_miss f0, w2 bypass w2,"
            "r2 miss f2, w2 bypass w2, r2 miss f2"
        ),
    ),
    "write R: a sector on its way is forgotten when it comes": (
        "S:1:64:2,32,L:R:m:N:L,A:8:4,8:0,32",
        "r0 miss f0, .w0 bypass w0, r0 miss f0, r0 hit",
    ),
    "write B: the eviction writes back the dirty sector, and only once": (
        "S:1:64:2,32,L:B:m:N:L,A:8:4,8:0,32",
        (
            "r0 miss f0, r1 sector_miss f1, w1 hit, w1 hit, r2 miss f2, r4 miss f4 b1, r0 miss f0,"
            "r2 miss f2, r4 miss f4"
        ),
    ),
    "write B: both dirty sectors go": (
        "S:1:64:2,32,L:B:m:N:L,A:8:4,8:0,32",
        "r0 miss f0, r1 sector_miss f1, w1 hit, w0 hit, r2 miss f2, r4 miss f4 b0 b1",
    ),
    "write B: a normal line goes whole": (
        "N:1:64:2,64,L:B:m:N:L,S:8:4,8:0,32",
        "r0 miss f0 f1, w1 hit, r2 miss f2 f3, r4 miss f4 f5 b0 b1",
    ),
    "write B: a sector on its way is dirty when it comes": (
        "S:1:64:2,32,L:B:m:N:L,A:8:4,8:0,32",
        "r0 miss f0, .w0 hit_reserved, r0 hit, r2 miss f2, r4 miss f4 b0",
    ),
    "write T: the DRAM has it too, nothing is written back": (
        "S:1:64:2,32,L:T:m:N:L,A:8:4,8:0,32",
        (
            "r0 miss f0, w0 hit w0, r0 hit, r2 miss f2, .w2 hit_reserved w2, r2 hit, r4 miss f4,"
            "r6 miss f6"
        ),
    ),
    "write E: the written sector leaves": (
        "S:1:64:2,32,L:E:m:N:L,A:8:4,8:0,32",
        (
            "r0 miss f0, r1 sector_miss f1, w0 hit w0, r1 hit, r0 sector_miss f0, w1 hit w1,"
            "w0 hit w0, r0 miss f0"
        ),
    ),
    "write E: a sector on its way leaves when it comes": (
        "S:1:64:2,32,L:E:m:N:L,A:8:4,8:0,32",
        "r0 miss f0, .w0 hit_reserved w0, r0 miss f0",
    ),
    "write E, write_alloc W: a miss brings the sector, a hit drops it": (
        "S:1:64:2,32,L:E:m:W:L,A:8:4,8:0,32",
        "w0 miss w0 f0, r0 hit, w0 hit w0, r0 miss f0",
    ),
    "write L: DRAM is global memory, so as T": (
        "S:1:64:2,32,L:L:m:N:L,A:8:4,8:0,32",
        "r0 miss f0, w0 hit w0, r0 hit, r2 miss f2, r4 miss f4",
    ),
    "alloc f: the line that goes is chosen when the data comes": (
        # Lines 0 and 1 fill in this order; the fill of line 2 evicts line 0.
        "S:1:64:2,32,L:T:f:N:L,A:8:4,8:0,32",
        "r0 miss f0, .r2 miss f2, .r4 miss f4, r2 hit, r4 hit, r0 miss f0, r4 hit, r2 miss f2",
    ),
    "alloc f: a sector on its way has no line yet": (
        "S:1:64:2,32,L:T:f:N:L,A:8:4,8:0,32",
        "r0 miss f0, .r1 miss f1, .r0 hit_reserved, .w1 hit_reserved w1, r0 hit, r1 hit",
    ),
    "alloc f, write E: what was written on its way is not kept": (
        "S:1:64:2,32,L:E:f:N:L,A:8:4,8:0,32",
        "r0 miss f0, .w0 hit_reserved w0, r0 miss f0",
    ),
    "alloc s: as f": (
        "S:1:64:2,32,L:T:s:N:L,A:0:4,8:0,32",
        "r0 miss f0, .r2 miss f2, .r4 miss f4, r2 hit, r4 hit, r0 miss f0, r4 hit, r2 miss f2",
    ),
    "write_alloc N: a write miss leaves nothing behind": (
        "S:1:64:2,32,L:B:m:N:L,A:8:4,8:0,32",
        "w0 miss w0, w0 miss w0, r0 miss f0, w1 sector_miss w1, w1 sector_miss w1",
    ),
    "write_alloc W: the DRAM has it, and the sector is fetched clean": (
        "S:1:64:2,32,L:B:m:W:L,A:8:4,8:0,32",
        (
            "w0 miss w0 f0, r0 hit, w1 sector_miss w1 f1, r2 miss f2, r4 miss f4, w2 hit,"
            "r6 miss f6, r8 miss f8 b2"
        ),
    ),
    "write_alloc W, write B: a second write makes the coming sector dirty": (
        "S:1:64:2,32,L:B:m:W:L,A:8:4,8:0,32",
        "w0 miss w0 f0, .w0 hit_reserved, r2 miss f2, r4 miss f4 b0",
    ),
    "write_alloc F: a write that covers its sector fetches nothing": (
        "S:1:64:2,32,L:B:m:F:L,A:8:4,8:0,32",
        (
            "w0 miss, r0 hit, r1 sector_miss f1, w2 miss, w3 sector_miss, r4 miss f4 b0,"
            "r6 miss f6 b2 b3"
        ),
    ),
    "write_alloc F: any other one fetches the sector, which goes whole": (
        "S:1:64:2,64,L:B:m:F:L,S:8:4,8:0,32",
        "w0 miss f0 f1, r1 hit, r2 miss f2 f3, r4 miss f4 f5 b0 b1",
    ),
    "write_alloc F, write T: the DRAM has it too": (
        "S:1:64:2,64,L:T:m:F:L,S:8:4,8:0,32",
        "w0 miss w0 f0 f1, r1 hit, w1 hit w1, r2 miss f2 f3, r4 miss f4 f5",
    ),
    "write_alloc L: nothing is fetched, and what was written goes": (
        "S:1:64:2,64,L:B:m:L:L,S:8:4,8:0,32",
        "w0 miss, w2 miss, w3 hit, r3 hit, r4 miss f4 f5 b0, r6 miss f6 f7 b2 b3",
    ),
    "write_alloc L: a read of a half-written sector fetches it": (
        "S:1:64:2,64,L:B:m:L:L,S:8:4,8:0,32",
        "w0 miss, r0 sector_miss f0 f1, r1 hit, r2 miss f2 f3, r4 miss f4 f5 b0 b1",
    ),
    "write_alloc L, write T: the DRAM has it too": (
        "S:1:64:2,32,L:T:m:L:L,A:8:4,8:0,32",
        "w0 miss w0, r0 hit, r2 miss f2, r4 miss f4",
    ),
    # Four sets of one line of one sector: block n is line n.
    "index L: lines 0, 4 and 5 are in sets 0, 0 and 1": (
        "S:4:32:1,32,L:T:m:N:L,A:8:4,8:0,32",
        "r0 miss f0, r4 miss f4, r5 miss f5, r4 hit, r0 miss f0, r5 hit",
    ),
    "index X: lines 0, 4 and 5 are in sets 0, 1 and 0": (
        # 4 = 01 00 in base 2 and so 01 ^ 00 = 1; 5 = 01 01, 01 ^ 01 = 0.
        "S:4:32:1,32,L:T:m:N:X,A:8:4,8:0,32",
        "r0 miss f0, r4 miss f4, r0 hit, r5 miss f5, r4 hit, r0 miss f0",
    ),
    "index P: lines 0, 4, 5 and 7 are in sets 0, 3, 2 and 0": (
        # Modulo x^2 + x + 1: x^2 = x + 1; x^2 + 1 = x; x^2 + x + 1 = 0.
        "S:4:32:1,32,L:T:m:N:P,A:8:4,8:0,32",
        "r0 miss f0, r4 miss f4, r5 miss f5, r0 hit, r7 miss f7, r4 hit, r5 hit, r0 miss f0",
    ),
}


def run(config, steps):
    """The run of the steps, and for each the outcome it says, then all requests they say."""
    accesses, outcomes, requests = [], [], []
    cycle = -100
    for step in steps.split(","):
        text = step.strip()
        cycle = cycle + 1 if text.startswith(".") else (cycle // 100 + 1) * 100
        access, outcome, *asked = text.lstrip(".").split()
        accesses.append(Access(cycle, int(access[1:]), access[0] == "w"))
        outcomes.append(outcome)
        requests += [(LETTERS[a[0]], int(a[1:])) for a in asked]
    result = simulate_slice(parse_l2d_config(config), accesses, dram_latency=10)
    return result, outcomes, requests


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequence(name):
    result, outcomes, requests = run(*SEQUENCES[name])
    assert [served.outcome for served in result.served] == outcomes
    assert [(r.purpose, r.block) for r in result.requests] == requests
    kinds = [kind for kind, _ in requests]
    assert result.stats.fetches == kinds.count("fetch")
    assert result.stats.write_backs == kinds.count("write_back")
    past = result.stats.writes.bypassed
    assert result.stats.writes_through + past == kinds.count("write")


# A refused access: configuration, (cycle, access) in order, the one that is refused with the cycle
# in which it is taken, and the reason. Requests leave a cycle after they are made, one a cycle, and
# come back 10 later: the first fetch of cycle 0 is there in cycle 11.
STALLS = {
    "line: both lines of the set await data until cycle 11": (
        "S:1:64:2,32,L:T:m:N:L,A:8:4,8:0,32",
        [(0, "r0"), (1, "r2"), (2, "r4")],
        11,
        "line",
    ),
    "mshr entries 1: the second miss until the first is there": (
        "S:1:64:2,32,L:T:m:N:L,A:1:4,8:0,32",
        [(0, "r0"), (1, "r2")],
        11,
        "mshr_entry",
    ),
    "mshr entries with alloc s: the 4 sectors of the slice": (
        "S:1:64:2,32,L:T:s:N:L,A:0:4,8:0,32",
        [(0, "r0"), (1, "r2"), (2, "r4"), (3, "r6"), (4, "r8")],
        11,
        "mshr_entry",
    ),
    "merge 2: the third access to a sector on its way": (
        "S:1:64:2,32,L:T:m:N:L,A:8:2,8:0,32",
        [(0, "r0"), (1, "r0"), (2, "r0")],
        11,
        "mshr_merge",
    ),
    "merge 2: a write that fetches counts, though it does not wait": (
        "S:1:64:2,32,L:T:m:W:L,A:8:2,8:0,32",
        [(0, "w0"), (1, "r0"), (2, "r0")],
        12,
        "mshr_merge",
    ),
    "missq 2: of two requests of cycle 0, the second leaves in cycle 2": (
        "N:1:64:2,64,L:T:m:N:L,S:8:4,2:0,32",
        [(0, "r0"), (1, "r2")],
        2,
        "miss_queue",
    ),
    "port_width 16: a hit of 32 bytes takes two cycles": (
        "S:1:64:2,32,L:T:m:N:L,A:8:4,8:0,16",
        [(0, "r0"), (20, "r0"), (21, "r0")],
        22,
        "port",
    ),
    "port_width 32: a write-back of two sectors takes two cycles": (
        "S:1:64:2,32,L:B:m:F:L,A:8:4,8:0,32",
        [(0, "w0"), (1, "w1"), (2, "w2"), (3, "r4"), (4, "r4")],
        5,
        "port",
    ),
}


@pytest.mark.parametrize("name", STALLS)
def test_refused_until_the_cycle_and_not_longer(name):
    config, steps, accepted, reason = STALLS[name]
    accesses = [Access(cycle, int(text[1:]), text[0] == "w") for cycle, text in steps]
    result = simulate_slice(parse_l2d_config(config), accesses, dram_latency=10)
    assert [s.accepted for s in result.served[:-1]] == [cycle for cycle, _ in steps[:-1]]
    assert result.served[-1].accepted == accepted
    stalls = vars(result.stats.stall_cycles)
    assert stalls[reason] == accepted - steps[-1][0]
    assert sum(stalls.values()) == stalls[reason]


def test_answers_come_with_the_hit_latency_or_with_the_data():
    model = parse_l2d_config("S:1:64:2,64,L:B:m:F:L,S:8:4,8:0,32")
    accesses = [Access(0, 0, write=True), Access(1, 1), Access(50, 1), Access(60, 0, write=True)]
    result = simulate_slice(model, accesses, dram_latency=10, hit_latency=3)
    # The two requests leave in cycles 1 and 2; the sector is there with the second one, at 12.
    assert [s.answered for s in result.served] == [12, 12, 53, 63]


def test_a_write_through_is_answered_by_the_dram():
    model = parse_l2d_config("S:1:64:2,32,L:T:m:N:L,A:8:4,8:0,32")
    result = simulate_slice(model, [Access(0, 0, write=True)], dram_latency=10, hit_latency=3)
    assert result.served[0].answered == 11
