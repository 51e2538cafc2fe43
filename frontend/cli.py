"""The `npu` command: `npu run X`, `npu validate`, `npu config show NAME`, `npu config list`."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence

from npu.configs import command
from npu.configs.completion import complete, names_or_files
from npu.configs.errors import UserError
from npu.configs.file_options import FILES_HELP, folder_path, input_path, output_path
from npu.runtime.simulation_options import (
    add_simulation_options,
    asked_for,
    machines,
    simulation_options,
)

USAGE = 2
"""Exit status when no command is given, as argparse has it for other misuse."""


def main(args: Sequence[str] | None = None) -> None:
    """Runs the command; how it ends is told by `npu.configs.command`."""
    command.run(lambda: _main(args))


def _main(args: Sequence[str] | None) -> None:
    parser = _parser()
    complete(parser)
    options = parser.parse_args(args)
    if options.action is None:
        options.parser.print_help(sys.stderr)
        sys.exit(USAGE)
    options.action(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="npu",
        description="PyTorch models on an NPU: compile, prove on Spike, simulate.",
        epilog="npu-opt runs single passes, togsim simulates a graph file alone.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=command.ShowVersion)
    parser.set_defaults(action=None, parser=parser)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    _add_run(commands.add_parser("run", help="compile, check on Spike and simulate a program"))
    _add_validate(
        commands.add_parser("validate", help="compare simulated cycles with measured ones")
    )
    config = commands.add_parser(
        "config",
        help="show the machine descriptions",
        description="Shows the machine descriptions.",
    )
    config.set_defaults(parser=config)
    kinds = config.add_subparsers(metavar="WHAT", title="what to show")
    show = kinds.add_parser(
        "show",
        help="print the effective machine as YAML",
        description="Prints a machine as YAML, every key with the value that it has.",
    )
    machine = show.add_argument("machine", help="name of a shipped machine, or path of a YAML file")
    names_or_files(machine, machines)
    show.set_defaults(action=_config_show)
    listing = kinds.add_parser(
        "list",
        help="print the names of the shipped machines",
        description="Prints the names of the shipped machines.",
    )
    listing.set_defaults(action=_config_list)
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.description = "Compiles a program, proves its values on Spike and simulates its cycles."
    run.epilog = FILES_HELP
    program = run.add_argument(
        "program",
        help="a Python file with `model` and `inputs`, a linalg-on-tensors .mlir file, or a "
        "workload such as gemm_1024x1024x1024",
    )
    names_or_files(program, _workloads)
    config = run.add_argument(
        "--config",
        default="tpuv3",
        metavar="MACHINE",
        help="name of a shipped machine or path of a YAML file (default: tpuv3)",
    )
    names_or_files(config, machines)
    run.add_argument("--json", type=output_path, metavar="FILE", help="write the report here too")
    run.add_argument(
        "--dump",
        type=folder_path,
        metavar="FOLDER",
        help="where log, JSON, every stage's IR and the assembly of tile functions go (default: "
        "npu-out/NAME, without the assembly)",
    )
    run.add_argument("--no-functional", action="store_true", help="skip Spike and the check")
    run.add_argument("--no-timing", action="store_true", help="skip the simulation")
    run.add_argument(
        "--conv-strategy",
        choices=("auto", "taps", "row", "folded"),
        default="auto",
        help="how convolutions meet the arrays (docs/mapping.md; default: auto, the best estimate)",
    )
    run.add_argument(
        "--no-join",
        action="store_true",
        help="no kernels of several contractions, not even where that gains (docs/mapping.md)",
    )
    _add_mode(run)
    run.add_argument(
        "--calibration",
        type=input_path,
        metavar="FILE.yaml",
        help="say what a calibration makes of the cycles (docs/accuracy.md)",
    )
    add_simulation_options(run)
    run.set_defaults(action=_run)


def _add_mode(parser: argparse.ArgumentParser) -> None:
    mode = parser.add_argument(
        "--mode",
        default="",
        metavar="MODE",
        help="compile as another compiler does: xla-tpu (docs/accuracy.md; default: our best)",
    )
    names_or_files(mode, _modes)


def _run(options: argparse.Namespace) -> None:
    from npu.frontend.run import run_command  # noqa: PLC0415 (config commands stay quick)

    useless = asked_for(options)
    if options.no_timing and useless is not None:
        raise UserError(
            f"{useless}: is for the simulation, which --no-timing skips; drop one of them"
        )
    if options.no_timing and options.calibration is not None:
        raise UserError(
            "--calibration: is for cycles, which --no-timing does not simulate; drop one of them"
        )
    run_command(
        options.program,
        options.config,
        json_path=options.json,
        folder=options.dump,
        functional=not options.no_functional,
        timing=not options.no_timing,
        conv_strategy=options.conv_strategy,
        join=not options.no_join,
        mode=options.mode,
        calibration=options.calibration,
        simulation=simulation_options(options),
    )


def _add_validate(validate: argparse.ArgumentParser) -> None:
    validate.description = (
        "Simulates every row of tables of measured cycles, and shows the errors (docs/accuracy.md)."
    )
    validate.epilog = FILES_HELP
    validate.add_argument(
        "files",
        nargs="*",
        type=input_path,
        metavar="FILE.csv",
        help="tables with the columns workload and cycles or MACHINE_cycles (default: the shipped)",
    )
    config = validate.add_argument(
        "--config",
        metavar="MACHINE",
        help="name of a shipped machine or path of a YAML file (default: as the tables say)",
    )
    names_or_files(config, machines)
    validate.add_argument(
        "--jobs", type=_count, metavar="N", help="rows run at a time (default: processors)"
    )
    validate.add_argument("--json", type=output_path, metavar="FILE", help="write the figures here")
    validate.add_argument("--plot", type=output_path, metavar="FILE", help="write an SVG here")
    validate.add_argument(
        "--page", type=output_path, metavar="FILE", help="write a page in Markdown here"
    )
    _add_mode(validate)
    validate.add_argument(
        "--calibration",
        type=input_path,
        action="append",
        default=[],
        metavar="FILE.yaml",
        help="apply a calibration to the rows of its machine, in a column of its own",
    )
    validate.add_argument(
        "--calibrate",
        type=output_path,
        metavar="FILE.yaml",
        help="write the launch time that suits the rows of one machine best",
    )
    validate.set_defaults(action=_validate)


def _count(text: str) -> int:
    """A number of at least 1."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1; got {text!r}")
    return int(text)


