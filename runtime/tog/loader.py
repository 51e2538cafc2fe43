"""Tile-operation graphs to the simulator: from a file, a text, or a module in memory.

    program = load_tog("gemm.tog.mlir")
    result = simulate(program, load("tpuv3"))

Needs neither torch nor LLVM. See `npu.dialects.tog` for the text.
"""

from __future__ import annotations

from pathlib import Path

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from npu.configs.errors import UserError
from npu.dialects.tog import GraphOp
from npu.runtime.tog.program import program_of
from npu.runtime.tog.text import TogText, find_program
from npu.togsim.graph import Program


def load_tog(path: str | Path) -> Program:
    """The program of a text file. Raises UserError, with `file:line` where there is one."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such file; expected a tile-operation graph, as `npu run --dump` leaves it"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); expected a text file") from error
    return parse_tog(text, str(path))


def parse_tog(text: str, name: str = "<graph>") -> Program:
    """The program of a text; `name` stands for the file in messages. Raises UserError."""
    parsed = TogText(text, name)
    return program_of(parsed.module, parsed.where)


def load_module(module: ModuleOp) -> Program:
    """The program of a verified module, also one that holds its kernels too. Raises UserError."""
    return program_of(find_program(module, "the module"), _graph_around)


def _graph_around(op: Operation) -> str:
    """The graph an operation stands in: a module in memory has no lines."""
    around: Operation | None = op
    while around is not None and not isinstance(around, GraphOp):
        around = around.parent_op()
    return "the module" if around is None else f"graph @{around.sym_name.data}"
