"""The value check as reports have it (`check` of `run.schema.json`)."""

from dataclasses import fields

from npu.runtime.accuracy import Distance
from npu.runtime.value_check import OutputCheck, ValueCheck
from npu.runtime.value_check.judge import KernelCheck


def check_dict(check: ValueCheck) -> dict[str, object]:
    """The check as JSON-ready values."""
    return {
        "passed": check.passed,
        "reference": check.reference,
        "float64": check.float64,
        "outputs": [_output(output) for output in check.outputs],
        "kernels": [_kernel(kernel) for kernel in check.kernels],
    }


def check_summary(check: ValueCheck | None) -> dict[str, object]:
    """The errors in short, at the top of a report; null when nothing was computed."""
    if check is None:
        return {"max_relative_error": None, "output_errors": None, "reference": None}
    return {
        "max_relative_error": _number(check.max_relative_error),
        "output_errors": [_number(output.max_relative_error) for output in check.outputs],
        "reference": check.reference,
    }


def _output(output: OutputCheck) -> dict[str, object]:
    return {
        "passed": output.fault is None,
        "fault": output.fault,
        "note": output.note,
        **_distance(output.distance),
        "rounding_explains": _number(output.explained),
        "reference": None if output.source is None else _distance(output.source),
    }


def _distance(distance: Distance | None) -> dict[str, object]:
    """Under the names of its fields; null where there is none."""
    return {
        field.name: None if distance is None else _number(getattr(distance, field.name))
        for field in fields(Distance)
    }


def _kernel(kernel: KernelCheck) -> dict[str, object]:
    return {
        "name": kernel.kernel,
        "torch_ops": list(kernel.origin.torch_ops),
        "torch_lines": list(kernel.origin.torch_lines),
        "passed": kernel.fault is None,
        "fault": kernel.fault,
        "share_of_limit": _number(kernel.share),
        "in_doubt": kernel.in_doubt,
    }


def _number(value: float) -> float | str:
    """JSON has no infinity: what is wrong beyond measure says "infinite"."""
    return "infinite" if value == float("inf") else value
