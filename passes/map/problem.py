"""What is to be mapped: loops, operands, stages and a machine, as plain data without IR.

`of_group.py` makes one of a group. Dimensions, operands and stages have names, which a `Mapping`
(`npu.dialects.mapping`) uses; within a problem they are numbers, their positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from npu.passes.group.fold import Fold
from npu.passes.map.device import Device
from npu.passes.map.footprint import Operand, Role

MAX_ROW_LOOPS = 3
"""Leading dimensions of a matmul's rows (rule X1 of `npu.matmul`)."""


class Kind(Enum):
    """What a dimension is to the group."""

    BATCH = "batch"
    """Of both operands of a contraction and its result."""
    M = "m"
    """Of the rows of a contraction and its result."""
    N = "n"
    """Of the weights of a contraction and its result."""
    K = "k"
    """Of both operands of a contraction: summed."""
    TAP = "tap"
    """Summed, and moves a window of the rows."""
    PARALLEL = "parallel"
    """Of a vector group: iterations are independent."""
    REDUCED = "reduced"
    """Of a vector group: reduced by one operation at least."""

    @property
    def is_summed(self) -> bool:
        """Whether iterations add to one another."""
        return self in (Kind.K, Kind.TAP, Kind.REDUCED)


@dataclass(frozen=True)
class Dim:
    """A dimension of the group's iteration space."""

    name: str
    extent: int
    kind: Kind
    is_single: bool = False
    """Whether a tile holds one iteration of it."""


@dataclass(frozen=True)
class VectorOp:
    """One operation of vector code, as far as its cycles depend on it."""

    dims: tuple[int, ...]
    """The dimensions that it walks."""
    instructions: float
    """Vector instructions of one strip: of its body, its loads and its store."""
    gathers: bool
    """Whether it sums the innermost dimension, so that lanes are added up for each line."""
    is_one_run: bool
    """Whether all its operands are whole tiles in one order, so that lines join."""


@dataclass(frozen=True)
class Stage:
    """Work that runs together, within loops of its own inside of the parallel ones."""

    name: str
    loops: tuple[int, ...] = ()
    """The dimensions over whose tiles it goes alone: summed ones, of a tree all but the trunk's."""
    operands: tuple[int, ...] = ()
    """What it touches, in the order of the loads."""
    is_on_arrays: bool = False
    vector_ops: tuple[VectorOp, ...] = ()


@dataclass(frozen=True)
class Product:
    """The dimensions of the contraction of one stage of a tree, by role."""

    batch: tuple[int, ...]
    m: tuple[int, ...]
    n: tuple[int, ...]
    k: tuple[int, ...]

    @property
    def tailed(self) -> tuple[int, ...]:
        """The dimensions whose last tile may be shorter."""
        return (*self.m[-MAX_ROW_LOOPS:], *self.n[-1:], *self.k[-1:])


@dataclass(frozen=True)
class Branches:
    """What makes a group a tree of stages (`npu.passes.group.tree`)."""

    trunk: tuple[int, ...]
    """The dimensions that every stage walks and none sums, outermost first."""
    own: tuple[int, ...]
    """Those of one stage alone."""
    products: tuple[Product, ...]

    def walked(self, dim: int) -> bool:
        """Whether an array holds several elements of a dimension, as columns or rows of weights."""
        return any(dim in (*one.n[-1:], *one.k[-1:]) for one in self.products)

    def may_have_tail(self, dim: int) -> bool:
        """Whether the last tile of a dimension may be shorter."""
        walking = [p for p in self.products if dim in (*p.batch, *p.m, *p.n, *p.k)]
        return all(dim in one.tailed for one in walking)


@dataclass(frozen=True)
class Problem:
    """A group to map onto a machine."""

    dims: tuple[Dim, ...]
    operands: tuple[Operand, ...]
    stages: tuple[Stage, ...]
    """In the order in which they run."""
    device: Device
    memory_order: tuple[int, ...]
    """All dimensions as they lie in the scratchpad, outermost first."""
    fold: Fold | str = "it is no convolution"
    """Taps that arrays of this size can hold side by side, or why there are none."""
    is_windowed: bool = False
    """Whether it is a convolution on the arrays, so that it takes a strategy."""
    branches: Branches | None = None
    """Of a group of several stages with contractions."""
    cuts_rows: bool = False
    """Whether the stages of a vector group are sweeps, so that summed dimensions may be cut."""

    @cached_property
    def extents(self) -> tuple[int, ...]:
        """Elements of each dimension."""
        return tuple(dim.extent for dim in self.dims)

    @cached_property
    def trunk(self) -> tuple[int, ...]:
        """The dimensions whose loops stand around all stages."""
        return self.parallel if self.branches is None else self.branches.trunk

    @cached_property
    def batch(self) -> tuple[int, ...]:
        """The batches of a contraction."""
        return self._of(Kind.BATCH)

    @cached_property
    def m(self) -> tuple[int, ...]:
        """The rows of a contraction, outermost first."""
        return self._of(Kind.M)

    @cached_property
    def n(self) -> tuple[int, ...]:
        """The columns of a contraction, outermost first."""
        return self._of(Kind.N)

    @cached_property
    def taps(self) -> tuple[int, ...]:
        """The summed dimensions of a convolution that move its window."""
        return self._of(Kind.TAP)

    @cached_property
    def k(self) -> tuple[int, ...]:
        """The summed dimensions of a contraction, taps first."""
        return (*self.taps, *self._of(Kind.K))

    @cached_property
    def parallel(self) -> tuple[int, ...]:
        """Dimensions that are not summed."""
        return tuple(d for d, dim in enumerate(self.dims) if not dim.kind.is_summed)

    @cached_property
    def summed(self) -> tuple[int, ...]:
        """Dimensions that are summed or reduced."""
        return tuple(d for d, dim in enumerate(self.dims) if dim.kind.is_summed)

    @property
    def is_contraction(self) -> bool:
        """Whether a stage runs on the arrays."""
        return self.stages[0].is_on_arrays

    @cached_property
    def passes(self) -> int:
        """How often weights and rows of its contractions' types pass through the arrays."""
        weights = [o.type for o in self.operands if o.role is Role.WEIGHTS]
        return max((self.device.array_passes.of(one) for one in weights), default=1)

    @property
    def accumulator(self) -> int | None:
        """The operand that the arrays write."""
        return self.stages[0].operands[-1] if self.is_contraction else None

    @cached_property
    def has_walked_k(self) -> bool:
        """Whether an array holds several elements of the last k: not if that one is a tap, too."""
        return self.dims[self.k[-1]].kind is Kind.K

    @cached_property
    def walked(self) -> tuple[int, ...]:
        """The dimensions whose elements an array holds: the last n and the last k."""
        return self.n[-1:] + (self.k[-1:] if self.has_walked_k else ())

    def _of(self, kind: Kind) -> tuple[int, ...]:
        return tuple(d for d in self.memory_order if self.dims[d].kind is kind)

    def operand(self, role: Role) -> Operand:
        """The one operand of a role."""
        return next(o for o in self.operands if o.role is role)
