"""The log's lines about energy."""

from __future__ import annotations

from collections.abc import Iterator

from npu.togsim.report.energy import Energy


def energy_lines(energy: Energy | None) -> Iterator[str]:
    """The total, each component, and each kernel; nothing without a table of energies."""
    if energy is None:
        return
    yield (
        f"Energy by {energy.table} : {energy.total_joules:.6e} J, "
        f"average power {energy.average_watts:.3f} W"
    )
    for part in energy.components:
        yield f"Energy of {part.component} : {part.joules:.6e} J"
    for kernel in energy.kernels:
        yield f"Energy of kernel {kernel.kernel} : {kernel.joules:.6e} J"
    yield f"Energy of no kernel : {energy.unattributed_joules:.6e} J"
