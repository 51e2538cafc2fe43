"""The `npu` command: `npu run X`, `npu config show NAME`, `npu config list`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from npu.configs.effective import effective
from npu.configs.errors import UserError
from npu.configs.loader import load, shipped_names

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 + SIGINT, as shells have it."""


def main(args: Sequence[str] | None = None) -> None:
    """Runs the command; a user's mistake ends as one message and exit status 1."""
    options = _parser().parse_args(args)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        command(options)
    except UserError as error:
        _leave(f"error: {error}", 1)
    except BrokenPipeError:
        sys.exit(1)
    except KeyboardInterrupt:
        _leave("interrupted; what was finished stays in the cache, run again to go on", INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="npu", description="PyTorch models on an NPU: compile, prove on Spike, simulate."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="compile, check on Spike and simulate a program"))
    config = commands.add_parser("config", help="machine descriptions")
    kinds = config.add_subparsers(required=True, metavar="WHAT")
    show = kinds.add_parser("show", help="print the effective machine as YAML")
    show.add_argument("machine", help="name of a shipped machine, or path of a YAML file")
    show.set_defaults(command=_config_show)
    kinds.add_parser("list", help="names of the shipped machines").set_defaults(
        command=_config_list
    )
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "program",
        help="a Python file with `model` and `inputs`, a linalg-on-tensors .mlir file, or a "
        "workload such as gemm_1024x1024x1024",
    )
    run.add_argument("--config", default="tpuv3", help="machine: name or YAML path (tpuv3)")
    run.add_argument("--json", type=Path, help="write the result here")
    run.add_argument("--dump", type=Path, help="write log, JSON and every stage's IR here")
    run.add_argument("--no-functional", action="store_true", help="skip Spike and the check")
    run.add_argument("--no-timing", action="store_true", help="skip the simulation")
    run.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> None:
    from npu.frontend.run import run_command  # noqa: PLC0415 (config commands stay quick)

    run_command(
        options.program,
        options.config,
        json_path=options.json,
        folder=options.dump,
        functional=not options.no_functional,
        timing=not options.no_timing,
    )


def _config_show(options: argparse.Namespace) -> None:
    import yaml  # noqa: PLC0415 (only here)

    print(yaml.safe_dump(effective(load(options.machine)), sort_keys=False), end="")


def _config_list(_options: argparse.Namespace) -> None:
    print("\n".join(shipped_names()))


def _leave(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(status)


if __name__ == "__main__":
    main()
