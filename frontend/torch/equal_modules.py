"""Parts of a model that are equal but for the values of their weights, as the layers of an encoder.

Two modules are equal where their class, their attributes, their parameters' and buffers' types and
their parts are. An attribute is compared by value if it is a number, a text or a list of such, and
by identity otherwise, tensors that are no buffers among them. Modules with weights or parts that
occur elsewhere in the model, too, are equal to no other.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

LEAST_MODULES = 4
"""Modules in a part, itself among them, from which on it is worth to look for its equals."""

OWN = ("_parameters", "_buffers", "_modules")
"""Attributes that are looked at one by one."""

PLAIN = (bool, int, float, complex, str, bytes, type(None), torch.dtype, torch.device)

DEEPEST = 8
"""Lists in lists that are looked into; a list may hold itself."""


def equal_modules(model: nn.Module) -> dict[str, tuple[nn.Module, int]]:
    """The largest parts of ``model`` that have equals in it, by their paths.

    Each with a number that is that of its equals, too.
    """
    keys = _Keys(model)
    found: dict[str, tuple[nn.Module, int]] = {}

    def visit(module: nn.Module, path: str) -> None:
        for name, part in module.named_children():
            inside = f"{path}.{name}" if path else name
            if keys.has_equals(part):
                found[inside] = (part, keys.of[part])
            else:
                visit(part, inside)

    visit(model, "")
    return found


class _Keys:
    """What decides how each module computes, all but the values of its weights, as numbers."""

    def __init__(self, model: nn.Module) -> None:
        tensors = [
            *(value for _, value in model.named_parameters(remove_duplicate=False)),
            *(value for _, value in model.named_buffers(remove_duplicate=False)),
        ]
        named: Any = model.named_modules(remove_duplicate=False)
        modules: list[object] = [part for _, part in named]
        self._shared = {
            number
            for number, count in Counter(id(one) for one in (*tensors, *modules)).items()
            if count > 1
        }
        self._numbers: dict[object, int] = {}
        self.of: dict[nn.Module, int] = {}
        self._sizes: dict[nn.Module, int] = {}
        self._visit(model)
        self._counts = Counter(self.of.values())

    def has_equals(self, module: nn.Module) -> bool:
        """Whether a module is worth it, and equal to another one."""
        return self._sizes[module] >= LEAST_MODULES and self._counts[self.of[module]] > 1

    def _visit(self, module: nn.Module) -> int:
        if module not in self.of:
            parts = tuple((name, self._visit(part)) for name, part in module.named_children())
            self._sizes[module] = 1 + sum(self._sizes[part] for part in module.children())
            key = self._key(module, parts)
            self.of[module] = self._numbers.setdefault(key, len(self._numbers))
        return self.of[module]

    def _key(self, module: nn.Module, parts: tuple[tuple[str, int], ...]) -> object:
        own: dict[str, dict[str, Tensor | None]] = {name: vars(module)[name] for name in OWN}
        weights = {**own["_parameters"], **own["_buffers"]}
        every = (module, *module.children(), *weights.values())
        if any(id(one) in self._shared for one in every):
            return id(module)
        types = tuple((name, tensor_type(value)) for name, value in weights.items())
        others = {name: value for name, value in vars(module).items() if name not in OWN}
        return (type(module), parts, types, len(own["_parameters"]), _value(others))


def tensor_type(tensor: Tensor | None) -> object:
    """All of a weight but its values."""
    if tensor is None:
        return None
    kept = (tensor.dtype, tensor.device, tensor.layout, tensor.requires_grad)
    is_strided = tensor.layout is torch.strided
    return type(tensor), tuple(tensor.shape), tensor.stride() if is_strided else (), *kept


def _value(value: object, depth: int = 0) -> object:
    """What two values of an attribute have in common only if they mean the same."""
    if isinstance(value, PLAIN):
        return type(value), value
    inner = partial(_value, depth=depth + 1)
    if depth > DEEPEST:
        return "same", id(value)
    if type(value) in {dict, OrderedDict}:
        items = cast("dict[object, object]", value).items()
        return type(value), tuple((inner(name), inner(one)) for name, one in items)
    if type(value) in {set, frozenset}:
        return type(value), frozenset(map(inner, cast("set[object]", value)))
    if type(value) in {list, tuple}:
        return type(value), tuple(map(inner, cast("list[object]", value)))
    return "same", id(value)
