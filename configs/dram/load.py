"""A Ramulator 2 configuration file, of either style, to a `DramModel`."""

from __future__ import annotations

from pathlib import Path

from npu.configs.dram import style_2_0, style_2_1
from npu.configs.dram.model import DramModel
from npu.configs.errors import UserError
from npu.configs.faults import Faults
from npu.configs.section import Section
from npu.configs.text_file import read_text
from npu.configs.yaml.tree import parse_mapping

MAX_DEPTH = 9
"""Nesting of the deepest style: a list of commands in a constraint of a controller."""


def load_dram_model(path: str | Path) -> DramModel:
    """The model of the file at `path`. Raises `UserError` with file, line and mending."""
    where = Path(path)
    return parse_dram_model(read_text(where, "a Ramulator 2 configuration (YAML)"), str(where))


def parse_dram_model(text: str, file: str) -> DramModel:
    """The model that `text` describes; `file` names it in messages. Raises as `load_dram_model`."""
    tree = parse_mapping(text, file, "a Ramulator 2 configuration", "MemorySystem: ...", MAX_DEPTH)
    if "memory_system" not in tree.items and "MemorySystem" not in tree.items:
        raise UserError(
            f"{file}:{tree.line}: names no memory system; expected 'MemorySystem:' (the style of "
            "Ramulator 2.0) or 'memory_system:' (of 2.1)"
        )
    faults = Faults(file)
    root = Section(tree, "", faults)
    model: DramModel | None = None
    with faults.part():
        model = style_2_1.read(root) if "memory_system" in tree.items else style_2_0.read(root)
    faults.check()
    assert model is not None, "what has no model has a fault"
    return model
