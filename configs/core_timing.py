"""Timing parameters of a core's in-order multi-issue front and vector unit.

These are what the instruction-level timing model reads (docs/timing-model-vector.md). The vector
figures and the widths are the core model that PyTorchSim publishes for the same device (in-order,
width 12, four vector units of each kind, latency 1, special functions 10). The scalar latencies are
gem5's published in-order core (`BaseMinorCPU`), which that model is built on. None is fitted.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from npu.configs.errors import MachineError, Problem


@dataclass(frozen=True, kw_only=True)
class CoreTiming:
    """Issue widths, numbers of units and latencies in core cycles; every field is at least 1.

    A latency is the number of cycles from issue until a dependent instruction may issue. Raises
    `MachineError` naming every field that is not a whole number of at least 1.
    """

    issue_width: int = 12
    """Instructions issued in one cycle. Source: PyTorchSim's core model."""

    memory_issue_width: int = 8
    """Loads and stores, scalar and vector, issued in one cycle. Source: PyTorchSim's core model."""

    taken_branch_latency: int = 1
    """Cycles from a taken branch or jump to the next issue: fetch delivers one run of instructions
    a cycle and prediction is perfect. Source: gem5 BaseMinorCPU, executeBranchDelay."""

    integer_units: int = 4
    """Scalar integer, branch and control units. Source: PyTorchSim's core model."""

    integer_latency: int = 1
    """Latency of scalar integer operations. Source: gem5 BaseMinorCPU, integer unit."""

    multiply_units: int = 2
    """Scalar integer multipliers, pipelined. Source: PyTorchSim's core model."""

    multiply_latency: int = 1
    """Latency of a scalar integer multiplication. Source: gem5 BaseMinorCPU, multiply unit."""

    divide_units: int = 2
    """Scalar integer dividers, busy for their whole latency. Source: PyTorchSim's core model."""

    divide_latency: int = 8
    """Latency of a scalar integer division. Source: gem5 BaseMinorCPU, divide unit."""

    float_units: int = 2
    """Scalar floating-point units, pipelined except for division. Source: PyTorchSim."""

    float_add_latency: int = 3
    """Latency of scalar float add, compare, convert, move. Source: gem5 BaseMinorCPU."""

    float_multiply_latency: int = 6
    """Latency of scalar float multiply and fused multiply-add. Source: gem5 BaseMinorCPU."""

    float_divide_latency: int = 6
    """Latency of scalar float division and square root, which block their unit. Source: gem5
    BaseMinorCPU."""

    scalar_load_latency: int = 1
    """Latency of a scalar load: the scratchpad answers in the next cycle. Source: PyTorchSim's core
    model (latency 1 each)."""

    vector_config_units: int = 4
    """Units for vsetvl. Source: PyTorchSim's core model."""

    vector_config_latency: int = 1
    """Latency of vsetvl. Source: PyTorchSim's core model."""

    vector_misc_units: int = 4
    """Units for moves, merges, slides, gathers mask operations. Source: PyTorchSim."""

    vector_misc_latency: int = 1
    """Latency of those. Source: PyTorchSim's core model."""

    vector_memory_units: int = 4
    """Vector load/store units. Source: PyTorchSim's core model (4 vector load/store)."""

    vector_load_latency: int = 1
    """Latency of a vector load from the scratchpad. Source: PyTorchSim's core model."""

    vector_add_units: int = 4
    """Units for add, logic, shift, compare and convert. Source: PyTorchSim's core model."""

    vector_add_latency: int = 1
    """Latency of those. Source: PyTorchSim's core model."""

    vector_multiply_units: int = 4
    """Units for multiply and fused multiply-add. Source: PyTorchSim's core model."""

    vector_multiply_latency: int = 1
    """Latency of those. Source: PyTorchSim's core model."""

    vector_divide_units: int = 4
    """Units for divide and square root. Source: PyTorchSim's core model."""

    vector_divide_latency: int = 1
    """Latency of those. Source: PyTorchSim's core model."""

    vector_reduce_units: int = 4
    """Reduction units. Source: PyTorchSim's core model."""

    vector_reduce_latency: int = 1
    """Latency of a reduction after its last elements entered. Source: PyTorchSim's core model."""

    special_function_units: int = 1
    """Units for exp, tanh, erf, sin and cos. Source: PyTorchSim's core model."""

    special_function_latency: int = 10
    """Latency of those, pipelined. Source: PyTorchSim's core model."""

    def __post_init__(self) -> None:
        problems = [
            Problem(
                f"core_timing.{field.name}",
                f"is {getattr(self, field.name)!r}",
                "a whole number from 1 to 1000000",
            )
            for field in fields(self)
            if not _valid(getattr(self, field.name))
        ]
        if problems:
            raise MachineError(problems)


def _valid(value: object) -> bool:
    """Whether `value` can be a width, a number of units or a latency."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000
