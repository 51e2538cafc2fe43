"""A Python file that defines ``model`` (nn.Module) and ``inputs`` (tuple of tensors)."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from torch import Tensor, nn

from npu.configs.errors import UserError
from npu.frontend.eager import expected
from npu.frontend.imported import Imported
from npu.frontend.torch.import_model import import_model
from npu.frontend.torch.torchvision_operators import torchvision_operators
from npu.frontend.user_code import EXPECTED, guarded, user_code
from npu.runtime.expected import Expected


def open_python(path: Path) -> tuple[Imported, Callable[[], Expected]]:
    """Import the model of the file, and return it with a function that runs it eagerly.

    Raises:
        UserError: the file fails, tries to end the program, lacks ``model`` or ``inputs``, or the
            model cannot be imported.
    """
    names = _execute(path)
    model, inputs = _model(path, names), _inputs(path, names)
    with guarded(path):
        program = import_model(model, inputs)

    def reference() -> Expected:
        with user_code(path):
            return expected(model, inputs, program.changes)

    return program, reference


def _execute(path: Path) -> dict[str, Any]:
    """Run the file in a fresh namespace, as ``python FILE`` would, with its folder importable."""
    folder = str(path.resolve().parent)
    before = list(sys.path)
    sys.path.insert(0, folder)
    try:
        with user_code(path), torchvision_operators():
            return runpy.run_path(str(path), run_name="__npu__")
    finally:
        with suppress(ValueError):  # the file has removed it
            sys.path.remove(folder)
        sys.path += [one for one in before if one not in sys.path]


def _model(path: Path, names: dict[str, Any]) -> nn.Module:
    if "model" not in names:
        raise UserError(f"{path}: `model` is not defined; {EXPECTED}")
    model: object = names["model"]
    if isinstance(model, nn.Module):
        return model
    if isinstance(model, type):
        raise UserError(
            f"{path}: `model` is the class {model.__name__}; "
            f"create it: model = {model.__name__}(...)"
        )
    raise UserError(f"{path}: `model` is a {_kind(model)}; {EXPECTED}")


def _inputs(path: Path, names: dict[str, Any]) -> tuple[Tensor, ...]:
    if "inputs" not in names:
        raise UserError(f"{path}: `inputs` is not defined; {EXPECTED}")
    inputs: object = names["inputs"]
    if isinstance(inputs, Tensor):
        raise UserError(f"{path}: `inputs` is one tensor; make it a tuple: inputs = (inputs,)")
    if not isinstance(inputs, tuple):
        raise UserError(f"{path}: `inputs` is a {_kind(inputs)}; {EXPECTED}")
    values = cast(tuple[object, ...], inputs)
    for i, value in enumerate(values):
        if not isinstance(value, Tensor):
            raise UserError(f"{path}: `inputs[{i}]` is a {_kind(value)}; {EXPECTED}")
    return cast(tuple[Tensor, ...], values)


def _kind(value: object) -> str:
    """Name of the type of ``value``, for messages."""
    return type(value).__name__
