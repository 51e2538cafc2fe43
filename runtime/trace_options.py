"""The options that ask for a trace, alike in `togsim run` and `npu run`."""

from __future__ import annotations

import argparse

from npu.configs.errors import UserError
from npu.configs.file_options import output_path
from npu.togsim.trace import DEFAULT_LIMIT, TraceFile, TraceWindow


def add_trace_options(parser: argparse.ArgumentParser) -> None:
    """Adds `--trace`, `--trace-window`, `--trace-every` and `--trace-limit`."""
    group = parser.add_argument_group("trace", "a picture of the run, for ui.perfetto.dev")
    group.add_argument("--trace", type=output_path, metavar="FILE", help="write the trace here")
    group.add_argument(
        "--trace-window",
        metavar="FROM:TO",
        help="only core cycles FROM up to TO; either may be left out",
    )
    group.add_argument(
        "--trace-every",
        metavar="N",
        help="of every N windows one after the other only the first",
    )
    group.add_argument(
        "--trace-limit",
        metavar="N",
        help=f"at most N instructions and unit states (default: {DEFAULT_LIMIT})",
    )


def trace_file(options: argparse.Namespace) -> TraceFile | None:
    """The trace asked for, if any. Raises UserError when the options contradict one another."""
    if options.trace is None:
        for name in ("window", "every", "limit"):
            if getattr(options, f"trace_{name}") is not None:
                raise UserError(f"--trace-{name}: no trace is written; say where with --trace FILE")
        return None
    begin, end = _window(options.trace_window)
    every = _number("--trace-every", options.trace_every, 1)
    limit = _number("--trace-limit", options.trace_limit, DEFAULT_LIMIT)
    window = TraceWindow(
        TraceWindow.begin if begin is None else begin,
        TraceWindow.end if end is None else end,
        every,
    )
    return TraceFile(options.trace, window, limit)


def _window(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    begin, colon, end = text.partition(":")
    try:
        if colon:
            return int(begin) if begin else None, int(end) if end else None
    except ValueError:
        pass
    raise UserError(
        f"--trace-window {text}: is no window; expected FROM:TO in core cycles, as in 0:20000"
    )


def _number(option: str, text: str | None, default: int) -> int:
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise UserError(f"{option} {text}: is no number; expected one, as in 10") from None
