"""An .icnt file to an `IcntModel`: every key has an effect, keeps its one value, or is refused."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from npu.configs.errors import Notice, Problem, UserError, joined
from npu.configs.faults import Faults
from npu.configs.icnt import keys
from npu.configs.icnt.anynet import parse_anynet
from npu.configs.icnt.model import Allocator, AllocatorKind, Anynet, IcntModel
from npu.configs.icnt.text import Entry, parse_entries
from npu.configs.short import short
from npu.configs.text_file import read_text

SHIPPED_FOLDER = Path(__file__).resolve().parent
"""Where the shipped networks' .icnt files are."""

MAX_NODES = 4096
"""Beyond this a router's table alone takes 32 MB; no machine here has so many ports."""

_LIMITS = {
    "k": (2, keys.MAX_K),
    "n": (1, 12),
    "num_vcs": (1, 64),
    "vc_buf_size": (1, 1_000_000),
    "routing_delay": (0, 1000),
    "st_prepare_delay": (0, 1000),
    "st_final_delay": (0, 1000),
    "credit_delay": (0, 1000),
    "flit_size": (1, 65536),
}
_FLAGS = ("use_noc_latency", "wait_for_tail_credit")
_ALLOCATOR = re.compile(r"([A-Za-z_0-9]+)\s*(?:\(\s*([A-Za-z_0-9]*)\s*\))?")
_KINDS = ("islip", "separable_input_first", "separable_output_first")


def shipped_icnt() -> list[str]:
    """The names of the shipped networks, sorted; each is a file NAME.icnt."""
    return sorted(path.stem for path in SHIPPED_FOLDER.glob("*.icnt"))


def load_icnt_model(path: str | Path) -> IcntModel:
    """The network of the file at `path`. Raises `UserError` with file, line and mending."""
    where = Path(path)
    return parse_icnt_model(read_text(where, "a BookSim network (.icnt)"), str(where))


def parse_icnt_model(text: str, file: str) -> IcntModel:
    """The network that `text` describes; `file` names it, and a `network_file` is beside it."""
    faults = Faults(file)
    return _Reader(parse_entries(text, faults), faults).model()


