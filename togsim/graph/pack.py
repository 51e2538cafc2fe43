"""Packs a program into 64-bit words for the C++ side; `src/unpack.cpp` reads them.

A list is its length and then its entries. In order:

- tensors: address, bytes, NUMA partition
- kernels: number of arguments, of induction variables, of tokens; then the lists
  - buffers: slots, element_bytes, offset, [shape]
  - functions: [cases: [sizes], cycles]
  - parallel loops: induction variable, lower, upper, step
  - number of code entries that run once, ahead of the first work item
  - code: opcode and its operands, loops as a begin and an end around their body
- launches: kernel, [tensors], [after], queue, arrival_ns, priority, number of the request
- only where there are any, indices: launch, argument, [values]

An expression is the list of its steps in postfix order, each an operation and an immediate.
Names travel beside: each kernel's, then its buffers', then its functions'.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from enum import IntEnum

from npu.togsim.graph import (
    Access,
    DmaDim,
    Kernel,
    Load,
    Loop,
    Matmul,
    Node,
    Preload,
    Program,
    Store,
    Vector,
    Wait,
)
from npu.togsim.graph.expr import Add, Const, Expr, FloorDiv, Iv, Min, Mod, Mul, Product, walk


class Opcode(IntEnum):
    """`Opcode` of `src/graph.hpp`."""

    LOOP_BEGIN = 0
    LOOP_END = 1
    LOAD = 2
    STORE = 3
    WAIT = 4
    PRELOAD = 5
    MATMUL = 6
    VECTOR = 7
    COMBINING_STORE = 8
    PRELOAD_OF_PASSES = 9
    """Of `src/module/unpack.cpp` alone: a preload whose number of passes comes first."""


class _ExprOp(IntEnum):
    """`ExprOp` of `src/expr.hpp`."""

    CONST = 0
    IV = 1
    ADD = 2
    MUL = 3
    FLOOR_DIV = 4
    MOD = 5
    MIN = 6
    PRODUCT = 7


class _KernelPacker:
    """Packs one kernel, numbering its induction variables, tokens, buffers and functions."""

    def __init__(self, kernel: Kernel, passes: Mapping[str, int]) -> None:
        self.kernel = kernel
        self.passes = passes
        self.words: list[int] = []
        self.ivs: dict[str, int] = {}
        self.tokens: dict[str, int] = {}
        self.buffers = {b.name: i for i, b in enumerate(kernel.buffers)}
        self.functions = {f.name: i for i, f in enumerate(kernel.functions)}

    def pack(self) -> list[int]:
        shared, parallel, body = split_parallel(self.kernel.body)
        self.loops(parallel)
        loops, self.words = self.words, []
        once = self.nodes(shared)
        count = once + self.nodes(body)
        code, self.words = self.words, []
        self.words += [len(self.kernel.arguments), len(self.ivs), len(self.tokens)]
        self.tables()
        return [*self.words, len(parallel), *loops, once, count, *code]

    def tables(self) -> None:
        self.words.append(len(self.kernel.buffers))
        for buffer in self.kernel.buffers:
            self.words += [buffer.slots, buffer.element_bytes, buffer.offset]
            self.words += [len(buffer.shape), *buffer.shape]
        self.words.append(len(self.kernel.functions))
        for function in self.kernel.functions:
            self.words.append(len(function.cases))
            for sizes, cycles in sorted(function.cases.items()):
                self.words += [len(sizes), *sizes, cycles]

    def loops(self, loops: Sequence[Loop]) -> None:
        for loop in loops:
            number = self.ivs.setdefault(loop.iv, len(self.ivs))
            self.words += [number, loop.lower, loop.upper, loop.step]

    def nodes(self, nodes: Sequence[Node]) -> int:
        """Packs `nodes`; returns how many code entries that are."""
        return sum(self.node(node) for node in nodes)

    def node(self, node: Node) -> int:
        match node:
            case Loop():
                self.words.append(Opcode.LOOP_BEGIN)
                self.loops([node])
                count = self.nodes(node.body)
                self.words.append(Opcode.LOOP_END)
                return count + 2
            case Load():
                self.transfer(Opcode.LOAD, node)
                self.transfer_accesses(node.writes, node.indices, is_load=True)
            case Store():
                self.transfer(Opcode.COMBINING_STORE if node.combines else Opcode.STORE, node)
                self.transfer_accesses(node.reads, node.indices, is_load=False)
            case Wait(token):
                self.words += [Opcode.WAIT, self.token(token)]
            case Preload(rows, cols, reads, element):
                passes = self.passes.get(element, 1)
                kind = [Opcode.PRELOAD] if passes == 1 else [Opcode.PRELOAD_OF_PASSES, passes]
                self.words += kind
                self.expr(rows)
                self.expr(cols)
                self.accesses((reads,), ())
            case Matmul(rows, reads, writes):
                self.words.append(Opcode.MATMUL)
                self.expr(rows)
                self.accesses((reads,), (writes,))
            case Vector(function, sizes, reads, writes):
                self.words += [Opcode.VECTOR, self.functions[function]]
                self.exprs(sizes)
                self.accesses(reads, writes)
        return 1

    def transfer(self, opcode: Opcode, node: Load | Store) -> None:
        self.words += [opcode, self.token(node.token), node.tensor]
        self.expr(node.offset)
        self.words += [node.element_bytes, len(node.dims)]
        for dim in node.dims:
            self.dimension(dim)
        self.words += [len(node.after), *map(self.token, node.after)]

    def transfer_accesses(self, moved: Access, indices: Access | None, *, is_load: bool) -> None:
        """The rectangle that is moved, then that of the indices, which are read."""
        self.words.append(1 if indices is None else 2)
        self.access(moved, write=is_load)
        if indices is not None:
            self.access(indices, write=False)

    def dimension(self, dim: DmaDim) -> None:
        self.expr(dim.size)
        kind = 2 if dim.indices is not None else 1 if dim.bounds is not None else 0
        self.words += [dim.stride_bytes, kind]
        if dim.indices is not None:
            self.words.append(dim.indices.argument)
            self.expr(dim.indices.first)
            self.words.append(dim.indices.extent)
        elif dim.bounds is not None:
            self.expr(dim.bounds.first)
            self.words += [dim.bounds.extent, dim.bounds.step]

    def token(self, name: str) -> int:
        return self.tokens.setdefault(name, len(self.tokens))

    def accesses(self, reads: Sequence[Access], writes: Sequence[Access]) -> None:
        self.words.append(len(reads) + len(writes))
        for write, accesses in enumerate((reads, writes)):
            for access in accesses:
                self.access(access, write=bool(write))

    def access(self, access: Access, *, write: bool) -> None:
        self.words += [write, self.buffers[access.buffer]]
        self.expr(access.slot)
        self.exprs(access.lo)
        self.exprs(access.size)

    def exprs(self, exprs: Sequence[Expr]) -> None:
        self.words.append(len(exprs))
        for expr in exprs:
            self.expr(expr)

    def expr(self, expr: Expr) -> None:
        steps = list(walk(expr))
        self.words.append(len(steps))
        for step in steps:
            self.words += self.step(step)

    def step(self, step: Expr) -> tuple[int, int]:
        match step:
            case Const(value):
                packed = _ExprOp.CONST, value
            case Iv(loop):
                packed = _ExprOp.IV, self.ivs[loop]
            case Mul(_, factor):
                packed = _ExprOp.MUL, factor
            case FloorDiv(_, divisor):
                packed = _ExprOp.FLOOR_DIV, divisor
            case Mod(_, divisor):
                packed = _ExprOp.MOD, divisor
            case Add():
                packed = _ExprOp.ADD, 0
            case Min():
                packed = _ExprOp.MIN, 0
            case Product():
                packed = _ExprOp.PRODUCT, 0
        return packed


def split_parallel(
    body: Sequence[Node],
) -> tuple[Sequence[Node], list[Loop], Sequence[Node]]:
    """What stands ahead of the parallel loops, these, outermost first, and the innermost's body."""
    last = body[-1] if body else None
    if not (isinstance(last, Loop) and last.parallel):
        return (), [], body
    parallel = [last]
    while len(last.body) == 1 and isinstance(last.body[0], Loop) and last.body[0].parallel:
        last = last.body[0]
        parallel.append(last)
    return body[:-1], parallel, last.body


