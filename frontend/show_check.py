"""What `npu run` prints of the value check, as lines of rich's markup."""

from collections.abc import Iterator

from rich.markup import escape

from npu.dialects.origin import described
from npu.runtime.accuracy import Distance
from npu.runtime.value_check import OutputCheck, ValueCheck


def check_lines(check: ValueCheck) -> Iterator[str]:
    """A line on each output, what there is to say of it, and one on the launches."""
    for number, output in enumerate(check.outputs):
        yield from _output_lines(f"output {number} from Spike against {check.reference}", output)
    if not check.float64_is_the_references:
        yield f"check: errors are those against {escape(check.float64)}"
    wrong = [kernel.fault for kernel in check.kernels if kernel.fault is not None]
    yield from (f"check: [red]WRONG[/], {escape(fault)}" for fault in wrong)
    for number, kernel in enumerate(check.kernels):
        if kernel.in_doubt:
            launch = escape(described(number, kernel.origin))
            yield (
                f"  note: {kernel.in_doubt} elements of {kernel.kernel} in {launch} may be "
                "anything: rounding decides whether they are numbers"
            )
    if check.kernels and not wrong:
        number, closest = max(enumerate(check.kernels), key=lambda one: one[1].share)
        count, launch = len(check.kernels), escape(described(number, closest.origin))
        yield (
            f"check: {count} {'launch' if count == 1 else 'launches'}, every element within the "
            f"rounding of its own operations; {closest.kernel} in {launch} comes closest, "
            f"{closest.share:.1%} of its limit"
        )


def _output_lines(what: str, output: OutputCheck) -> Iterator[str]:
    if output.fault is None:
        yield f"check: {what}: [green]ok[/]{_errors(output)}"
    else:
        yield f"check: {what}: [red]WRONG[/]{_errors(output)}"
        yield f"  because {escape(output.fault)}"
    if output.note is not None:
        yield f"  note: {escape(output.note)}"


def _errors(output: OutputCheck) -> str:
    """The errors of an output; in parentheses the reference's own in float32."""
    if output.distance is None:
        return ""
    explained = f"rounding explains {output.explained:.1e}"
    own = "" if output.source is None else f"; its own float32: {_figures(output.source)}"
    return f", largest relative error {_figures(output.distance)} ({explained}{own})"


def _figures(distance: Distance) -> str:
    return (
        f"{distance.max_relative_error:.2e}, rms {distance.rms_relative_error:.2e}, "
        f"{distance.max_ulp:.3g} ulp"
    )
