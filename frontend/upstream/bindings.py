"""Upstream MLIR's Python bindings, which come without types: everything of theirs is `Any` here."""

from __future__ import annotations

from importlib import import_module
from typing import Any

ir: Any = import_module("torch_mlir.ir")
passmanager: Any = import_module("torch_mlir.passmanager")
execution_engine: Any = import_module("torch_mlir.execution_engine")
memrefs: Any = import_module("torch_mlir.runtime")
torch_dialect: Any = import_module("torch_mlir.dialects.torch")


def new_context() -> Any:
    """A context that knows upstream's dialects and torch's, and keeps unknown attributes."""
    context = ir.Context()
    torch_dialect.register_dialect(context)
    context.allow_unregistered_dialects = True
    context.enable_multithreading(False)
    return context
