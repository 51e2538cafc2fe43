"""A program at stage 0 with the values it runs on: what every kind of source becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.typing import NDArray
from xdsl.dialects.builtin import ModuleOp

Array = NDArray[Any]
"""Of f32, i32 or bool."""


@dataclass(frozen=True)
class Argument:
    """One argument of ``@main``."""

    name: str
    """Name of the parameter, buffer or input, as PyTorch or the file names it."""

    make: Callable[[], Array]
    """Makes the values. A run without values never calls it: gigabytes are then not drawn."""

    is_input: bool
    """True for an input of the user's, False for a weight."""

    is_rounded: bool = False
    """True for a constant whose values were computed at import and rounded to float32."""

    type: str = "float32"
    """The type of its values where they come from; kernels have int32 for int64."""

    is_constant: bool = False
    """True for what was computed at import, from weights or from nothing."""

    @cached_property
    def value(self) -> Array:
        """Contiguous values, of the shape and the type of the tensor argument."""
        return self.make()


@dataclass(frozen=True)
class Change:
    """What the new value, that is a result, of a buffer or an input replaces."""

    name: str
    """Name of the buffer, parameter or input."""

    argument: int | None
    """Its position among the arguments; None for what is only written."""

    input: int | None = None
    """Which of the inputs it is; None for what is the model's own."""


@dataclass(frozen=True)
class Imported:
    """A program: text of stage 0, and values for each argument of ``@main`` in order."""

    source: str | ModuleOp
    """Stage 0 (see `npu.frontend.stage0.operations`): its text, or the verified module itself."""

    arguments: tuple[Argument, ...]
    """Values of all arguments, in the order of ``@main``."""

    output_types: tuple[str, ...]
    """The types that the source gives the tensors that ``@main`` returns."""

    changes: tuple[Change, ...] = ()
    """What the last results are new values of, in their order; the others are the source's own."""

    @cached_property
    def text(self) -> str:
        """MLIR of stage 0, as xDSL prints it."""
        return self.source if isinstance(self.source, str) else f"{self.source!s}\n"

    @property
    def input_positions(self) -> tuple[int, ...]:
        """Positions of the user's inputs among the arguments, in the order the model takes them."""
        return tuple(i for i, argument in enumerate(self.arguments) if argument.is_input)

    @property
    def rounded_positions(self) -> tuple[int, ...]:
        """Positions of the arguments that were rounded to float32 at import."""
        return tuple(i for i, argument in enumerate(self.arguments) if argument.is_rounded)

    @property
    def constant_positions(self) -> tuple[int, ...]:
        """Positions of the arguments that were computed at import."""
        return tuple(i for i, argument in enumerate(self.arguments) if argument.is_constant)

    @property
    def values(self) -> tuple[Array, ...]:
        """The argument values alone."""
        return tuple(argument.value for argument in self.arguments)


def constant_arguments(values: Sequence[Array], before: int = 0) -> tuple[Argument, ...]:
    """The arguments that hold constants of the program, behind ``before`` others that do."""
    return tuple(
        Argument(
            f"constant{before + i}", lambda value=value: value, is_input=False, is_constant=True
        )
        for i, value in enumerate(values)
    )