class _Reader:
    """Turns settings into fields, and notes what is wrong with them."""

    def __init__(self, entries: dict[str, Entry], faults: Faults) -> None:
        self._entries = entries
        self._faults = faults
        self._file = faults.file

    def model(self) -> IcntModel:
        self._refuse_others()
        topology = self._topology()
        routing = self._routing(topology)
        numbers = self._numbers()
        self._shape(topology, numbers)
        crossing = numbers.get("st_prepare_delay", 0) + numbers.get("st_final_delay", 1)
        if crossing < 1:
            self._problem("st_final_delay", "is 0 as st_prepare_delay is", "1 or more of the two")
        fields: dict[str, Any] = {"topology": topology, "routing_function": routing, **numbers}
        for key in _FLAGS:
            if key in self._entries:
                fields[key] = self._number(key, 0, 1) == 1
        for key in ("vc_allocator", "sw_allocator"):
            if key in self._entries:
                fields[key] = self._allocator(key)
        fields["network"] = self._network(topology)
        self._notice()
        return IcntModel(**fields)

    def _problem(
        self, key: str, what: str, expected: str, mend: str = "", known: Sequence[str] = ()
    ) -> None:
        """Notes a problem; of an entry's value or, if it has none of `known`, of the key itself."""
        entry = self._entries.get(key)
        given = entry.value if entry is not None else ""
        problem = Problem(key, what, expected, mend, given, tuple(known))
        self._faults.tell(problem, entry.line if entry is not None else 1)

    def _refuse_others(self) -> None:
        known = [*keys.MODELLED, *keys.ONLY, *keys.TRAFFIC, *keys.EDGE, "x", "y"]
        for key, entry in self._entries.items():
            if key in keys.ONLY:
                value, reason = keys.ONLY[key]
                if not _same(entry.value, value):
                    expected = f"{value}: {reason}" if value else f"no such key: {reason}"
                    mend = f"write '{key} = {value};' or remove the line" if value else ""
                    self._problem(key, f"is {short(entry.value)}", expected, mend)
            elif key in ("x", "y"):
                if not _same(entry.value, self._text("k")):
                    self._problem(key, f"is {short(entry.value)}", "what k is, or no such key")
            elif key not in known:
                self._unknown(key, entry, known)

    def _unknown(self, key: str, entry: Entry, known: Sequence[str]) -> None:
        free = tuple(name for name in known if name not in self._entries)
        taken = tuple(name for name in known if name in self._entries)
        what, expected = "is not a key of BookSim", "a key of docs/noc.md"
        problem = Problem(key, what, expected, "remove the line", key, free, taken)
        self._faults.tell(problem, entry.line)

    def _text(self, key: str) -> str:
        return self._entries[key].value if key in self._entries else ""

    def _topology(self) -> str:
        value = self._text("topology")
        if value in keys.ROUTING:
            return value
        known = "fly, mesh, torus or anynet"
        if not value:
            self._missing("topology", known, "add 'topology = fly;'")
        elif value in keys.OTHER_TOPOLOGIES:
            self._problem("topology", f"'{value}' is not modelled", known, "draw it as an anynet")
        else:
            self._problem("topology", f"is '{short(value)}'", known, known=tuple(keys.ROUTING))
        return ""

    def _routing(self, topology: str) -> str:
        if not topology:
            return ""
        value, allowed = self._text("routing_function"), keys.ROUTING[topology]
        if value not in allowed:
            what = f"is '{short(value)}'" if value else "is missing"
            mend = f"write 'routing_function = {allowed[0]};'"
            expected = f"{' or '.join(allowed)} for topology {topology}"
            self._problem("routing_function", what, expected, mend)
        return value

    def _numbers(self) -> dict[str, int]:
        """The figures that the file gives and that can be one."""
        found = {key: self._number(key, *_LIMITS[key]) for key in _LIMITS if key in self._entries}
        return {key: value for key, value in found.items() if value is not None}

    def _number(self, key: str, low: int, high: int) -> int | None:
        text = self._entries[key].value
        if re.fullmatch(r"[+-]?[0-9]{1,18}", text) and low <= int(text) <= high:
            return int(text)
        self._problem(key, f"is {short(text)}", f"a whole number from {low} to {high}")
        return None

    def _missing(self, key: str, expected: str, mend: str) -> None:
        """Notes that a key is missing, unless something else is told of it."""
        if key not in self._faults:
            self._problem(key, "is missing", expected, mend)

    def _allocator(self, key: str) -> Allocator:
        text = self._entries[key].value
        match = _ALLOCATOR.fullmatch(text)
        kind, argument = (match[1], match[2]) if match else (text, None)
        expected = "islip, islip(N), separable_input_first or separable_output_first"
        if kind in keys.OTHER_ALLOCATORS:
            self._problem(key, f"'{kind}' is not modelled", expected)
        elif kind not in _KINDS:
            self._problem(key, f"is '{short(text)}'", expected, known=_KINDS)
        elif kind != "islip" and argument not in (None, "", "round_robin"):
            self._problem(
                key, f"has arbiters '{short(argument)}'", "round_robin arbiters, or none named"
            )
        elif kind == "islip" and not _iterations(argument):
            self._problem(key, f"is '{short(text)}'", "islip(N) with N from 1 to 64")
        elif kind == "islip":
            return Allocator(kind="islip", iterations=int(argument or 1))
        else:
            return Allocator(kind=cast(AllocatorKind, kind))
        return Allocator(kind="islip")

    def _shape(self, topology: str, values: dict[str, int]) -> None:
        if topology == "anynet":
            for key in ("k", "n"):
                values.pop(key, None)
            if "network_file" not in self._entries:
                expected = "the file of routers and links, beside this one"
                self._missing("network_file", expected, "add 'network_file = ...;'")
            return
        for key in ("k", "n"):
            if topology and key not in self._entries:
                self._missing(key, "a whole number", f"add '{key} = ...;'")
        if "network_file" in self._entries:
            expected = "no such key, or 'topology = anynet;'"
            self._problem("network_file", f"does not go with topology {topology}", expected)
        nodes = values.get("k", 1) ** values.get("n", 1)
        if nodes > MAX_NODES:
            self._problem("n", f"makes {nodes} nodes of k", f"at most {MAX_NODES} (k to the n)")
        vcs = values.get("num_vcs", 16)
        if topology == "torus" and vcs % 2:
            expected = "an even number for a torus: each ring's dateline splits them in halves"
            self._problem("num_vcs", f"is {vcs}", expected, f"write 'num_vcs = {vcs + 1};'")

    def _network(self, topology: str) -> Anynet | None:
        """What the `network_file` holds. Raises what is wrong with it, and with this file."""
        wrong: list[UserError] = []
        network: Anynet | None = None
        try:
            self._faults.check()
        except UserError as error:
            wrong.append(error)
        if topology == "anynet" and "network_file" in self._entries:
            try:
                network = self._anynet(self._entries["network_file"])
            except UserError as error:
                wrong.append(error)
        if wrong:
            raise joined(wrong)
        return network

    def _anynet(self, entry: Entry) -> Anynet:
        """What is in the file that `entry` names. Raises what is wrong there, or with its name."""
        path = Path(self._file).parent / entry.value
        try:
            text = read_text(path, "routers and links of an anynet")
        except UserError as error:
            raise UserError(f"{self._file}:{entry.line}: network_file: {error}") from None
        return parse_anynet(text, str(path), MAX_NODES)

    def _notice(self) -> None:
        traffic = [key for key in self._entries if key in keys.TRAFFIC]
        if traffic:
            warnings.warn(
                Notice(
                    f"{self._file}: {', '.join(traffic)}: of BookSim's own traffic and output, "
                    "and without effect here: packets come from the machine's requests, or from "
                    "the options of 'togsim noc'"
                ),
                stacklevel=4,
            )
        edge = [key for key in self._entries if key in keys.EDGE]
        if edge:
            warnings.warn(
                Notice(
                    f"{self._file}: {', '.join(edge)}: without effect, since source queues have no "
                    "end and a node takes a flit every cycle"
                ),
                stacklevel=4,
            )


def _iterations(argument: str | None) -> bool:
    if not argument:
        return argument is None
    return (
        argument.isascii()
        and argument.isdigit()
        and len(argument) <= 2
        and 1 <= int(argument) <= 64
    )


def _same(value: str, wanted: str) -> bool:
    """Whether two settings are equal, as numbers where both are."""
    try:
        return float(value) == float(wanted)
    except ValueError:
        return value == wanted
