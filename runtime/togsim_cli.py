"""The `togsim` command: `togsim run GRAPH... --config NAME|PATH`, with files for JSON and log.

Runs tile-operation graph files alone: neither torch nor LLVM is imported.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from npu.configs import command
from npu.configs.completion import complete, names_or_files
from npu.configs.file_options import FILES_HELP, output_path
from npu.configs.output.check import check_outputs, is_standard_output, text_stream
from npu.runtime import togsim_dram_cli, togsim_noc_cli
from npu.runtime.simulation_options import (
    SimulationOptions,
    add_simulation_options,
    machines,
    simulation_options,
)
from npu.runtime.togsim_graphs import GraphArgument


def main(args: Sequence[str] | None = None) -> None:
    """Runs the command; how it ends is told by `npu.configs.command`."""
    command.run(lambda: _main(args))


def _main(args: Sequence[str] | None) -> None:
    parser = _parser()
    complete(parser)
    options, left = parser.parse_known_args(args)
    # Graphs that stand behind an option are what argparse leaves over.
    if "graphs" in options and all(word == "-" or not word.startswith("-") for word in left):
        options.graphs += left
    elif left:
        parser.error(f"unrecognized arguments: {' '.join(left)}")
    options.handle(options)


def _run(options: argparse.Namespace) -> None:
    run(
        [GraphArgument.parse(text) for text in options.graphs],
        options.config,
        json_path=options.json,
        log_path=options.log,
        simulation=simulation_options(options),
    )


def run(
    graphs: Sequence[GraphArgument],
    config: str,
    *,
    json_path: Path | None,
    log_path: Path | None,
    simulation: SimulationOptions,
) -> None:
    """Simulates graph files together, prints the log and writes the files asked for.

    Raises UserError.
    """
    from npu.configs.loader import load, machine_files  # noqa: PLC0415 (--help stays quick)
    from npu.runtime.indices import read_record, with_indices  # noqa: PLC0415 (as above)
    from npu.runtime.tog.loader import load_tog  # noqa: PLC0415 (as above)
    from npu.togsim.l2.plan import check_plan  # noqa: PLC0415 (as above)
    from npu.togsim.report.log import log_lines, write_log  # noqa: PLC0415 (as above)
    from npu.togsim.session import Session  # noqa: PLC0415 (as above)

    machine = simulation.applied_to(load(config))
    trace_path = simulation.trace and simulation.trace.path
    check_outputs(
        [("--json", json_path), ("--log", log_path), ("--trace", trace_path)],
        [
            *(("a graph", graph.path) for graph in graphs),
            *machine_files(config, machine),
            *simulation.files,
        ],
    )
    plan = simulation.plan
    session = Session(machine, trace=simulation.trace or False, plain=simulation.plain, plan=plan)
    for graph in graphs:
        program = with_indices(load_tog(graph.path), read_record(graph.path))
        session.submit(program, **graph.schedule)
    if plan is not None:
        check_plan(plan, [tensor.name for tensor in session.program.tensors])
    result = session.result()
    if log_path is not None:
        write_log(log_path, result, machine)
    if json_path is not None:
        result.write_json(json_path)
    people = text_stream(json_path, log_path, trace_path)
    if not is_standard_output(log_path):
        print("\n".join(log_lines(result, machine)), file=people)
    if result.trace_file is not None:
        print(result.trace_file, file=people)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="togsim",
        description="Simulates tile-operation graphs on an NPU, cycle by cycle.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=command.ShowVersion)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser(
        "run",
        help="simulate graph files and print the log",
        description="Simulates graph files together on one machine and prints the log.",
        epilog=FILES_HELP,
    )
    one.add_argument(
        "graphs",
        nargs="+",
        metavar="GRAPH",
        help="text of the tog dialect, e.g. from npu run --dump; several run together, each with "
        "memory of its own. PATH@queue=1,arrival_ns=5000,priority=2,request=NAME, with any of "
        "these, replaces what its launches say (docs/scheduling.md); - is standard input",
    )
    config = one.add_argument(
        "--config",
        required=True,
        metavar="MACHINE",
        help="name of a shipped machine or path of a YAML file",
    )
    names_or_files(config, machines)
    one.add_argument(
        "--json", type=output_path, metavar="FILE", help="write the result as JSON here"
    )
    one.add_argument("--log", type=output_path, metavar="FILE", help="write the log here too")
    add_simulation_options(one)
    one.set_defaults(handle=_run)
    togsim_dram_cli.add_command(commands)
    togsim_noc_cli.add_command(commands)
    return parser


if __name__ == "__main__":
    main()
