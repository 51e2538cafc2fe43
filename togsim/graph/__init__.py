"""The tile-operation graph: what a program does, tile by tile, with its loops still rolled.

A `Program` is a list of launches of `Kernel`s on DRAM `Tensor`s. A kernel is a tree of loops over
DMA transfers, waits, and operations of the arrays and of the vector unit. Sizes and addresses are
expressions (`npu.togsim.graph.expr`) over the induction variables of the enclosing loops, so a
graph's size does not depend on trip counts. Buffers exist once in each core. `docs/timing-model.md`
says when each operation starts and ends; `npu.togsim.graph.validate` holds the rules of a
well-formed graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from npu.togsim.graph.expr import Add, Const, Expr, FloorDiv, Iv, Min, Mod, Mul, Product

__all__ = [
    "MAX_DMA_RANK",
    "MAX_NUMBER",
    "MAX_RECTANGLE_RANK",
    "VERSION",
    "Access",
    "Add",
    "Bounds",
    "Buffer",
    "Const",
    "DmaDim",
    "Expr",
    "FloorDiv",
    "IndexValues",
    "Indices",
    "Iv",
    "Kernel",
    "Launch",
    "Load",
    "Loop",
    "Matmul",
    "Min",
    "Mod",
    "Mul",
    "Node",
    "Preload",
    "Product",
    "Program",
    "Store",
    "Tensor",
    "TileFunction",
    "Vector",
    "Wait",
]

VERSION = 2
"""Version of this schema; a program of another version is refused.

2 added `queue`, `arrival_ns`, `priority` and `request` to `Launch`, moved `torch_ops` there from
`Kernel`, and added `DmaDim.bounds`, `Load.after`, `Store.after` and `Product`. It has indices, too,
which came later: a program without any is as it was."""

MAX_NUMBER = 2**40
"""Loop bounds, strides and cycles beyond this are refused, so that no sum of them overflows."""

MAX_DMA_RANK = 4
"""Dimensions of one DMA descriptor."""

MAX_RECTANGLE_RANK = 6
"""Dimensions of a buffer, slots not counted."""


@dataclass(frozen=True)
class Bounds:
    """Where a dimension of a walk lies in the tensor: element i is index `first + i * step`.

    It exists only where that is from 0 up to `extent`. What does not costs no DRAM request: it is
    filled on load and dropped on store.
    """

    first: Expr
    extent: int
    """Elements of the tensor in this dimension."""
    step: int = 1
    """Indices from one element to the next; negative backwards, 0 the same one again."""


@dataclass(frozen=True)
class Indices:
    """The indices of a dimension of a walk are data: element i is number `first + i` of them.

    They are what a launch has for the argument (`IndexValues`).
    """

    argument: int
    """Which argument of the kernel holds them."""
    first: Expr
    extent: int
    """Elements of the tensor in this dimension."""


@dataclass(frozen=True)
class DmaDim:
    """One dimension of the DRAM side of a transfer."""

    size: Expr
    """Elements, with those outside the bounds."""
    stride_bytes: int
    """Bytes from one element to the next, with the step; may be negative or 0."""
    bounds: Bounds | None = None
    """None where all elements exist."""
    indices: Indices | None = None
    """None where elements follow one another; else `stride_bytes` is that from index to index."""


@dataclass(frozen=True)
class Buffer:
    """A scratchpad buffer: `slots` copies of a row-major tile, one after the other."""

    name: str
    slots: int
    shape: tuple[int, ...]
    """Elements of one slot in each dimension."""
    element_bytes: int
    offset: int
    """Bytes from the start of the scratchpad; buffers may share bytes, which orders their uses."""

    @property
    def slot_bytes(self) -> int:
        """Bytes of one slot."""
        total = self.element_bytes
        for extent in self.shape:
            total *= extent
        return total


@dataclass(frozen=True)
class Access:
    """A rectangle of a buffer's slot: `size[d]` elements from `lo[d]` on in each dimension d."""

    buffer: str
    slot: Expr
    lo: tuple[Expr, ...]
    size: tuple[Expr, ...]


@dataclass(frozen=True)
class Loop:
    """`for iv in range(lower, upper, step): body`.

    Parallel loops stand outermost, one directly in the other, last in the kernel. Their iterations,
    enumerated with the last one fastest, are the work items; item w runs on core w mod `num_cores`.
    What stands ahead of them is shared by a core's items: each core that has one runs it once.
    """

    iv: str
    lower: int
    upper: int
    step: int
    body: tuple[Node, ...]
    parallel: bool = False


