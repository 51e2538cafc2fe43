"""Where a node of an exported graph comes from: the operator the user called, and its line."""

from __future__ import annotations

import linecache
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.fx import Node

FRAME = re.compile(r'File "([^"]+)", line (\d+), in [^\n]*')
TORCH_FOLDER = str(Path(torch.__file__).parent)


@dataclass(frozen=True)
class Origin:
    """One PyTorch call."""

    torch_op: str
    """The operator as the user called it, without overload: ``aten.linear``."""

    file: str
    """Path of the Python file; empty when PyTorch did not record one."""

    line: int
    """Line in that file, 0 when unknown."""

    module: str = ""
    """The path of the module that called it, `encoder.0.norm`, where the line is PyTorch's own."""

    @property
    def code(self) -> str:
        """The text of the line, stripped."""
        linecache.checkcache(self.file)
        return linecache.getline(self.file, self.line).strip() if self.file else ""

    @property
    def where(self) -> str:
        """``file:line`` for messages."""
        return f"{self.file}:{self.line}" if self.file else "(PyTorch recorded no source line)"

    @property
    def short(self) -> str:
        """``file:line`` without folders, and the module if there is one; empty without a file."""
        line = f"{Path(self.file).name}:{self.line}" if self.file else ""
        return f"{line} in module {self.module}" if line and self.module else line

    @property
    def place(self) -> str:
        """``file:line: code`` for messages."""
        return f"{self.where}: {self.code}" if self.code else self.where


def origin_of(node: Node) -> Origin:
    """The origin of ``node``, looking through decompositions to the operator first exported."""
    file, line = _user_frame(node.meta.get("stack_trace") or "")
    is_users = file and not file.startswith(TORCH_FOLDER)
    return Origin(short_name(_first_target(node)), file, line, "" if is_users else _module(node))


def short_name(target: str) -> str:
    """``aten.add.Tensor`` -> ``aten.add``."""
    parts = target.split(".")
    return ".".join(parts[:2]) if len(parts) > 2 else target


def _first_target(node: Node) -> str:
    """Name of the operator the node came from, before any decomposition."""
    sources = node.meta.get("from_node")
    if sources and sources[0].target:
        return str(sources[0].target)
    return str(node.target)


def _module(node: Node) -> str:
    """The path of the innermost module that the node was called in; empty for the model itself."""
    stack: dict[str, tuple[str, object]] = node.meta.get("nn_module_stack") or {}
    paths = [path for path, _ in stack.values()]
    return paths[-1] if paths else ""


def _user_frame(stack_trace: str) -> tuple[str, int]:
    """The innermost frame outside PyTorch itself, or the innermost one of all."""
    frames = [(file, int(line)) for file, line in FRAME.findall(stack_trace)]
    outside = [frame for frame in frames if not frame[0].startswith(TORCH_FOLDER)]
    chosen = outside or frames
    return chosen[-1] if chosen else ("", 0)
