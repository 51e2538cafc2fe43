"""The L2's configuration string: read field by field, mistakes shown at their place."""

import dataclasses
import random

import pytest

from npu.configs.errors import MachineError, UserError
from npu.configs.l2d import EXAMPLE, L2ConfigError, parse_l2d_config
from npu.configs.loader import load

GOOD = "S:128:128:512,32,L:T:m:W:L,A:192:4,32:0,32"


def test_the_example_is_read_exactly():
    model = parse_l2d_config(EXAMPLE)
    assert dataclasses.asdict(model) == {
        "sectored": True,
        "sets": 128,
        "line_bytes": 128,
        "ways": 512,
        "sector_bytes": 32,
        "eviction": "lru",
        "write": "through",
        "allocation": "on_miss",
        "write_allocate": "naive",
        "index": "linear",
        "mshr": "assoc",
        "mshr_entries": 192,
        "mshr_merges": 4,
        "miss_queue": 32,
        "port_bytes": 32,
    }
    assert model.slice_bytes == 8 * 2**20
    assert model.sectors == 262144
    assert model.request_problem(32) == ""


# The string, then what the message must hold, then the text under the carets.
BAD = [
    ("", "1 group between commas; expected 6", ""),
    ("S:128:128:512,L:T:m:W:L,A:192:4,32:0,32", "the sector is a group of its own", None),
    ("S:128:128,32,L:T:m:W:L,A:192:4,32:0,32", "has 3 fields; expected 4", "S:128:128"),
    ("S:128:128:512,32,L:T:m:W:L:P,A:192:4,32:0,32", "has 6 fields; expected 5", "L:T:m:W:L:P"),
    ("X:128:128:512,32,L:T:m:W:L,A:192:4,32:0,32", "'type' is 'X'", "X"),
    ("s:128:128:512,32,L:T:m:W:L,A:192:4,32:0,32", "'type' is 's'", "s"),
    ("S:100:128:512,32,L:T:m:W:L,A:192:4,32:0,32", "'nset' is 100; expected a power", "100"),
    ("S:0:128:512,32,L:T:m:W:L,A:192:4,32:0,32", "'nset' is '0'", "0"),
    ("S:-4:128:512,32,L:T:m:W:L,A:192:4,32:0,32", "'nset' is '-4'", "-4"),
    ("S:128:96:512,32,L:T:m:W:L,A:192:4,32:0,32", "'line' is 96", "96"),
    ("S:128:128: 512,32,L:T:m:W:L,A:192:4,32:0,32", "'assoc' is ' 512'", " 512"),
    ("S:128:128:٥,32,L:T:m:W:L,A:192:4,32:0,32", "'assoc' is '٥'", "٥"),
    ("S:128:128:99999999999,32,L:T:m:W:L,A:192:4,32:0,32", "'assoc'", "99999999999"),
    ("S:128:128:512,256,L:T:m:W:L,A:192:4,32:0,32", "'sector' is 256; expected at most", "256"),
    ("N:128:128:512,32,L:T:m:W:L,A:192:4,32:0,32", "write 128, or type S", "32"),
    ("S:128:128:512,32,M:T:m:W:L,A:192:4,32:0,32", "'evict' is 'M'", "M"),
    ("S:128:128:512,32,L:X:m:W:L,A:192:4,32:0,32", "'write' is 'X'", "X"),
    ("S:128:128:512,32,L:T:M:W:L,A:192:4,32:0,32", "'alloc' is 'M'", "M"),
    ("S:128:128:512,32,L:B:f:N:L,A:192:4,32:0,32", "'alloc' is 'f'; expected m with write", "f"),
    ("S:128:128:512,32,L:T:s:F:L,A:0:4,32:0,32", "expected m with write_alloc", "s"),
    ("S:128:128:512,32,L:T:m:Q:L,A:192:4,32:0,32", "'write_alloc' is 'Q'", "Q"),
    ("S:128:128:512,32,L:R:m:W:L,A:192:4,32:0,32", "expected N with write policy R", "W"),
    ("S:128:128:512,32,L:E:m:L:L,A:192:4,32:0,32", "expected N or W with write policy E", "L"),
    ("S:128:128:512,32,L:T:m:W:C,A:192:4,32:0,32", "custom function is left to", "C"),
    ("S:128:128:512,32,L:T:m:W:H,A:192:4,32:0,32", "Fermi", "H"),
    ("S:512:128:512,32,L:T:m:W:P,A:192:4,32:0,32", "P with 512 sets; expected L or X", "P"),
    ("S:128:128:512,32,L:T:m:W:L,F:192:4,32:0,32", "texture", "F"),
    ("S:128:128:512,32,L:T:m:W:L,A:0:4,32:0,32", "'entries' is 0; expected at least 1", "0"),
    ("S:128:128:512,32,L:T:s:N:L,A:192:4,32:0,32", "the 262144 sectors of the slice", "192"),
    ("S:128:128:512,32,L:T:m:W:L,A:192:0,32:0,32", "'merge' is '0'", "0"),
    ("S:128:128:512,32,L:T:m:W:L,A:192:4,0:0,32", "'missq' is '0'", "0"),
    ("S:128:128:512,32,L:T:m:W:L,A:192:4,32:8,32", "result FIFO", "8"),
    ("S:128:128:512,32,L:T:m:W:L,A:192:4,32:0,", "'port_width' is ''", ""),
    ("S:128:128:512,32,L:T:m:W:L,A:192:4,32:0,256", "'port_width' is 256", "256"),
]


