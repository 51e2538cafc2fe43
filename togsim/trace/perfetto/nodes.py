"""What the entries of a trace were: names and figures of a kernel's nodes, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from npu.togsim.graph import Kernel, Load, Loop, Matmul, Node, Preload, Program, Store, Vector, Wait
from npu.togsim.graph.pack import split_parallel
from npu.togsim.report.stats import TraceRecord


class Nodes:
    """The nodes of a program's kernels by their position in the code."""

    def __init__(self, program: Program, request_bytes: int) -> None:
        self._program = program
        self._request_bytes = request_bytes
        self._code = [tuple(_code(kernel)) for kernel in program.kernels]

    def kernel(self, record: TraceRecord) -> Kernel:
        """The kernel of an instruction."""
        return self._program.kernels[self._program.launches[record.launch].kernel]

    def name(self, record: TraceRecord) -> str:
        """What an instruction did, in a word or two."""
        match self._node(record):
            case Load(tensor=argument):
                return f"load {self._tensor(record, argument)}"
            case Store(tensor=argument):
                return f"store {self._tensor(record, argument)}"
            case Vector(function=function):
                return function
            case Wait(token=token):
                return f"wait {token}"
            case Preload():
                return "preload"
            case Matmul():
                return "matmul"
            case Loop():
                raise ValueError("a loop is not an instruction")

    def args(self, record: TraceRecord) -> dict[str, int | str]:
        """Where an instruction comes from, and its sizes."""
        launch = self._program.launches[record.launch]
        args: dict[str, int | str] = {
            "kernel": self.kernel(record).name,
            "torch_ops": ", ".join(launch.torch_ops),
            "torch_lines": ", ".join(launch.torch_lines),
            "launch": record.launch,
            "node": record.node,
            "decoded_cycle": record.decoded,
        }
        match self._node(record):
            case Load(writes=access) | Store(reads=access):
                args["bytes"] = record.requests * self._request_bytes
                args["buffer"] = access.buffer
            case Preload() | Matmul():
                args["rows"] = record.rows
            case _:
                pass
        return args

    def _node(self, record: TraceRecord) -> Node:
        node = self._code[self._program.launches[record.launch].kernel][record.node]
        assert node is not None, "an instruction is no loop's end"
        return node

    def _tensor(self, record: TraceRecord, argument: int) -> str:
        tensor = self._program.launches[record.launch].tensors[argument]
        return self._program.tensors[tensor].name


def _code(kernel: Kernel) -> Iterator[Node | None]:
    """Nodes in the order in which they are packed; None where a loop ends."""
    shared, _, body = split_parallel(kernel.body)
    yield from _flat(shared)
    yield from _flat(body)


def _flat(nodes: Sequence[Node]) -> Iterator[Node | None]:
    for node in nodes:
        yield node
        if isinstance(node, Loop):
            yield from _flat(node.body)
            yield None
