"""Indices of gathers and scatters for the simulator: recorded in a run on Spike, or drawn.

What a transfer with indices costs depends on their values, which a graph does not hold. A run that
computes values leaves a record of them; without one, indices are drawn, each as likely as another,
from a generator of a fixed seed, so that equal runs give equal cycles. A launch's figures tell.

The record lies beside the graph, `graph.indices.json` beside `graph.mlir`:

    {"version": 1, "indices": [{"launch": 0, "argument": 1, "count": 8192, "values": "eJz..."}]}

`values` is base64 of zlib of `count` little-endian 32-bit numbers, each from 0 up to the extent of
the dimension that it is of.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from npu.configs.errors import UserError
from npu.configs.output import write_output
from npu.dialects.npu import DmaLoadOp, DmaOp, KernelOp
from npu.passes.place.scratchpad_uses import buffer_of
from npu.passes.tog.indexed import ends_of
from npu.togsim.graph import IndexValues, Indices, Launch, Load, Loop, Node, Program, Store

RECORDED = "recorded"
"""What a launch's figures say where its indices are those of a run."""

SEED = 0
DRAWN = f"uniform, seed {SEED}"
"""What they say where its indices were drawn."""

VERSION = 1
INDEX_BYTES = 4

Record = Mapping[tuple[int, int], NDArray[np.int64]]
"""The indices, from 0 on, by launch and argument."""


@dataclass(frozen=True)
class IndexArgument:
    """An argument of a kernel that holds indices."""

    extent: int
    """Of the dimension that they are of."""

    from_end: bool
    """Whether those below 0 count from its end."""

    def taken(self, given: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Indices as the device takes them; what is none stays as it is."""
        numbers = given.astype(np.int64)
        return np.where(numbers < 0, numbers + self.extent, numbers) if self.from_end else numbers

    def outside(self, given: NDArray[np.integer[Any]]) -> int | None:
        """The place of the first one that is none."""
        taken = self.taken(given)
        found = np.flatnonzero((taken < 0) | (taken >= self.extent))
        return int(found[0]) if found.size else None


def index_arguments(kernel: KernelOp) -> dict[int, IndexArgument]:
    """The arguments of a kernel in final form that hold indices, by their number."""
    loads = {
        buffer_of(op.view): kernel.body.block.args.index(cast(Any, op.tensor))
        for op in kernel.walk()
        if isinstance(op, DmaLoadOp) and op.by is None
    }
    found: dict[int, IndexArgument] = {}
    for op in kernel.walk():
        if isinstance(op, DmaOp) and op.by is not None:
            extent = op.tensor_type.get_shape()[op.by.dim]
            buffer = buffer_of(op.by.indices)
            ended = ends_of(op, buffer)
            number = loads[buffer if ended is None else buffer_of(ended)]
            found[number] = IndexArgument(extent, op.by.from_end)
    return found


def with_indices(program: Program, record: Record | None) -> Program:
    """The program with the indices of every launch that needs some: recorded, or drawn.

    Raises UserError for a record of another program.
    """
    wanted = [dict(_wanted(kernel.body)) for kernel in program.kernels]
    launches = tuple(
        _with_indices(program, number, launch, wanted[launch.kernel], record)
        for number, launch in enumerate(program.launches)
    )
    return replace(program, launches=launches)


def _wanted(nodes: Iterable[Node]) -> Iterator[tuple[int, Indices]]:
    """The arguments that hold indices."""
    for node in nodes:
        if isinstance(node, Loop):
            yield from _wanted(node.body)
        elif isinstance(node, Load | Store):
            for dim in node.dims:
                if dim.indices is not None:
                    yield dim.indices.argument, dim.indices


def _with_indices(
    program: Program,
    number: int,
    launch: Launch,
    wanted: Mapping[int, Indices],
    record: Record | None,
) -> Launch:
    if not wanted:
        return launch
    found: list[IndexValues] = []
    for argument, indices in sorted(wanted.items()):
        count = program.tensors[launch.tensors[argument]].bytes // INDEX_BYTES
        if record is None:
            generator = np.random.default_rng([SEED, number, argument])
            values = generator.integers(0, indices.extent, count)
        else:
            values = _recorded(record, number, argument, count, indices.extent)
        found.append(IndexValues(argument, tuple(values.tolist())))
    source = DRAWN if record is None else RECORDED
    return replace(launch, indices=tuple(found), indices_from=source)


def _recorded(
    record: Record, launch: int, argument: int, count: int, extent: int
) -> NDArray[np.int64]:
    values = record.get((launch, argument))
    wrong = values is None or len(values) != count
    if values is None or wrong or (values < 0).any() or (values >= extent).any():
        raise UserError(
            f"the recorded indices are not those of this graph: launch {launch} takes {count} "
            f"indices below {extent} from argument {argument}; run the program again, or remove "
            "the record to have indices drawn"
        )
    return values


def record_path(graph: Path) -> Path:
    """Where the record of a graph file lies."""
    return graph.with_suffix(".indices.json")


def write_record(graph: Path, record: Record | None) -> None:
    """Writes the record beside a graph; without one, a record of an earlier run goes."""
    path = record_path(graph)
    if not record:
        path.unlink(missing_ok=True)
        return
    entries = [
        {
            "launch": launch,
            "argument": argument,
            "count": len(values),
            "values": base64.b64encode(zlib.compress(values.astype("<i4").tobytes(), 9)).decode(),
        }
        for (launch, argument), values in sorted(record.items())
    ]
    write_output(path, json.dumps({"version": VERSION, "indices": entries}, indent=1) + "\n")


def read_record(graph: Path) -> Record | None:
    """The record beside a graph file; None without one. Raises UserError for what is none."""
    path = record_path(graph)
    if not path.exists():
        return None
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        if read["version"] != VERSION:
            raise ValueError(f"version {read['version']}")
        return {
            (int(one["launch"]), int(one["argument"])): _unpacked(one) for one in read["indices"]
        }
    except (OSError, ValueError, KeyError, TypeError, zlib.error, binascii.Error) as error:
        raise UserError(
            f"{path}: is no record of indices ({error}); expected what `npu run` leaves beside a "
            "graph; remove it to have indices drawn"
        ) from error


def _unpacked(entry: Mapping[str, Any]) -> NDArray[np.int64]:
    data = zlib.decompress(base64.b64decode(entry["values"], validate=True))
    values = np.frombuffer(data, "<i4").astype(np.int64)
    if len(values) != entry["count"]:
        raise ValueError(f"{len(values)} values, count {entry['count']}")
    return values
