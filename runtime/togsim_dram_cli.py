"""`togsim dram CONFIG TRACE`: one DRAM channel driven with a trace of requests."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from npu.configs.file_options import FILES_HELP, input_path, output_path
from npu.configs.output import write_output
from npu.configs.output.check import check_outputs, text_stream

if TYPE_CHECKING:
    from npu.configs.dram import DramModel
    from npu.togsim.dram import DramTraceResult

DESCRIPTION = """\
Runs a trace of requests through one DRAM channel: its controller, banks and timings, as a
Ramulator 2 configuration (of 2.0 or 2.1) describes them. A line of the trace is
'cycle address R|W': the earliest tick, the byte address within the channel (decimal or 0x), the
direction; '#' begins a comment."""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    """Adds the subcommand; its options carry `handle`, which runs it."""
    one = commands.add_parser(
        "dram",
        help="run a trace of requests through one DRAM channel",
        description=DESCRIPTION,
        epilog=FILES_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    one.add_argument("config", metavar="CONFIG", help="Ramulator 2 configuration, a YAML file")
    one.add_argument("trace", metavar="TRACE", help="file of requests; - for standard input")
    one.add_argument(
        "--json", type=output_path, metavar="FILE", help="write the figures as JSON here"
    )
    one.add_argument(
        "--commands", type=output_path, metavar="FILE", help="write every command here"
    )
    one.add_argument(
        "--plain",
        action="store_true",
        help="follow the rules tick by tick, without a shortcut: slower, with an equal result",
    )
    one.set_defaults(handle=run)


def run(options: argparse.Namespace) -> None:
    """Runs the trace, prints the table and writes the files asked for. Raises UserError."""
    from npu.configs.dram import load_dram_model  # noqa: PLC0415 (--help stays quick)
    from npu.togsim.dram import run_trace  # noqa: PLC0415 (as above)
    from npu.togsim.dram.report import report_lines  # noqa: PLC0415 (as above)
    from npu.togsim.dram.requests import read_requests  # noqa: PLC0415 (as above)

    check_outputs(
        [("--json", options.json), ("--commands", options.commands)],
        [("the configuration", Path(options.config)), ("the trace", input_path(options.trace))],
    )
    model = load_dram_model(options.config)
    trace = read_requests(options.trace)
    wanted = options.commands is not None
    result = run_trace(model, trace, plain=options.plain, log_commands=wanted)
    _write(options, result, model)
    people = text_stream(options.json, options.commands)
    print("\n".join(report_lines(result, model)), file=people)


def _write(options: argparse.Namespace, result: DramTraceResult, model: DramModel) -> None:
    from npu.togsim.dram.report import command_lines  # noqa: PLC0415 (as above)

    if options.json is not None:
        result.write_json(options.json)
    if options.commands is not None:
        write_output(options.commands, "\n".join(command_lines(result, model)) + "\n")
