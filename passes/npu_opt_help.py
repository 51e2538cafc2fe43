"""What `npu-opt --help` says: our passes first, each with its options; xDSL's behind them."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Collection, Iterable, Iterator
from dataclasses import MISSING, Field, fields
from typing import Any

from xdsl.passes import ModulePass

from npu.configs.completion import complete, listed_names
from npu.configs.key_docs import field_docs
from npu.passes.universe import PASSES

_WIDTH = 96

_HELP = {
    "input_file": "file to read; - or nothing is standard input",
    "output_file": "file to write; - or nothing is standard output",
    "passes": "passes to run, one after the other: 'NAME,NAME{OPTION=VALUE OPTION=\"PATH\"}'; "
    "all of them are listed below",
    "disable_verify": "do not check the rules of operations, neither before nor after a pass",
    "frontend": "what the input is, whatever the ending of its name",
    "version": "print the version",
}
"""Name of an option -> what is said of it instead of xDSL's words."""


def explain(parser: argparse.ArgumentParser, available: Collection[str]) -> None:
    """Gives every option a help text, and lists the passes behind them."""
    for action in parser._actions:  # pyright: ignore[reportPrivateUsage] (no other way in)
        action.help = _HELP.get(action.dest, action.help)
        if action.dest == "passes":
            listed_names(action, available)
    complete(parser)
    options_help = parser.format_help
    parser.format_help = lambda: "\n".join([options_help(), *pass_list(available), ""])


def pass_list(available: Iterable[str]) -> Iterator[str]:
    """The lines about passes; ours are loaded only for this."""
    yield "passes of the NPU compiler, and their options with defaults:"
    for load in PASSES.values():
        yield from _pass_lines(load())
    yield ""
    yield "passes of xDSL:"
    yield textwrap.fill(
        ", ".join(name for name in available if name not in PASSES),
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )


def option_default(field: Field[Any]) -> str:
    """The default of a pass option as a user writes it."""
    if field.default is MISSING or field.default is None:
        return "..."
    return str(field.default).lower() if isinstance(field.default, bool) else str(field.default)


def _pass_lines(kind: type[ModulePass]) -> Iterator[str]:
    summary = (kind.__doc__ or "").strip().splitlines()[0]
    yield f"  {kind.name:<20} {summary}"
    docs = field_docs(kind)
    for field in fields(kind):
        head = f"    {field.name}={option_default(field)}"
        yield textwrap.fill(f"{head:<22} {docs[field.name]}", _WIDTH, subsequent_indent=" " * 23)
