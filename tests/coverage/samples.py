"""The operators that PyTorch is tested with, and samples of their arguments, as models with inputs.

The operator database is a part of the torch wheel. Of a sample's arguments the tensors, those in
lists and tuples too, become inputs of a model; all others are constants of it.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from npu.configs.errors import UserError

DTYPES = ("float32", "int32", "int64", "bool")
"""The types that samples are made of."""

SAMPLES = 5
"""Samples of each operator by default."""

SEED = 1234
"""Of every sample: whatever came before, it is the same."""


class Call(nn.Module):
    """A call of an operator, as a model of the tensors among its arguments."""

    def __init__(self, operator: Callable[..., Any], given: tuple[Any, ...]) -> None:
        """`given` is (positional arguments, arguments by name)."""
        super().__init__()
        leaves, self.form = tree_flatten(given)
        self.operator = operator
        self.constants = [None if isinstance(one, Tensor) else one for one in leaves]
        self.places = [i for i, one in enumerate(leaves) if isinstance(one, Tensor)]
        self.given = tuple(one for one in leaves if isinstance(one, Tensor))

    def __deepcopy__(self, _memo: dict[int, Any]) -> Call:
        """Itself: it has no weights, and some constants cannot be copied."""
        return self

    def forward(self, *inputs: Tensor) -> object:
        """The operator's result."""
        leaves = list(self.constants)
        for place, tensor in zip(self.places, inputs, strict=True):
            leaves[place] = tensor
        args, kwargs = tree_unflatten(leaves, self.form)
        return self.operator(*args, **kwargs)


@dataclass(frozen=True)
class Sample:
    """One call of an operator."""

    operator: str
    """Its full name in the database."""

    dtype: str
    number: int
    model: Call
    inputs: tuple[Tensor, ...]
    digest: str
    """Of the arguments as the database describes them: it changes with PyTorch's samples."""

    @property
    def name(self) -> str:
        """`nn.functional.linear, float32, sample 3`."""
        return f"{self.operator}, {self.dtype}, sample {self.number}"


@cache
def operators() -> dict[str, Any]:
    """PyTorch's operators by their full names, sorted.

    Raises UserError where the development tools are not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from torch.testing._internal.common_methods_invocations import op_db
    except ModuleNotFoundError as error:
        raise UserError(
            f"PyTorch's operator database needs the package {error.name!r}, one of the "
            "development tools: run `make build`"
        ) from error
    return {one.full_name: one for one in sorted(cast("list[Any]", op_db), key=_full_name)}


def _full_name(operator: Any) -> str:
    return operator.full_name


def takes(operator: str, dtype: str) -> bool:
    """Whether PyTorch's operator takes a type."""
    return operators()[operator].supports_dtype(getattr(torch, dtype), "cpu")


def samples_of(operator: str, dtype: str, most: int | None) -> Iterator[Sample]:
    """The first `most` samples (all of them with None) of an operator that takes the type."""
    found = operators()[operator]
    given = found.sample_inputs("cpu", getattr(torch, dtype), set_seed=False)
    for number in itertools.islice(itertools.count(), most):
        try:
            one = _next(given)
        except StopIteration:
            return
        digest = sha256(one.summary().encode()).hexdigest()
        model = Call(found.op, ((one.input, *one.args), dict(one.kwargs))).eval()
        yield Sample(operator, dtype, number, model, model.given, digest)


def _next(given: Iterator[Any]) -> Any:
    """The next sample; PyTorch's own seeding depends on the name of the test that runs."""
    from torch.testing._internal.common_utils import set_rng_seed

    set_rng_seed(SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return next(given)
