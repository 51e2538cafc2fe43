"""The rules of a well-formed kernel: names, scopes, shapes of its loops and instructions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.togsim.graph import (
    MAX_DMA_RANK,
    MAX_NUMBER,
    MAX_RECTANGLE_RANK,
    Access,
    Buffer,
    Kernel,
    Load,
    Loop,
    Matmul,
    Node,
    Preload,
    Store,
    Vector,
    Wait,
)
from npu.togsim.graph.expr import Const, Expr, FloorDiv, Iv, Mod, Mul, walk
from npu.togsim.graph.pack import split_parallel
from npu.togsim.graph.validate_array import matmul_problem, preload_problem
from npu.togsim.graph.validate_transfer import dimension_problem, transfer_problem

MAX_SLOTS = 2**14
"""Slots of all buffers of a kernel: each is watched by each core, and two or three are usual."""


def check_kernel(kernel: Kernel, machine: Machine) -> None:
    """Raises UserError, naming the kernel and the place, when it breaks a rule."""
    _KernelCheck(kernel, machine).check()


class _KernelCheck:
    """Checks one kernel; remembers what is in scope on the way down."""

    def __init__(self, kernel: Kernel, machine: Machine) -> None:
        self.kernel = kernel
        self.machine = machine
        self.buffers = {buffer.name: buffer for buffer in kernel.buffers}
        self.functions = {function.name: function for function in kernel.functions}
        self.ivs: dict[str, tuple[int, int]] = {}
        """First and last value of the loops around."""
        self.reached = True
        """Whether every loop around has an iteration."""
        self.tokens: set[str] = set()
        self.weights: Preload | None = None

    def fail(self, message: str) -> UserError:
        return UserError(f"kernel '{self.kernel.name}': {message}")

    def check(self) -> None:
        self.check_unique("buffer", [b.name for b in self.kernel.buffers])
        self.check_unique("tile function", [f.name for f in self.kernel.functions])
        for buffer in self.kernel.buffers:
            self.check_buffer(buffer)
        slots = sum(buffer.slots for buffer in self.kernel.buffers)
        if slots > MAX_SLOTS:
            raise self.fail(f"its buffers have {slots} slots; expected at most {MAX_SLOTS}")
        self.check_functions()
        shared, parallel, body = split_parallel(self.kernel.body)
        self.check_nodes(shared)
        for loop in parallel:
            self.enter(loop)
        self.check_nodes(body)

    def check_unique(self, what: str, names: Sequence[str]) -> None:
        for name in names:
            if names.count(name) > 1:
                raise self.fail(f"two {what}s are named '{name}'; expected different names")

    def check_buffer(self, buffer: Buffer) -> None:
        where = f"buffer '{buffer.name}'"
        if not 1 <= len(buffer.shape) <= MAX_RECTANGLE_RANK:
            raise self.fail(
                f"{where} has {len(buffer.shape)} dimensions; expected 1 to {MAX_RECTANGLE_RANK}"
            )
        if min(buffer.slots, buffer.element_bytes, *buffer.shape) < 1 or buffer.offset < 0:
            raise self.fail(
                f"{where} has {buffer.slots} slots of shape {buffer.shape} at {buffer.offset}; "
                "expected positive slots, element size and shape, and an offset not below 0"
            )
        end = buffer.offset + buffer.slots * buffer.slot_bytes
        if end > self.machine.spad_bytes:
            raise self.fail(
                f"{where} ends at byte {end:,} of the scratchpad, which has "
                f"{self.machine.spad_bytes:,} bytes "
                f"({self.machine.vpu_num_lanes} lanes x {self.machine.vpu_spad_size_kb_per_lane} "
                "KB); use smaller tiles or fewer slots"
            )

    def check_functions(self) -> None:
        for function in self.kernel.functions:
            for sizes, cycles in function.cases.items():
                if not 1 <= cycles <= MAX_NUMBER:
                    raise self.fail(
                        f"tile function '{function.name}' takes {cycles} cycles for sizes {sizes}; "
                        "expected 1 to 2^40"
                    )

    def enter(self, loop: Loop) -> None:
        if loop.step < 1:
            raise self.fail(f"loop '{loop.iv}' has step {loop.step}; expected at least 1")
        if max(abs(loop.lower), abs(loop.upper), loop.step) > MAX_NUMBER:
            raise self.fail(
                f"loop '{loop.iv}' from {loop.lower} to {loop.upper} step {loop.step}; "
                "expected bounds and a step of at most 2^40"
            )
        if loop.iv in self.ivs:
            raise self.fail(f"loop '{loop.iv}' stands in a loop of that name; rename one")
        trips = -(-(loop.upper - loop.lower) // loop.step)
        self.reached = self.reached and trips > 0
        self.ivs[loop.iv] = loop.lower, loop.lower + max(0, trips - 1) * loop.step

    def check_nodes(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self.check_node(node)

    def check_node(self, node: Node) -> None:
        match node:
            case Loop():
                self.check_loop(node)
            case Load():
                self.check_transfer(node, node.writes)
            case Store():
                self.check_transfer(node, node.reads)
            case Wait(token):
                self.check_token(f"a wait on '{token}'", token)
            case Preload():
                self.check_preload(node)
            case Matmul():
                self.check_matmul(node)
            case Vector():
                self.check_vector(node)

    def check_token(self, what: str, token: str) -> None:
        if token not in self.tokens:
            raise self.fail(
                f"{what} comes before any transfer of that token; "
                f"tokens so far: {sorted(self.tokens)}"
            )

    def check_preload(self, node: Preload) -> None:
        self.check_exprs((node.rows, node.cols))
        self.check_access(node.reads)
        problem = preload_problem(node, self.machine.vpu_num_lanes, self.machine.array_passes)
        if problem is not None:
            raise self.fail(problem)
        self.weights = node

    def check_matmul(self, node: Matmul) -> None:
        if self.weights is None:
            raise self.fail("a matmul comes before any preload; it has no weights to use")
        self.check_exprs((node.rows,))
        self.check_access(node.reads)
        self.check_access(node.writes)
        problem = matmul_problem(node, self.weights)
        if problem is not None:
            raise self.fail(problem)

    def check_loop(self, loop: Loop) -> None:
        if loop.parallel:
            raise self.fail(
                f"parallel loop '{loop.iv}' is not outermost; expected parallel loops one "
                "directly in the other, last in the kernel, and only shared work ahead of them"
            )
        reached = self.reached
        self.enter(loop)
        self.check_nodes(loop.body)
        del self.ivs[loop.iv]
        self.reached = reached

    def check_transfer(self, node: Load | Store, access: Access) -> None:
        where = f"{type(node).__name__.lower()} '{node.token}'"
        if not 0 <= node.tensor < len(self.kernel.arguments):
            raise self.fail(
                f"{where} uses argument {node.tensor}; "
                f"expected a number below {len(self.kernel.arguments)}"
            )
        if len(node.dims) > MAX_DMA_RANK:
            raise self.fail(
                f"{where} has {len(node.dims)} dimensions; expected at most {MAX_DMA_RANK}"
            )
        if node.element_bytes < 1:
            raise self.fail(
                f"{where} has element size {node.element_bytes}; expected at least 1 byte"
            )
        for number, dim in enumerate(node.dims):
            problem = dimension_problem(dim)
            if problem is not None:
                raise self.fail(f"{where}: dimension {number} {problem}")
            self.check_exprs((dim.size, *(() if dim.bounds is None else (dim.bounds.first,))))
        self.check_indices(where, node)
        self.check_exprs((node.offset,))
        self.check_access(access)
        for token in node.after:
            self.check_token(f"{where} after '{token}'", token)
        self.tokens.add(node.token)
        if not self.reached:
            return
        problem = transfer_problem(node, access, self.buffers[access.buffer], self.ivs)
        if problem is not None:
            raise self.fail(f"{where} {problem}")

    def check_indices(self, where: str, node: Load | Store) -> None:
        """One dimension at most has indices, and then there is a rectangle of them."""
        found = [dim.indices for dim in node.dims if dim.indices is not None]
        if len(found) != (0 if node.indices is None else 1):
            raise self.fail(
                f"{where} has {len(found)} dimensions with indices; expected one and the rectangle "
                "of its indices, or none of both"
            )
        for indices in found:
            if not 0 <= indices.argument < len(self.kernel.arguments):
                raise self.fail(
                    f"{where} has indices in argument {indices.argument}; "
                    f"expected a number below {len(self.kernel.arguments)}"
                )
            self.check_exprs((indices.first,))
        if node.indices is not None:
            self.check_access(node.indices)
        if isinstance(node, Store) and node.combines and not found:
            raise self.fail(f"{where} combines without indices; expected a scatter")

    def check_vector(self, node: Vector) -> None:
        if node.function not in self.functions:
            raise self.fail(
                f"tile function '{node.function}' is not in the kernel's table; "
                f"known: {sorted(self.functions)}"
            )
        self.check_exprs(node.sizes)
        for access in (*node.reads, *node.writes):
            self.check_access(access)

    def check_access(self, access: Access) -> None:
        buffer = self.buffers.get(access.buffer)
        if buffer is None:
            raise self.fail(
                f"buffer '{access.buffer}' does not exist; known: {sorted(self.buffers)}"
            )
        rank = len(buffer.shape)
        if len(access.lo) != rank or len(access.size) != rank:
            raise self.fail(
                f"an access of buffer '{access.buffer}' has {len(access.lo)} offsets and "
                f"{len(access.size)} sizes; expected {rank} of each"
            )
        self.check_exprs((access.slot, *access.lo, *access.size))

    def check_exprs(self, exprs: Iterable[Expr]) -> None:
        for expr in exprs:
            for part in walk(expr):
                self.check_expr(part)

    def check_expr(self, expr: Expr) -> None:
        match expr:
            case Iv(loop) if loop not in self.ivs:
                raise self.fail(
                    f"an expression uses '{loop}', which is no enclosing loop; "
                    f"enclosing: {list(self.ivs)}"
                )
            case FloorDiv(_, divisor) | Mod(_, divisor) if divisor < 1:
                raise self.fail(f"an expression divides by {divisor}; expected at least 1")
            case Const(number) | Mul(_, number) | FloorDiv(_, number) | Mod(_, number) if (
                abs(number) >= 2**63
            ):
                raise self.fail(f"the number {number} does not fit 64 bits; expected a smaller one")
            case _:
                return
