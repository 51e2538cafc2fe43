"""The files a run leaves: every stage's text, numbered in order, and where log and JSON go."""

from pathlib import Path

from npu.configs.errors import UserError
from npu.runtime.compiler import LLVM_STAGE, CompiledProgram
from npu.togsim.result import write_whole

LOG_NAME = "togsim.log"
REPORT_NAME = "report.json"


def make_folder(path: Path) -> Path:
    """Makes sure a folder is there. Raises UserError when it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be made a folder for the results ({error.strerror}); expected a path "
            "where a folder may be made; choose another"
        ) from error
    return path


def check_file_place(path: Path) -> Path:
    """Makes sure that a file can be put at `path`, before hours of work. Raises UserError."""
    make_folder(path.parent)
    if path.is_dir():
        raise UserError(f"{path}: is a folder; expected the name of a file to write")
    return path


def write_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all. Raises UserError when it cannot be."""
    try:
        write_whole(path, text)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); expected room and permission for a "
            "file there; choose another folder"
        ) from error


def dump_stages(compiled: CompiledProgram, folder: Path) -> list[Path]:
    """Writes `NN-stage.mlir` for every stage and `NN-llvm.ll`; returns the paths in order."""
    paths: list[Path] = []
    for number, (stage, text) in enumerate(compiled.stages.items()):
        paths.append(folder / f"{number:02}-{stage}.mlir")
        write_text(paths[-1], text)
    paths.append(folder / f"{len(compiled.stages):02}-{LLVM_STAGE}.ll")
    write_text(paths[-1], compiled.ir(LLVM_STAGE))
    return paths