def requests_of(program: Program) -> tuple[str, ...]:
    """The names of the program's requests in order of their first launches: its runs of graphs."""
    return tuple(dict.fromkeys(launch.request for launch in program.launches))


def pack(program: Program, passes: Mapping[str, int] | None = None) -> tuple[bytes, list[str]]:
    """The words of a valid program, native 64-bit, and the names that go with them.

    `passes` are those of the machine's arrays for each element type; one where it says nothing.
    """
    words: list[int] = [len(program.tensors)]
    names: list[str] = []
    for tensor in program.tensors:
        words += [tensor.address, tensor.bytes, tensor.partition or 0]
    words.append(len(program.kernels))
    for kernel in program.kernels:
        words += _KernelPacker(kernel, passes or {}).pack()
        names.append(kernel.name)
        names += [buffer.name for buffer in kernel.buffers]
        names += [function.name for function in kernel.functions]
    words += _launch_words(program)
    return array("q", words).tobytes(), names


def pack_launches(program: Program) -> bytes:
    """The words of a valid program's launches alone, for one whose rest is known already."""
    return array("q", _launch_words(program)).tobytes()


def _launch_words(program: Program) -> list[int]:
    words = [len(program.launches)]
    requests = {name: number for number, name in enumerate(requests_of(program))}
    for launch in program.launches:
        words += [launch.kernel, len(launch.tensors), *launch.tensors]
        words += [len(launch.after), *launch.after]
        words += [launch.queue, launch.arrival_ns, launch.priority, requests[launch.request]]
    return [*words, *_index_words(program)]


def _index_words(program: Program) -> list[int]:
    """The indices that launches have."""
    found = [
        (number, one) for number, launch in enumerate(program.launches) for one in launch.indices
    ]
    words = [len(found)] if found else []
    for number, one in found:
        words += [number, one.argument, len(one.values), *one.values]
    return words
