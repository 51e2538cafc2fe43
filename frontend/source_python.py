"""A Python file that defines ``model`` (nn.Module) and ``inputs`` (tuple of tensors)."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from npu.configs.errors import UserError
from npu.frontend.imported import Array, Imported
from npu.frontend.torch_import import import_model, to_array

EXPECTED = (
    "expected the file to define `model`, a torch.nn.Module, and `inputs`, "
    "a tuple of tensors to call it with"
)


def open_python(path: Path) -> tuple[Imported, Callable[[], list[Array]]]:
    """Import the model of the file, and return it with a function that runs it eagerly.

    Raises:
        UserError: the file fails, lacks ``model`` or ``inputs``, or the model cannot be imported.
    """
    names = _execute(path)
    model, inputs = _model(path, names), _inputs(path, names)
    return import_model(model, inputs), lambda: eager(model, inputs)


def eager(model: nn.Module, inputs: tuple[Tensor, ...]) -> list[Array]:
    """The model's outputs in eager PyTorch, as f32 arrays in the order of the compiled program."""
    with torch.no_grad():
        result: object = model(*inputs)
    return [to_array(value) for value in _flatten(result)]


def _flatten(result: object) -> list[Tensor]:
    """Tensors in ``result``, in the order in which torch.export lists them."""
    return [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]


def _execute(path: Path) -> dict[str, Any]:
    """Run the file in a fresh namespace, as ``python FILE`` would, with its folder importable."""
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        return runpy.run_path(str(path), run_name="__npu__")
    except SystemExit as error:
        raise UserError(
            f"{path}: the file ended the program (exit {error.code}); {EXPECTED}"
        ) from error
    except SyntaxError as error:
        where = f"{error.filename or path}{f':{error.lineno}' if error.lineno else ''}"
        raise UserError(f"{where}: SyntaxError: {error.msg}") from error
    except Exception as error:
        raise UserError(_failure(path, error)) from error
    finally:
        sys.path.remove(folder)


def _failure(path: Path, error: Exception) -> str:
    """Where in the user's file it failed, the line of code, and what Python said."""
    own = {str(path), str(path.resolve())}
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in own]
    said = "".join(traceback.format_exception_only(error)).strip()
    if not frames:
        return f"{path}: {said}"
    last = frames[-1]
    return f"{path}:{last.lineno}: {last.line}\n  {said}"


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