def _validate(options: argparse.Namespace) -> None:
    from npu.frontend.validation.command import Options, validate_command  # noqa: PLC0415 (as above)

    validate_command(
        Options(
            tuple(options.files),
            options.config,
            options.jobs or os.cpu_count() or 1,
            options.json,
            options.plot,
            options.page,
            options.mode,
            tuple(options.calibration),
            options.calibrate,
        )
    )


def _modes() -> Iterable[str]:
    from npu.passes.modes import MODES  # noqa: PLC0415 (only for a shell that asks)

    return MODES


def _workloads() -> Iterable[str]:
    from npu.frontend.workloads.forms import BEGINNINGS  # noqa: PLC0415 (only for a shell that asks)

    return BEGINNINGS


def _config_show(options: argparse.Namespace) -> None:
    import yaml  # noqa: PLC0415 (only here)

    from npu.configs.effective import effective  # noqa: PLC0415 (as above)
    from npu.configs.loader import load  # noqa: PLC0415 (as above)

    print(yaml.safe_dump(effective(load(options.machine)), sort_keys=False), end="")


def _config_list(_options: argparse.Namespace) -> None:
    from npu.configs.loader import shipped_names  # noqa: PLC0415 (only here)

    print("\n".join(shipped_names()))


if __name__ == "__main__":
    main()
