"""Tables of measured cycles: CSV, comments behind `#`.

    workload,tpuv3_cycles,scalesim_v3
    gemm_256x256x256,3101,1020

A column is the `workload`, its measured `cycles` (or `MACHINE_cycles`, which says on what), the
`launch` (or `mode`) it was measured in, the `type` of its elements; any other holds what some other
simulator says, in cycles, or nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from npu.configs.errors import UserError
from npu.configs.short import short
from npu.configs.text_file import read_text

EXPECTED = "a table of measured cycles (CSV with the columns workload and cycles)"

LAUNCHES = ("cold", "chained", "model")
"""How a row was measured: one launch with operands in DRAM; one of a chain, whose operands may
have stayed on the chip; a whole model under a serving engine."""

_NAMES = {"launch": "launch", "mode": "launch", "type": "type", "workload": "workload"}
_CYCLES = re.compile(r"(?:(?P<machine>\w+)_)?cycles")


@dataclass(frozen=True)
class Measured:
    """A row of a table."""

    workload: str
    cycles: int
    """Measured, of the machine's cores."""

    machine: str | None
    """The shipped machine that the table names."""

    launch: str = LAUNCHES[0]
    type: str = "f32"
    others: Mapping[str, int] | None = None
    """What other simulators say, in cycles, by name."""

    @property
    def family(self) -> str:
        """What its errors are averaged with: the workload's kind; the launch, unless it is cold."""
        kind = re.split(r"_(?=b?\d)", self.workload, maxsplit=1)[0]
        return kind if self.launch == LAUNCHES[0] else f"{kind}, {self.launch}"


def shipped() -> list[Path]:
    """The tables that are shipped."""
    folder = Path(str(files("npu.frontend.validation"))) / "data"
    return sorted(folder.glob("*.csv"))


def read_table(path: Path) -> list[Measured]:
    """The rows of a table. Raises UserError for what is wrong, with its line."""
    lines = read_text(path, EXPECTED).splitlines()
    numbered = [
        (number, next(csv.reader([line])))
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    ]
    if not numbered:
        raise UserError(f"{path}: no header; expected {EXPECTED}")
    header = [name.strip() for name in numbered[0][1]]
    machine = _machine(path, header)
    return [_row(f"{path}:{number}", header, cells, machine) for number, cells in numbered[1:]]


def _machine(path: Path, header: Sequence[str]) -> str | None:
    """The machine in the name of the column of cycles."""
    found = [match for name in header if (match := _CYCLES.fullmatch(name))]
    if "workload" not in header or len(found) != 1:
        raise UserError(
            f"{path}: the columns are {short(', '.join(header))}; expected workload and one of "
            "cycles (or MACHINE_cycles)"
        )
    return found[0]["machine"]


def _row(place: str, header: Sequence[str], cells: Sequence[str], machine: str | None) -> Measured:
    if len(cells) != len(header):
        raise UserError(f"{place}: {len(cells)} cells; expected {len(header)}, as in the header")
    known: dict[str, str] = {}
    others: dict[str, int] = {}
    cycles = 0
    for name, cell in zip(header, map(str.strip, cells), strict=True):
        if name in _NAMES:
            known[_NAMES[name]] = cell
        elif _CYCLES.fullmatch(name):
            cycles = _cycles(place, name, cell)
        elif cell:
            others[name] = _cycles(place, name, cell)
    launch = known.get("launch", LAUNCHES[0])
    if launch not in LAUNCHES:
        raise UserError(f"{place}: launch {short(launch)}; expected one of {', '.join(LAUNCHES)}")
    return Measured(
        known["workload"], cycles, machine, launch, known.get("type", "f32"), others or None
    )


def _cycles(place: str, name: str, cell: str) -> int:
    if not re.fullmatch(r"\d{1,18}", cell, re.ASCII) or int(cell) == 0:
        raise UserError(
            f"{place}: {name} is {short(cell)!r}; expected cycles, a whole number above 0"
        )
    return int(cell)