@dataclass(frozen=True)
class Load:
    """DRAM to scratchpad. `token` is ready when the last response has arrived."""

    token: str
    tensor: int
    """Which argument of the kernel."""
    offset: Expr
    """Bytes from the tensor's start to the first element, which bounds may leave outside."""
    dims: tuple[DmaDim, ...]
    """The DRAM side, outermost first, at most `MAX_DMA_RANK`."""
    element_bytes: int
    writes: Access
    after: tuple[str, ...] = ()
    """Tokens whose latest transfers must be complete before its first request leaves."""
    indices: Access | None = None
    """The rectangle of the indices of a gather."""


@dataclass(frozen=True)
class Store:
    """Scratchpad to DRAM. `token` is ready when the last request has been acknowledged."""

    token: str
    tensor: int
    offset: Expr
    dims: tuple[DmaDim, ...]
    element_bytes: int
    reads: Access
    after: tuple[str, ...] = ()
    indices: Access | None = None
    """The rectangle of the indices of a scatter, which waits for the scatter before it."""
    combines: bool = False
    """Whether it reads what is there, too: each of its requests comes as a read first."""


@dataclass(frozen=True)
class Wait:
    """Holds the execute queue until the latest transfer named `token` is complete."""

    token: str


@dataclass(frozen=True)
class Preload:
    """Brings `rows` x `cols` (k x n) weights into the next array of the rotation."""

    rows: Expr
    cols: Expr
    reads: Access
    element: str = "f32"
    """The type of the weights, and of the rows that they are multiplied with."""


@dataclass(frozen=True)
class Matmul:
    """Pushes `rows` (m) rows through the array that holds the weights of the latest `Preload`."""

    rows: Expr
    reads: Access
    """Bounds what is read: rows may stand apart, and may overlap, as those of a convolution do."""
    writes: Access
    """The accumulator rectangle: the last dimension, or the last ones together, is n."""


@dataclass(frozen=True)
class Vector:
    """One call of a tile function on the vector unit."""

    function: str
    sizes: tuple[Expr, ...]
    """The sizes that select the function's case."""
    reads: tuple[Access, ...]
    writes: tuple[Access, ...]


Node = Loop | Load | Store | Wait | Preload | Matmul | Vector


@dataclass(frozen=True)
class TileFunction:
    """Cycles of a tile function for each combination of sizes it is called with."""

    name: str
    cases: Mapping[tuple[int, ...], int]


@dataclass(frozen=True)
class Kernel:
    """A loop nest with its buffers; `arguments` are the names of its DRAM tensors."""

    name: str
    arguments: tuple[str, ...]
    buffers: tuple[Buffer, ...]
    functions: tuple[TileFunction, ...]
    body: tuple[Node, ...]


@dataclass(frozen=True)
class Tensor:
    """A range of DRAM."""

    name: str
    address: int
    bytes: int
    partition: int | None = None
    """NUMA partition that holds it; None: that of the core that touches it first
    (`npu.togsim.numa`)."""


@dataclass(frozen=True)
class IndexValues:
    """The indices that an argument of a kernel holds in one launch, in their order."""

    argument: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class Launch:
    """Runs kernel number `kernel` on tensors after the launches `after` have completed.

    `docs/scheduling.md` says when it starts and on which cores.
    """

    kernel: int
    tensors: tuple[int, ...]
    """For each argument of the kernel, the tensor's index."""
    after: tuple[int, ...] = ()
    """Indices of earlier launches."""
    queue: int = 0
    """The launch queue, below the machine's `num_partition`; its cores do the work items."""
    arrival_ns: int = 0
    """Nanoseconds from the start of the simulation; it does not start before."""
    priority: int = 0
    """A larger one goes first with `scheduler: priority`; may be negative."""
    request: str = ""
    """The request or model it belongs to: launches of one name are one run of a graph."""
    torch_ops: tuple[str, ...] = ()
    """The PyTorch operators that it computes."""
    torch_lines: tuple[str, ...] = ()
    """Where the user's source calls them: `mlp.py:12`."""
    indices: tuple[IndexValues, ...] = ()
    """Of each argument that holds indices of gathers or scatters, what they are."""
    indices_from: str = ""
    """Where they come from, for the report: a record, or a distribution."""


@dataclass(frozen=True)
class Program:
    """Everything one simulation runs."""

    version: int
    tensors: tuple[Tensor, ...]
    kernels: tuple[Kernel, ...]
    launches: tuple[Launch, ...]
