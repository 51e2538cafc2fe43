"""A Ramulator 2 configuration file, of either style, to a `DramModel`."""

from __future__ import annotations

from pathlib import Path

from npu.configs.dram import style_2_0, style_2_1
from npu.configs.dram.model import DramModel
from npu.configs.dram.section import Section
from npu.configs.errors import UserError
from npu.configs.yaml_tree import parse_mapping

MAX_DEPTH = 9
"""Nesting of the deepest style: a list of commands in a constraint of a controller."""

MAX_BYTES = 1 << 20
"""A file of this kind has some kilobytes; a larger one is something else."""


def load_dram_model(path: str | Path) -> DramModel:
    """The model of the file at `path`. Raises `UserError` with file, line and mending."""
    where = Path(path)
    try:
        with where.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        text = data.decode("utf-8")
    except FileNotFoundError:
        raise UserError(
            f"{where}: no such file; expected a Ramulator 2 configuration (YAML)"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{where}: cannot be read ({error}); expected a Ramulator 2 configuration (YAML)"
        ) from error
    if len(data) > MAX_BYTES:
        raise UserError(
            f"{where}: is larger than {MAX_BYTES} bytes; expected a Ramulator 2 configuration"
        )
    return parse_dram_model(text, str(where))


def parse_dram_model(text: str, file: str) -> DramModel:
    """The model that `text` describes; `file` names it in messages. Raises as `load_dram_model`."""
    tree = parse_mapping(text, file, "a Ramulator 2 configuration", "MemorySystem: ...", MAX_DEPTH)
    root = Section(tree, "", file)
    if "memory_system" in tree.items:
        return style_2_1.read(root)
    if "MemorySystem" in tree.items:
        return style_2_0.read(root)
    raise UserError(
        f"{file}:{tree.line}: names no memory system; expected 'MemorySystem:' (the style of "
        "Ramulator 2.0) or 'memory_system:' (of 2.1)"
    )