@pytest.mark.parametrize(("text", "expected", "marked"), BAD)
def test_a_mistake_is_shown_at_its_place(text, expected, marked):
    with pytest.raises(L2ConfigError) as raised:
        parse_l2d_config(text)
    message, shown, carets = str(raised.value).rsplit("\n", 2)
    assert expected in message
    assert shown == f"    {text}"
    start, width = carets.index("^"), carets.count("^")
    under = (shown + " ")[start : start + width]
    assert under.strip() == (text if marked is None else marked).strip()


@pytest.mark.parametrize(
    ("text", "request_bytes", "expected"),
    [
        (GOOD, 64, "sector 32 is not a multiple"),
        (GOOD, 16, "mshr S counts them"),
        ("S:1:4096:1,32,L:T:m:N:L,A:1:1,8:0,32", 32, "more than 64 DRAM requests (2048)"),
        ("S:1:128:1,32,L:B:m:W:L,A:1:1,5:0,32", 32, "makes 6 requests"),
        ("S:1:128:1,32,L:B:m:W:L,A:1:1,6:0,32", 32, ""),
        ("N:1:64:1,64,L:T:m:N:L,S:1:1,1:0,32", 32, "makes 2 requests"),
        ("N:1:64:1,64,L:T:m:N:L,S:1:1,2:0,32", 32, ""),
        ("N:1:64:1,64,L:T:m:N:L,A:1:1,1:0,32", 64, ""),
    ],
)
def test_goes_with_the_drams_requests_or_says_why_not(text, request_bytes, expected):
    problem = parse_l2d_config(text).request_problem(request_bytes)
    assert expected in problem
    assert bool(expected) == bool(problem)


def test_a_machine_has_the_model_and_its_fingerprint_follows_the_string():
    machine = load("tpuv4")
    assert machine.l2d_model is None
    cached = dataclasses.replace(machine, l2d_type="datacache", l2d_config=GOOD)
    assert cached.l2d_model == parse_l2d_config(GOOD)
    other = dataclasses.replace(cached, l2d_config=GOOD.replace(":T:", ":B:"))
    assert len({machine.fingerprint(), cached.fingerprint(), other.fingerprint()}) == 3
    with pytest.raises(MachineError, match="key 'l2d_config': sector 32"):
        dataclasses.replace(cached, dram_req_size_byte=64)


def test_mutated_strings_are_read_or_refused():
    """A thousand strings a few characters off: a model or a message, nothing else."""
    source = random.Random(1)
    read = 0
    for _ in range(1000):
        letters = list(GOOD)
        for _ in range(source.randint(1, 3)):
            place = source.randrange(len(letters))
            letters[place] = source.choice(["", ":", ",", "0", "9", "L", "N", "\n", "é", "-"])
        try:
            parse_l2d_config("".join(letters))
            read += 1
        except UserError:
            continue
    assert 0 < read < 1000
