"""One launch time for all rows of a machine: fitted, and applied to scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from npu.configs.calibration import Calibration
from npu.configs.errors import UserError
from npu.frontend.validation.score import Score


def calibrated(scores: Sequence[Score], calibration: Calibration) -> list[Score]:
    """The scores with the start of a program on top."""
    more = calibration.launch_cycles
    return [one if one.cycles is None else replace(one, cycles=one.cycles + more) for one in scores]


def fitted(scores: Sequence[Score], name: str, machine: str, mode: str) -> Calibration:
    """The launch time, of at least 0, that leaves the least mean of absolute errors.

    The mean is linear between the times at which some row is right, so that one of these is best;
    the shortest of equal ones. Raises UserError if no row was run.
    """
    known = [(one.row.cycles, one.cycles) for one in scores if one.cycles is not None]
    if not known:
        raise UserError("no row was run to which a launch time could be fitted; the table says why")

    def error(launch: int) -> float:
        return sum(abs((cycles + launch) / wanted - 1) for wanted, cycles in known) / len(known)

    tried = sorted({0, *(wanted - cycles for wanted, cycles in known if wanted > cycles)})
    launch = min(tried, key=error)
    rows = " ".join(one.row.workload for one in scores if one.cycles is not None)
    return Calibration(name, machine, mode, launch, rows, error(0), error(launch))
