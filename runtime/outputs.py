"""The files a run leaves: every stage's text, numbered in order, and where log and JSON go."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.configs.output import write_output
from npu.configs.output.check import Named, check_outputs
from npu.passes.pipeline import pipeline
from npu.runtime.compiler import LLVM_STAGE, STAGE_0, CompiledProgram

LISTING_NAME = "tile-functions.s"
"""The assembly of tile functions, in the folder of a run that was asked for one."""

LOG_NAME = "togsim.log"
REPORT_NAME = "report.json"
GRAPH_NAME = "graph.mlir"


def make_folder(path: Path) -> Path:
    """Makes sure a folder is there. Raises UserError when it cannot be."""
    try:
        Path(os.path.realpath(path)).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be made a folder for the results ({error.strerror}); expected a path "
            "where a folder may be made; choose another"
        ) from error
    return path


@dataclass(frozen=True)
class RunFiles:
    """The files that one run reads, and those that it is asked for."""

    read: Sequence[Named]
    json: Path | None
    trace: Path | None

    def check(self, left: Sequence[Path] = ()) -> None:
        """As `npu.configs.output.check` does, with the files `left` in the run's folder."""
        asked = [("--json", self.json), ("--trace", self.trace)]
        for _, path in asked:
            if path is not None:
                make_folder(path.parent)
        check_outputs([*(("--dump", one) for one in left), *asked], self.read)


def run_files(folder: Path, machine: Machine) -> list[Path]:
    """Every file that a run on `machine` may leave in its folder."""
    passes = pipeline("", machine.codegen_mapping_strategy)
    names = stage_files([STAGE_0, *(one.name for one in passes)])
    return [folder / name for name in (*names, LISTING_NAME, LOG_NAME, REPORT_NAME, GRAPH_NAME)]


def stage_files(stages: Iterable[str]) -> list[str]:
    """The names of the files of `stages`, and behind them that of the last, LLVM's."""
    names = [f"{number:02}-{stage}.mlir" for number, stage in enumerate(stages)]
    return [*names, f"{len(names):02}-{LLVM_STAGE}.ll"]


def dump_listing(compiled: CompiledProgram, folder: Path) -> Path:
    """Writes the annotated assembly of the tile functions; returns its path."""
    path = folder / LISTING_NAME
    write_output(path, compiled.listing())
    return path


def dump_stages(compiled: CompiledProgram, folder: Path) -> list[Path]:
    """Writes `NN-stage.mlir` for every stage and `NN-llvm.ll`; returns the paths in order."""
    paths = [folder / name for name in stage_files(compiled.stages)]
    for path, text in zip(paths, [*compiled.stages.values(), compiled.ir(LLVM_STAGE)], strict=True):
        write_output(path, text)
    return paths
