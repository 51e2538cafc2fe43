"""How often an element type passes through the arrays: the keys of `array_passes`.

An array multiplies numbers of few bits. Wider ones are sums of narrow parts, whose products are
added up: three passes of bf16 give nearly the digits of f32, six all of them (Henry, Tang and
Heinecke, "Leveraging the bfloat16 Artificial Intelligence Datatype", ARITH 2019; XLA's `bf16_6x`,
JAX's precision HIGHEST).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from npu.configs.errors import MachineError, Problem

MOST = 1000
"""More passes than any array needs: a larger figure was meant for something else."""


@dataclass(frozen=True)
class ArrayPasses:
    """Passes of weights and rows of each type; 0 is a type that the arrays do not take."""

    f32: int = 1
    """Passes of float32: weights and rows pass through an array so often, each time a row a cycle;
    0 says that arrays do not take the type."""

    bf16: int = 1
    """Passes of bfloat16; products are added up in float32."""

    f16: int = 1
    """Passes of float16; products are added up in float32."""

    def __post_init__(self) -> None:
        problems = [
            Problem(
                f"array_passes.{field.name}",
                f"is {getattr(self, field.name)!r}",
                f"a whole number from 0, for a type that is not taken, to {MOST}",
            )
            for field in fields(self)
            if not _valid(getattr(self, field.name))
        ]
        if not problems and not any(asdict(self).values()):
            problems = [Problem("array_passes.f32", "is 0, as all others", "a type that is taken")]
        if problems:
            raise MachineError(problems)

    def of(self, element: str) -> int:
        """Passes of an element type by its name in MLIR; 0 for one that is not taken."""
        return asdict(self).get(element, 0)

    @property
    def taken(self) -> tuple[str, ...]:
        """The types that the arrays take."""
        return tuple(name for name, passes in asdict(self).items() if passes)


def _valid(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST
