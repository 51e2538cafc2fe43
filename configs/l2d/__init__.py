"""The L2 data cache's configuration string, read strictly into an `L2Model`.

The notation is Accel-Sim's with the sector as a group of its own, as PyTorchSim writes it:

    type:nset:line:assoc,sector,evict:write:alloc:write_alloc:index,mshr:entries:merge,missq:fifo,port
    S   :128 :128 :512  ,32    ,L    :T    :m    :W          :L    ,A   :192    :4    ,32   :0   ,32

It describes one slice; each DRAM channel has one. Every field takes effect or is refused.
`docs/l2.md` says what the policies do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

from npu.configs.errors import UserError
from npu.configs.short import short

__all__ = ["EXAMPLE", "L2ConfigError", "L2Model", "parse_l2d_config"]

Value = TypeVar("Value")

EXAMPLE = "S:128:128:512,32,L:T:m:W:L,A:192:4,32:0,32"
"""A slice of 8 MB, as in PyTorchSim's description of a TPU v4."""

MAX_LINE_BLOCKS = 64
"""DRAM requests that one line may hold: the simulator keeps a bit for each in one word."""

MAX_POLYNOMIAL_SETS = 256
"""Sets that index function P knows a polynomial for (those of the channels)."""

SHOWN = 120
"""Characters of a string that a message shows."""

MAX_FIGURE = 2**31 - 1
"""No figure of a cache is larger: a larger one was mistyped."""

Eviction = Literal["lru", "fifo"]
WritePolicy = Literal["read_only", "back", "through", "evict", "local_back_global_through"]
Allocation = Literal["on_miss", "on_fill", "streaming"]
WriteAllocate = Literal["none", "naive", "fetch_on_write", "lazy_fetch_on_read"]
SetIndex = Literal["linear", "xor", "polynomial"]

_EVICTIONS: dict[str, Eviction] = {"L": "lru", "F": "fifo"}
_WRITES: dict[str, WritePolicy] = {
    "R": "read_only",
    "B": "back",
    "T": "through",
    "E": "evict",
    "L": "local_back_global_through",
}
_ALLOCATIONS: dict[str, Allocation] = {"m": "on_miss", "f": "on_fill", "s": "streaming"}
_WRITE_ALLOCATES: dict[str, WriteAllocate] = {
    "N": "none",
    "W": "naive",
    "F": "fetch_on_write",
    "L": "lazy_fetch_on_read",
}
_INDICES: dict[str, SetIndex] = {"L": "linear", "X": "xor", "P": "polynomial"}
_FORMAT = (
    ("type", "nset", "line", "assoc"),
    ("sector",),
    ("evict", "write", "alloc", "write_alloc", "index"),
    ("mshr", "entries", "merge"),
    ("missq", "fifo"),
    ("port_width",),
)
_LETTERS = {
    "type": "S (sectors) or N (normal)",
    "evict": "L (least recently used) or F (first in, first out)",
    "write": "R (read-only), B (back), T (through), E (evict) or L (local back, global through)",
    "alloc": "m (on miss), f (on fill) or s (streaming)",
    "write_alloc": "N (none), W (write), F (fetch on write) or L (lazy fetch on read)",
    "index": "L (linear), X (xor) or P (polynomial)",
    "mshr": "A (associative) or S (sector associative)",
}
_REFUSED = {
    ("index", "C"): "the custom function is left to Accel-Sim's users and is not defined",
    ("index", "H"): "the Fermi hash belongs to that GPU's level-1 cache",
    ("mshr", "F"): "a FIFO of misses belongs to texture caches",
    ("mshr", "T"): "a FIFO of misses belongs to texture caches",
}


