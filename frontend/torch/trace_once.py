"""Equal modules are traced once: calls of the others become copies of what the first one computes.

While PyTorch traces a model, marks stand at the borders of the first call, and each later call on
tensors of the same types is one mark:

    %in = enter([%x], 0) ; ...what the first computes of %in[0]... ; %out = leave([%y], 0)
    %again = again([%out[0]], [%out[0]], 0, "layers.1")

Behind the decompositions, `copied_calls` puts copies of the first call's nodes in the place of
``again``. The graph is that of a trace of everything.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from npu.frontend.torch.equal_modules import PLAIN, equal_modules, tensor_type

_library: Any = torch.library.Library("npu_trace", "DEF")
_library.define("enter(Tensor[] values, int call) -> Tensor[]")
_library.define("leave(Tensor[] values, int call) -> Tensor[]")
_library.define("again(Tensor[] values, Tensor[] likes, int call, str path) -> Tensor[]")

ENTER: Any = torch.ops.npu_trace.enter.default
LEAVE: Any = torch.ops.npu_trace.leave.default
AGAIN: Any = torch.ops.npu_trace.again.default


def _border(values: Sequence[Tensor], _call: int) -> list[Tensor]:
    """What comes out at a border: new tensors of the same types."""
    return [
        torch.empty_strided(one.shape, one.stride(), dtype=one.dtype, device=one.device)
        for one in values
    ]


def _again(
    _values: Sequence[Tensor], likes: Sequence[Tensor], call: int, _path: str
) -> list[Tensor]:
    """What comes out of a later call."""
    return _border(likes, call)


_register: Any = vars(torch.library)["register_fake"]
for _mark, _results in ((ENTER, _border), (LEAVE, _border), (AGAIN, _again)):
    _register(_mark, _results, lib=_library)


@dataclass(frozen=True)
class _Place:
    """Stands for the tensor of this number among what is given or returned."""

    number: int


@dataclass(frozen=True)
class _Values:
    """What is given to a module, or returned."""

    tensors: Sequence[Tensor]
    """Each once."""

    others: tuple[object, ...]
    """The leaves, with places instead of tensors."""

    form: TreeSpec

    @classmethod
    def of(cls, values: object) -> _Values:
        leaves, form = tree_flatten(values)
        tensors = list({id(one): one for one in leaves if isinstance(one, Tensor)}.values())
        places = {id(one): _Place(number) for number, one in enumerate(tensors)}
        return cls(tensors, tuple(places.get(id(one), one) for one in leaves), form)

    @property
    def is_plain(self) -> bool:
        """Whether there are tensors, and beside them only what values tell apart."""
        return bool(self.tensors) and all(isinstance(one, (_Place, *PLAIN)) for one in self.others)

    @property
    def kind(self) -> object:
        """What calls that compute the same have in common."""
        others = tuple((type(one), one) for one in self.others)
        return self.form, others, tuple(tensor_type(one) for one in self.tensors)

    def on(self, tensors: Sequence[Tensor]) -> Any:
        """The same with other tensors."""
        leaves = [tensors[one.number] if isinstance(one, _Place) else one for one in self.others]
        return tree_unflatten(leaves, self.form)


@dataclass(frozen=True)
class _First:
    """A call that was traced."""

    number: int
    returned: _Values


class Calls:
    """The calls of equal modules while a model is traced."""

    def __init__(self, model: nn.Module) -> None:
        self.parts = equal_modules(model)
        self.paths: dict[int, str] = {}
        """Of the module that each number called first."""
        self._known: dict[object, _First | None] = {}

    @contextmanager
    def marked(self) -> Generator[None]:
        """Inside, the modules mark their calls."""
        for path, (module, part) in self.parts.items():
            vars(module)["forward"] = partial(self._call, path, part, module.forward)
        try:
            yield
        finally:
            for module, _ in self.parts.values():
                del vars(module)["forward"]

    def _call(
        self, path: str, part: int, forward: Callable[..., object], *args: object, **kwargs: object
    ) -> object:
        given = _Values.of((args, kwargs))
        if not given.is_plain:
            return forward(*args, **kwargs)
        kind = (part, given.kind)
        if kind not in self._known:
            self._known[kind] = None
            return self._first(path, kind, forward, given)
        first = self._known[kind]
        if first is None:
            return forward(*args, **kwargs)
        likes = list(first.returned.tensors)
        return first.returned.on(AGAIN(given.tensors, likes, first.number, path))

    def _first(
        self, path: str, kind: object, forward: Callable[..., object], given: _Values
    ) -> object:
        number = len(self.paths)
        self.paths[number] = path
        args, kwargs = given.on(ENTER(given.tensors, number))
        returned = _Values.of(forward(*args, **kwargs))
        if not returned.is_plain:
            return returned.on(returned.tensors)
        marked = LEAVE(returned.tensors, number)
        self._known[kind] = _First(number, _Values(marked, returned.others, returned.form))
        return returned.on(marked)
