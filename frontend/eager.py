"""A model's outputs in eager PyTorch, in float32 and in float64."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from npu.configs.errors import UserError
from npu.frontend.imported import Array, Change
from npu.frontend.torch.arrays import as_floats, host_array, type_name
from npu.frontend.torch.stable_order import StableOrder
from npu.runtime.expected import Expected, Values

NO_MEMORY = "can't allocate memory"
"""What PyTorch says in the RuntimeError that it raises instead of MemoryError."""


def eager(
    model: nn.Module, inputs: tuple[Tensor, ...], changes: Sequence[Change] = ()
) -> list[Array]:
    """The model's outputs, as arrays in the order of the compiled program.

    Behind them, the new values of what ``changes`` says: the model and its inputs stay as they are.
    Raises UserError when PyTorch finds no memory for what it computes on the way.
    """
    return _arrays(_eager(model, inputs, changes))


def _arrays(outputs: Sequence[Tensor]) -> list[Array]:
    return [host_array(as_floats(value), f"output {i}") for i, value in enumerate(outputs)]


def _eager(model: nn.Module, inputs: tuple[Tensor, ...], changes: Sequence[Change]) -> list[Tensor]:
    """The model's outputs; it and its inputs stay as they are."""
    if changes:
        model, inputs = copy.deepcopy(model), tuple(map(copied, inputs))
    try:
        return _outputs(model, inputs, changes)
    except RuntimeError as error:
        if NO_MEMORY not in str(error):
            raise
        raise UserError(
            "eager PyTorch, whose outputs are the reference, finds no memory for what it computes; "
            "give --no-functional to simulate cycles without values, or choose smaller shapes"
        ) from error


def copied(x: Tensor) -> Tensor:
    """A copy, with the memory around it where `x` is a part of a larger tensor."""
    memory = x.untyped_storage().clone()
    return x.new_empty(0).set_(memory, x.storage_offset(), x.shape, x.stride())


def expected(
    model: nn.Module, inputs: tuple[Tensor, ...], changes: Sequence[Change] = ()
) -> Expected:
    """The outputs in float32, and in float64 where a copy of the model runs in that."""
    outputs = _eager(model, inputs, changes)
    singles, types = _arrays(outputs), [type_name(one.dtype) for one in outputs]
    try:
        doubles = _eager_double(model, inputs, changes, [one.dtype.kind == "f" for one in singles])
    except Exception as error:  # whatever forward() raises on types that it does not expect
        reason = (str(error).strip().splitlines() or [""])[0]
        why = f"the model does not run in float64: {type(error).__name__}: {reason}"
        return Expected("eager PyTorch", singles, None, why, types)
    if doubles is None:
        why = "the model converts to float32 itself"
        return Expected("eager PyTorch", singles, None, why, types)
    return Expected("eager PyTorch", singles, doubles, types=types)


def _eager_double(
    model: nn.Module,
    inputs: tuple[Tensor, ...],
    changes: Sequence[Change],
    is_float: Sequence[bool],
) -> Values | None:
    """The outputs of a copy in float64 on the same weights and inputs.

    None if one is not in float64 that ``is_float`` says to be of floats.
    """
    wide = copy.deepcopy(model).double()
    outputs = _outputs(wide, tuple(map(_double, inputs)), changes)
    outputs = [as_floats(value) for value in outputs]
    pairs = zip(outputs, is_float, strict=True)
    if any(each and value.dtype is not torch.float64 for value, each in pairs):
        return None
    return [value.detach().cpu().numpy() for value in outputs]


def _double(tensor: Tensor) -> Tensor:
    """A copy of twice the size of a tensor of floats or complex numbers, a plain one of another."""
    if tensor.is_complex():
        return tensor.to(torch.complex128)
    return tensor.double() if tensor.is_floating_point() else tensor.clone()


def _outputs(
    model: nn.Module, inputs: tuple[Tensor, ...], changes: Sequence[Change]
) -> list[Tensor]:
    """The tensors that the model returns, in the order in which torch.export lists them.

    Behind them, what has changed.
    """
    with torch.no_grad(), StableOrder():
        result: object = model(*inputs)
    returned = [leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)]
    return [*returned, *(_changed(model, inputs, change) for change in changes)]


def _changed(model: nn.Module, inputs: tuple[Tensor, ...], change: Change) -> Tensor:
    """What a buffer, parameter or input is now."""
    if change.input is not None:
        return inputs[change.input]
    found: object = model
    for name in change.name.split("."):
        found = getattr(found, name)
    assert isinstance(found, Tensor)
    return found
