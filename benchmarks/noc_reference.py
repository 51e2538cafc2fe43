"""Every figure of BookSim 2 in tests/togsim/data/noc_reference.csv beside ours, as a table.

    python benchmarks/noc_reference.py [TOPOLOGY ...]

Networks are those of configs/icnt/. A row of a load that BookSim does not sustain (`stable` 0)
shows only whether we sustain it.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from npu.configs.icnt import load_icnt_model
from npu.configs.icnt.load import SHIPPED_FOLDER
from npu.togsim.noc import Mode, TrafficReport, uniform_traffic

REFERENCE = Path(__file__).resolve().parent.parent / "tests/togsim/data/noc_reference.csv"
"""BookSim 2 (checkout 28f43299), uniform traffic, seed 42."""


@dataclass(frozen=True)
class Row:
    """One measurement of BookSim 2; latencies in cycles, rates in flits a node a cycle."""

    topology: str
    packet_flits: int
    rate: float
    mode: Mode
    stable: bool
    packet_lat: float
    acc_flit_rate: float
    cycles: int

    @property
    def expected(self) -> float:
        """The figure compared: latency, or accepted flits in the throughput mode."""
        return self.acc_flit_rate if self.mode == "throughput" else self.packet_lat

    def measure(self) -> TrafficReport:
        """The same experiment here."""
        model = load_icnt_model(SHIPPED_FOLDER / f"{self.topology}.icnt")
        return uniform_traffic(
            model, packet_flits=self.packet_flits, rate=self.rate, mode=self.mode
        )

    def found(self, report: TrafficReport) -> float:
        """Our figure for `expected`."""
        return report.acc_flit_rate if self.mode == "throughput" else report.packet_lat


def rows(path: Path = REFERENCE) -> Iterator[Row]:
    """The rows of the file, in its order."""
    with path.open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            yield Row(
                topology=line["topology"],
                packet_flits=int(line["packet_flits"]),
                rate=float(line["offered_flits_per_node_cycle"]),
                mode=cast(Mode, line["mode"]),
                stable=line["stable"] == "1",
                packet_lat=float(line["packet_lat"]),
                acc_flit_rate=float(line["acc_flit_rate"] or "nan"),
                cycles=int(float(line["cycles"] or 0)),
            )


def line_of(row: Row, report: TrafficReport) -> str:
    """The row as a line of the table."""
    head = f"{row.topology:<15} {row.packet_flits:>2} {row.rate:>6} {row.mode:<10}"
    if not row.stable:
        return (
            f"{head} {'not sustained':>13} {'sustained' if report.stable else 'not sustained':>13}"
        )
    found = row.found(report)
    return f"{head} {row.expected:>13.6g} {found:>13.6g} {found / row.expected - 1:>+8.2%}"


def main(topologies: list[str]) -> None:
    """Prints the table, of the named topologies or of all."""
    print(f"{'topology':<15} {'P':>2} {'rate':>6} {'mode':<10} {'BookSim 2':>13} {'togsim':>13}")
    for row in rows():
        if not topologies or row.topology in topologies:
            print(line_of(row, row.measure()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