@dataclass(frozen=True)
class L2Model:
    """One slice of the L2 data cache. Sizes are bytes, times are cycles of the network."""

    sectored: bool
    """Whether lines have sectors of their own (S); a normal line (N) is one sector."""
    sets: int
    line_bytes: int
    ways: int
    """Lines of a set."""
    sector_bytes: int
    """What is fetched, and becomes valid or dirty, as a whole."""
    eviction: Eviction
    """Which line of a set goes: the least recently used or the one that came first."""
    write: WritePolicy
    """Where the data of a write goes that finds its sector."""
    allocation: Allocation
    """When a read miss takes its line: at once or when the data comes."""
    write_allocate: WriteAllocate
    """What a write does that does not find its sector."""
    index: SetIndex
    """How a line's number becomes the number of its set."""
    mshr: Literal["assoc", "sector_assoc"]
    """Whether a fetched sector is one DRAM request, or may be several that are counted."""
    mshr_entries: int
    """Sectors that may be on their way from the DRAM at a time."""
    mshr_merges: int
    """Accesses that may wait for one of them, the first included."""
    miss_queue: int
    """Requests that may wait for their turn to the DRAM; one leaves a cycle."""
    port_bytes: int
    """What the data array reads or writes in a cycle."""

    @property
    def slice_bytes(self) -> int:
        """Bytes of data of one slice."""
        return self.sets * self.ways * self.line_bytes

    @property
    def sectors(self) -> int:
        """Sectors of one slice."""
        return self.slice_bytes // self.sector_bytes

    def request_problem(self, request_bytes: int) -> str:
        """Why the slice does not go with DRAM requests of `request_bytes`; empty if it does."""
        if self.sector_bytes % request_bytes:
            return (
                f"sector {self.sector_bytes} is not a multiple of the DRAM request "
                f"(dram_req_size_byte: {request_bytes})"
            )
        if self.line_bytes > MAX_LINE_BLOCKS * request_bytes:
            most = MAX_LINE_BLOCKS * request_bytes
            return f"line {self.line_bytes} is more than {MAX_LINE_BLOCKS} DRAM requests ({most})"
        pieces = self.sector_bytes // request_bytes
        if self.mshr == "assoc" and pieces > 1:
            return (
                f"mshr A awaits one response, and a fetch of {self.sector_bytes} bytes is "
                f"{pieces} DRAM requests; mshr S counts them"
            )
        needed = self._most_requests(request_bytes)
        if self.miss_queue < needed:
            return (
                f"missq {self.miss_queue} can never take an access that makes {needed} requests "
                "at once (data, fetch and write-back together)"
            )
        return ""

    def _most_requests(self, request_bytes: int) -> int:
        """The most DRAM requests that one access can make, a victim's write-back included."""
        fetch = self.sector_bytes // request_bytes
        victim = self.line_bytes // request_bytes if self.write == "back" else 0
        data = self.write != "back"
        by_write = {
            "none": 1,
            "naive": 1 + fetch + victim,
            "fetch_on_write": data + (fetch if fetch > 1 else 0) + victim,
            "lazy_fetch_on_read": data + victim,
        }[self.write_allocate]
        return max(fetch + victim, by_write)


def example_for(request_bytes: int) -> str:
    """The configuration string of a slice of 8 MB that goes with requests of that size."""
    sector = max(32, request_bytes)
    line = max(128, sector)
    return f"S:128:{line}:{8 * 2**20 // (128 * line)},{sector},L:T:m:W:L,A:192:4,32:0,32"


class L2ConfigError(UserError):
    """A mistake in a configuration string: `what` is wrong, and what was `expected`."""

    all: tuple[L2ConfigError, ...]
    """This mistake and the others that were found with it."""

    def __init__(self, what: str, expected: str, shown: str) -> None:
        """`shown` is the string with its place marked, in lines of their own."""
        self.all = (self,)
        self.what = what
        self.expected = f"{expected}\n{shown}"
        super().__init__(f"{what}; expected {self.expected}")


def parse_l2d_config(text: str) -> L2Model:
    """The slice that `text` describes. Raises `L2ConfigError`, which shows the place in `text`.

    Where several fields are wrong, the error is about the first one and has them `all`.
    """
    fields = _Fields(text)
    model = L2Model(
        sectored=fields.letter("type", {"S": True, "N": False}),
        sets=fields.power_of_two("nset"),
        line_bytes=fields.power_of_two("line"),
        ways=fields.number("assoc"),
        sector_bytes=fields.power_of_two("sector"),
        eviction=fields.letter("evict", _EVICTIONS),
        write=fields.letter("write", _WRITES),
        allocation=fields.letter("alloc", _ALLOCATIONS),
        write_allocate=fields.letter("write_alloc", _WRITE_ALLOCATES),
        index=fields.letter("index", _INDICES),
        mshr=fields.letter("mshr", {"A": "assoc", "S": "sector_assoc"}),
        mshr_entries=fields.number("entries", lowest=0),
        mshr_merges=fields.number("merge"),
        miss_queue=fields.number("missq"),
        port_bytes=fields.power_of_two("port_width"),
    )
    fields.check()
    _check_geometry(model, fields)
    _check_policies(model, fields)
    _check_queues(model, fields)
    return model


