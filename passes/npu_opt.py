"""`npu-opt`: runs passes on a file of any stage.

    npu-opt FILE -p 'npu-group,npu-map{machine=tpuv3},npu-tile{machine=tpuv3}'

It is xDSL's driver with our dialects and passes and with one difference: a mistake in the input
ends as one `error: ` message and exit status 1, never as a traceback. The IR is verified before
and after every pass.
"""

import argparse
import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from typing_extensions import override
from xdsl.universe import Universe
from xdsl.utils.arg_spec import parse_pipeline
from xdsl.utils.exceptions import ArgSpecParseError, DiagnosticException, ParseError
from xdsl.xdsl_opt_main import xDSLOptMain

from npu.configs import command
from npu.configs.errors import UserError
from npu.passes.universe import DIALECTS, PASSES


class NpuOpt(xDSLOptMain):
    """xDSL's driver over stock dialects and passes and ours."""

    version_format = f"npu-opt {command.version()} (xdsl {{xdsl_version}})"

    @override
    def register_all_dialects(self) -> None:
        dialects = {**Universe.get_multiverse().all_dialects, **DIALECTS}
        for name, factory in dialects.items():
            self.ctx.register_dialect(name, factory)

    @override
    def register_all_passes(self) -> None:
        for name, factory in {**Universe.get_multiverse().all_passes, **PASSES}.items():
            self.register_pass(name, factory)

    @override
    def register_all_arguments(self, arg_parser: argparse.ArgumentParser) -> None:
        super().register_all_arguments(arg_parser)
        arg_parser.prog = "npu-opt"
        arg_parser.epilog = f"passes of the NPU compiler: {', '.join(PASSES)}"

    @override
    def setup_pipeline(self) -> None:
        check_pass_names(self.args.passes, list(self.available_passes))
        super().setup_pipeline()

    @override
    def prepare_input(self) -> tuple[list[tuple[IO[bytes], int]], str]:
        name = self.args.input_file
        if name is not None and not Path(name).is_file():
            reason = "is a folder" if Path(name).is_dir() else "no such file"
            raise UserError(f"{name}: {reason}; expected an .mlir file, or nothing for stdin")
        if name is not None and Path(name).suffix != ".mlir" and self.args.frontend is None:
            raise UserError(
                f"{name}: expected a file whose name ends in .mlir; rename it, or add `-f mlir`"
            )
        return super().prepare_input()

    @override
    def run(self) -> None:
        """Runs the passes; the file of `-o` appears whole or not at all."""
        target: str | None = self.args.output_file
        if target is None:
            super().run()
            return
        aside = Path(f"{target}.{os.getpid()}.part")
        self.args.output_file = str(aside)
        try:
            aside.touch()
            super().run()
            os.replace(aside, target)
        except OSError as error:
            raise UserError(
                f"{target}: cannot be written ({error.strerror}); name a file in a folder that "
                "exists"
            ) from error
        finally:
            if aside.is_file():
                aside.unlink()


def main(args: Sequence[str] | None = None) -> None:
    """The `npu-opt` command; how it ends is told by `npu.configs.command`."""
    command.run(lambda: _main(args))


def _main(args: Sequence[str] | None) -> None:
    try:
        NpuOpt("npu-opt: passes of the NPU compiler on a file of any stage", args).run()
    except UnicodeDecodeError as error:
        raise UserError(f"the input is not text ({error}); expected MLIR in UTF-8") from error
    except (DiagnosticException, ParseError, ArgSpecParseError, ValueError) as error:
        raise UserError(str(error).strip()) from error


def check_pass_names(spec: str, available: Sequence[str]) -> None:
    """Raises UserError for a pass of `spec` that does not exist, with the nearest name."""
    for one in parse_pipeline(spec):
        if one.name in available:
            continue
        near = difflib.get_close_matches(one.name, available, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UserError(f"no pass is called '{one.name}'; {hint}ours are {', '.join(PASSES)}")


if __name__ == "__main__":
    main()
