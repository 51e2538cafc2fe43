"""What ``npu run X`` accepts: a Python file, a linalg-on-tensors file, or a workload's name.

PyTorch is imported only for Python files; a workload starts without upstream MLIR as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from npu.configs.errors import UserError
from npu.frontend.imported import Argument, Imported
from npu.frontend.workloads.by_name import workload
from npu.frontend.workloads.forms import KNOWN
from npu.frontend.workspace import of_eager, of_upstream
from npu.runtime.expected import Expected

ENDINGS = (".py", ".mlir")


@dataclass(frozen=True)
class Source:
    """A program ready to compile, with values to run it on and a way to know the right outputs."""

    name: str
    """The workload's name, or the file's name without its ending."""

    program: Imported
    """Stage 0 and the values of all arguments."""

    reference: Callable[[], Expected] = field(repr=False, compare=False)
    """Computes the expected outputs: eager PyTorch in float32 and float64 for a model, numpy in
    float64 for a workload, upstream's own JIT on the original text, in float32, for an MLIR file.
    Nothing is computed until it is called."""

    workspace: int
    """Bytes that the reference surely takes, beside arguments."""

    is_kept: bool = False
    """Whether what is made of the program is kept, for runs that ask for cycles only."""

    @property
    def text(self) -> str:
        """MLIR of stage 0."""
        return self.program.text

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """All arguments of ``@main`` in order."""
        return self.program.arguments


MAX_NAME = 255
"""Bytes of a file's name, at most, on every system."""


def open_source(what: str) -> Source:
    """The program that ``what`` names: a path ending in .py or .mlir, or a workload.

    Raises:
        UserError: there is no such file or workload, or it cannot be taken.
    """
    path = Path(what)
    if path.suffix in ENDINGS:
        if not path.is_file():
            reason = "is a folder" if path.is_dir() else "does not exist"
            raise UserError(f"{what}: {reason}; expected a Python or MLIR file")
        return _open_file(path)
    if "/" in what or (len(what) <= MAX_NAME and path.exists()):
        raise UserError(
            f"{what}: expected a file ending in .py (model and inputs) or .mlir (linalg on "
            f"tensors), or the name of a workload such as {KNOWN[0]}"
        )
    found = workload(what)
    return Source(what, found.program, found.reference, found.workspace, found.is_kept)


def _open_file(path: Path) -> Source:
    if path.suffix == ".mlir":
        from npu.frontend.source_mlir import open_mlir  # noqa: PLC0415 - start-up time

        program, reference = open_mlir(path)
        return Source(_plain_name(path), program, reference, of_upstream(program.text))
    from npu.frontend.source_python import open_python  # noqa: PLC0415 - torch takes a second

    program, reference = open_python(path)
    return Source(_plain_name(path), program, reference, of_eager(program.text))


def _plain_name(path: Path) -> str:
    """The file's name without ending, in characters that names of kernels and files take."""
    return re.sub(r"\W+", "_", path.stem)
