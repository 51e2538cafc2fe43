"""`npu-opt`: runs passes on a file of any stage.

    npu-opt FILE -p 'npu-group,npu-map{machine=tpuv3},npu-tile{machine=tpuv3}'

It is xDSL's driver with our dialects and passes and with one difference: a mistake in the input
ends as one `error: ` message and exit status 1, never as a traceback. The IR is verified before
and after every pass.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import IO

from typing_extensions import override
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass
from xdsl.universe import Universe
from xdsl.utils.arg_spec import parse_pipeline
from xdsl.utils.exceptions import ArgSpecParseError, DiagnosticException, ParseError
from xdsl.xdsl_opt_main import xDSLOptMain

from npu.configs import command
from npu.configs.errors import UserError
from npu.configs.file_options import STANDARD_INPUT, output_path
from npu.configs.loader import machine_path
from npu.configs.near import did_you_mean
from npu.configs.output import write_output
from npu.configs.output.check import check_outputs, text_stream
from npu.configs.output.target import open_number
from npu.configs.short import reason, short
from npu.configs.streams import standard_input
from npu.dialects.excerpt import excerpt
from npu.dialects.places import place
from npu.dialects.read_module import read_module
from npu.passes.npu_opt_help import explain, option_default
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
        explain(arg_parser, self.available_passes)

    @override
    def setup_pipeline(self) -> None:
        check_passes(self.args.passes, self.available_passes)
        super().setup_pipeline()

    @override
    def prepare_input(self) -> tuple[list[tuple[IO[bytes], int]], str]:
        name = self.args.input_file
        path = None if name is None else Path(name)
        if path is None:
            standard_input()  # which must be open
        if path is not None and (path.is_dir() or not path.exists()):
            reason = "is a folder" if path.is_dir() else "no such file"
            raise UserError(f"{name}: {reason}; expected an .mlir file, or nothing for stdin")
        if path is not None and path.suffix != ".mlir" and self.args.frontend is None:
            if path.is_file() and open_number(path) is None:
                raise UserError(
                    f"{name}: expected a file whose name ends in .mlir; rename it, or add `-f mlir`"
                )
            self.args.frontend = "mlir"  # pipes and /dev/stdin have no ending
        try:
            return super().prepare_input()
        except OSError as error:
            raise UserError(
                f"{name}: cannot be read ({error.strerror}); expected an .mlir file"
            ) from error

    @override
    def parse_chunk(
        self, chunk: IO[bytes], file_extension: str, start_offset: int = 0
    ) -> ModuleOp | None:
        if file_extension != "mlir":
            return super().parse_chunk(chunk, file_extension, start_offset)
        with chunk:
            return read_module(self.ctx, chunk.read(), self.get_input_name(), 1 + start_offset)

    @override
    def apply_passes(self, prog: ModuleOp) -> None:
        try:
            super().apply_passes(prog)
        except DiagnosticException as error:
            if self.args.verify_diagnostics:
                raise
            broken = next(filter(_is_broken, prog.walk()), prog)
            raise UserError(f"{place(broken)}{excerpt(_with_place(error))}") from error

    @override
    def prepare_output(self) -> IO[str]:
        return sys.stdout if self.args.output_file is None else self._text

    @override
    def run(self) -> None:
        """Runs the passes; the file of `-o` is written when all went well."""
        if self.args.input_file == "-":
            self.args.input_file = None
        if self.args.output_file is None:
            super().run()
            return
        target = output_path(self.args.output_file)
        check_outputs([("-o", target)], self._files_read())
        self._text = _KeptText()
        with redirect_stdout(text_stream(target)):
            super().run()
        write_output(target, self._text.getvalue())

    def _files_read(self) -> Iterator[tuple[str, Path]]:
        name = self.args.input_file
        yield ("the input", STANDARD_INPUT if name is None else Path(name))
        for one in self.pipeline.passes:
            machine = getattr(one, "machine", None)
            if isinstance(machine, str) and machine:
                yield ("the machine", machine_path(machine))


class _KeptText(StringIO):
    """A text that is there after it was closed."""

    @override
    def close(self) -> None:
        pass


def main(args: Sequence[str] | None = None) -> None:
    """The `npu-opt` command; how it ends is told by `npu.configs.command`."""
    command.run(lambda: _main(args))


def _main(args: Sequence[str] | None) -> None:
    try:
        NpuOpt("npu-opt: passes of the NPU compiler on a file of any stage", args).run()
    except DiagnosticException as error:
        raise UserError(excerpt(_with_place(error))) from error
    except (ParseError, ArgSpecParseError) as error:
        raise UserError(excerpt(str(error).strip())) from error
    except ValueError as error:
        raise UserError(reason(error)) from error


def _is_broken(op: Operation) -> bool:
    """Whether an operation by itself breaks a rule."""
    try:
        op.verify(verify_nested_ops=False)
    except DiagnosticException:
        return True
    return False


def _with_place(error: DiagnosticException) -> str:
    """The diagnostic and the operation it is about, which xDSL underlines in a note."""
    message = str(error).strip()
    for note in getattr(error, "__notes__", []):
        lines = str(note).splitlines()
        marked = [i for i, line in enumerate(lines) if line.lstrip().startswith("^")]
        if marked and marked[0] > 0:
            return f"{message}\n  at: {lines[marked[0] - 1].strip()}"
    return message


def check_passes(spec: str, available: Mapping[str, Callable[[], type[ModulePass]]]) -> None:
    """Raises UserError for a pass of `spec` that does not exist or an option it does not take."""
    for one in parse_pipeline(spec):
        if one.name not in available:
            raise UserError(_no_pass(one.name, list(available)))
        kind = available[one.name]()
        try:
            kind.from_spec(one)
        except ValueError as error:
            known = ", ".join(f"{field.name}={option_default(field)}" for field in fields(kind))
            raise UserError(
                f"pass '{short(one)}': {reason(error)}; expected its options, here with their "
                f"defaults: {known or 'none'}"
            ) from error


def _no_pass(name: str, available: Sequence[str]) -> str:
    hint = did_you_mean(name, (*PASSES, *available))
    return (
        f"no pass is called '{short(name)}'; {f'{hint} ' if hint else ''}ours are "
        f"{', '.join(PASSES)}"
    )


if __name__ == "__main__":
    main()
