"""Calibrations: figures fitted to measured rows, kept apart from machines, never applied unasked.

machine: tpuv3                  # whose cycles it mends
mode: xla-tpu                   # in which mode it was fitted; left out, in none
launch_cycles: 225              # added to every program, once
fitted_to: gemm_256x256x256 ... # the rows
error_before: 0.066             # mean of the rows' absolute errors
error_after: 0.052
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from npu.configs.errors import UserError
from npu.configs.faults import Faults
from npu.configs.section import Section
from npu.configs.text_file import read_text
from npu.configs.yaml.tree import parse_mapping

EXPECTED = "a calibration (YAML with the keys machine, launch_cycles, fitted_to, ...)"

MOST_CYCLES = 10**9
"""A launch does not take a second."""


@dataclass(frozen=True)
class Calibration:
    """What was fitted, for which machine and mode, to which rows."""

    name: str
    """Of its file, without the ending."""
    machine: str
    mode: str
    """Empty where it was fitted without one."""
    launch_cycles: int
    """Core cycles that the start of a program takes on top of what is simulated."""
    fitted_to: str
    error_before: float
    error_after: float

    @property
    def line(self) -> str:
        """What is said wherever it is applied."""
        return (
            f"calibration {self.name}: {self.launch_cycles:,} cycles for the start of a program, "
            f"fitted to {self.fitted_to} (mean error {self.error_before:.1%}, with it "
            f"{self.error_after:.1%})"
        )

    @property
    def text(self) -> str:
        """Its file."""
        mode = f"mode: {self.mode}\n" if self.mode else ""
        return (
            f"# Fitted by `npu validate --calibrate`; see docs/accuracy.md.\n"
            f"machine: {self.machine}\n{mode}launch_cycles: {self.launch_cycles}\n"
            f"fitted_to: {self.fitted_to}\nerror_before: {self.error_before:.4f}\n"
            f"error_after: {self.error_after:.4f}\n"
        )

    def check(self, config: str, mode: str) -> None:
        """Raises UserError where it was fitted for another machine or mode."""
        machine = Path(config).stem
        if machine != self.machine:
            raise UserError(
                f"calibration '{self.name}' is of machine '{self.machine}', not of '{machine}'; "
                "leave it out, or fit one with npu validate --calibrate FILE"
            )
        if mode != self.mode:
            wanted = f"--mode {self.mode}" if self.mode else "no mode"
            raise UserError(
                f"calibration '{self.name}' was fitted with {wanted}; give {wanted} with it, or "
                "leave it out"
            )


def load_calibration(path: Path) -> Calibration:
    """The calibration of a file. Raises UserError with file, line and mending."""
    tree = parse_mapping(read_text(path, EXPECTED), str(path), EXPECTED, "machine: ...", 1)
    faults = Faults(str(path))
    root = Section(tree, "", faults)
    found = Calibration(
        path.stem,
        root.text("machine", "the name of a machine"),
        root.text("mode", "the name of a mode") if "mode" in root else "",
        root.integer("launch_cycles", 0, MOST_CYCLES),
        root.text("fitted_to", "the rows that it was fitted to"),
        root.number("error_before", 0, 1e6),
        root.number("error_after", 0, 1e6),
    )
    root.close("a calibration")
    faults.check()
    return found