class _Fields:
    """The fields of a string by name, each with its place for messages."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.values: dict[str, str] = {}
        self.places: dict[str, int] = {}
        self.found: list[L2ConfigError] = []
        groups = text.split(",")
        if len(groups) != len(_FORMAT):
            self._refuse_groups(groups)
        place = 0
        for names, group in zip(_FORMAT, groups, strict=True):
            self._split(names, group, place)
            place += len(group) + 1

    def letter(self, name: str, known: dict[str, Value]) -> Value:
        """What the letter of field `name` stands for."""
        given = self.values[name]
        if given in known:
            return known[given]
        reason = _REFUSED.get((name, given))
        what = f"is '{short(given)}'" + (f": {reason}" if reason else "")
        self.found.append(self.error(name, what, _LETTERS[name]))
        return next(iter(known.values()))

    def number(self, name: str, lowest: int = 1) -> int:
        """The whole number of field `name`."""
        given = self.values[name]
        # isdecimal alone would let digits of other scripts pass.
        if given.isascii() and given.isdecimal() and len(given) <= len(str(MAX_FIGURE)):
            value = int(given)
            if lowest <= value <= MAX_FIGURE:
                return value
        expected = f"a whole number from {lowest} to {MAX_FIGURE}"
        self.found.append(self.error(name, f"is '{short(given)}'", expected))
        return max(lowest, 1)

    def power_of_two(self, name: str) -> int:
        """The number of field `name`, which must be a power of two."""
        value = self.number(name)
        if value & (value - 1):
            self.found.append(self.error(name, f"is {value}", "a power of two"))
        return value

    def check(self) -> None:
        """Raises the first mistake found in a field, which has the others in `all`."""
        if self.found:
            self.found[0].all = tuple(self.found)
            raise self.found[0]

    def error(self, name: str, what: str, expected: str, mend: str = "") -> L2ConfigError:
        """The mistake in field `name`."""
        full = f"{expected}; {mend}" if mend else expected
        width = max(1, len(self.values[name]))
        return L2ConfigError(f"field '{name}' {what}", full, self._shown(self.places[name], width))

    def _split(self, names: tuple[str, ...], group: str, place: int) -> None:
        parts = group.split(":")
        if len(parts) != len(names):
            what = f"group '{short(group)}' has {len(parts)} field{'s' if len(parts) > 1 else ''}"
            expected = f"{len(names)} ({':'.join(names)}), as in {EXAMPLE}"
            raise L2ConfigError(what, expected, self._shown(place, max(1, len(group))))
        for name, part in zip(names, parts, strict=True):
            self.values[name] = part
            self.places[name] = place
            place += len(part) + 1

    def _refuse_groups(self, groups: list[str]) -> None:
        form = ",".join(":".join(names) for names in _FORMAT)
        expected = f"{len(_FORMAT)} ({form})"
        if len(groups) == len(_FORMAT) - 1 and ":" in groups[1]:
            expected += "; the sector is a group of its own, after the first one"
        what = f"the string has {len(groups)} group{'s' if len(groups) > 1 else ''} between commas"
        raise L2ConfigError(what, expected, self._shown(0, max(1, len(self.text))))

    def _shown(self, place: int, width: int) -> str:
        """The string, or what of a long one is near the place, with a mark under that."""
        begin = max(0, place - SHOWN // 2) if len(self.text) > SHOWN else 0
        text = short(self.text[begin : begin + SHOWN], SHOWN)
        width = max(1, min(width, len(text) - (place - begin)))
        return f"    {text}\n    {' ' * (place - begin)}{'^' * width}"


def _check_geometry(model: L2Model, fields: _Fields) -> None:
    if model.sector_bytes > model.line_bytes:
        expected = f"at most the line, {model.line_bytes} bytes"
        raise fields.error("sector", f"is {model.sector_bytes}", expected)
    if not model.sectored and model.sector_bytes != model.line_bytes:
        expected = f"the line itself, {model.line_bytes}: a normal cache (N) has no smaller sectors"
        mend = f"write {model.line_bytes}, or type S"
        raise fields.error("sector", f"is {model.sector_bytes}", expected, mend)
    if model.port_bytes > model.line_bytes:
        expected = f"at most the line, {model.line_bytes} bytes"
        raise fields.error("port_width", f"is {model.port_bytes}", expected)
    if model.index == "polynomial" and model.sets > MAX_POLYNOMIAL_SETS:
        expected = f"L or X with more than {MAX_POLYNOMIAL_SETS} sets"
        raise fields.error("index", f"is P with {model.sets} sets", expected)


def _check_policies(model: L2Model, fields: _Fields) -> None:
    installs = model.write_allocate in ("fetch_on_write", "lazy_fetch_on_read")
    if model.allocation != "on_miss":
        if model.write == "back":
            expected = "m with write policy B: a line that comes late cannot take a write"
            raise fields.error("alloc", f"is '{fields.values['alloc']}'", expected)
        if installs:
            expected = "m with write_alloc F and L: a line that comes late cannot take a write"
            raise fields.error("alloc", f"is '{fields.values['alloc']}'", expected)
    if model.write == "read_only" and model.write_allocate != "none":
        expected = "N with write policy R: writes pass by a read-only cache"
        raise fields.error("write_alloc", f"is '{fields.values['write_alloc']}'", expected)
    if model.write == "evict" and installs:
        expected = "N or W with write policy E: what is written leaves the cache"
        raise fields.error("write_alloc", f"is '{fields.values['write_alloc']}'", expected)


def _check_queues(model: L2Model, fields: _Fields) -> None:
    if fields.number("fifo", lowest=0) != 0:
        what = f"is {fields.values['fifo']}"
        raise fields.error("fifo", what, "0: a result FIFO belongs to texture caches", "write 0")
    if model.allocation == "streaming" and model.mshr_entries != 0:
        expected = f"0 with alloc s: the {model.sectors} sectors of the slice themselves hold it"
        raise fields.error("entries", f"is {model.mshr_entries}", expected, "write 0")
    if model.allocation != "streaming" and model.mshr_entries == 0:
        raise fields.error("entries", "is 0", "at least 1 with alloc m and f")
