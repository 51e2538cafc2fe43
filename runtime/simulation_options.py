"""How a program is simulated, as `togsim run` and `npu run` are told it, alike."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from npu.configs.completion import names_or_files
from npu.configs.machine import Machine
from npu.runtime.trace_options import add_trace_options, trace_file
from npu.togsim.trace import TraceFile

if TYPE_CHECKING:
    from npu.configs.energy import EnergyTable


@dataclass(frozen=True)
class SimulationOptions:
    """What the options say; their files are read."""

    trace: TraceFile | None = None
    plain: bool = False
    """Memory without shortcuts, as `npu.togsim.simulate` has it."""
    plan: frozenset[str] | None = None
    """The tensors that the L2 caches; None is all of them."""
    energy_table: EnergyTable | None = None
    """In place of the machine's."""
    files: tuple[tuple[str, Path], ...] = ()
    """What each of those files is, and its path."""

    def applied_to(self, machine: Machine) -> Machine:
        """The machine with the table of energies asked for."""
        if self.energy_table is None:
            return machine
        return replace(machine, energy_table=self.energy_table)


def machines() -> Iterable[str]:
    """The names of the shipped machines, for completion."""
    from npu.configs.loader import shipped_names  # noqa: PLC0415 (--help stays quick)

    return shipped_names()


def _energy_tables() -> Iterable[str]:
    from npu.configs.energy import shipped_energy_tables  # noqa: PLC0415 (as above)

    return shipped_energy_tables()


def add_simulation_options(parser: argparse.ArgumentParser) -> None:
    """Adds `--energy`, `--l2-plan`, `--plain` and the options of a trace."""
    energy = parser.add_argument(
        "--energy", metavar="TABLE", help="name of a shipped energy table or path of a YAML file"
    )
    names_or_files(energy, _energy_tables)
    parser.add_argument(
        "--l2-plan",
        type=Path,
        metavar="FILE",
        help="cache only the tensors that this file names (docs/l2.md)",
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="simulate memory request by request, without shortcuts: slow, equal results",
    )
    add_trace_options(parser)


def simulation_options(options: argparse.Namespace) -> SimulationOptions:
    """Reads the files that the options name. Raises UserError for what is wrong with them."""
    from npu.configs.energy import load_energy_table  # noqa: PLC0415 (--help stays quick)
    from npu.togsim.l2.plan import load_plan  # noqa: PLC0415 (as above)

    plan, energy = options.l2_plan, options.energy
    return SimulationOptions(
        trace_file(options),
        options.plain,
        None if plan is None else load_plan(plan),
        None if energy is None else load_energy_table(energy),
        (
            *([] if plan is None else [("the plan", plan)]),
            *([] if energy is None else [("the table of energies", Path(energy))]),
        ),
    )


def asked_for(options: argparse.Namespace) -> str | None:
    """The first option given that means something to a simulation only, by its name."""
    given = {
        "--trace": options.trace is not None,
        "--l2-plan": options.l2_plan is not None,
        "--plain": options.plain,
        "--energy": options.energy is not None,
    }
    return next((name for name, is_given in given.items() if is_given), None)
