"""`npu-insert-dma`: copies between DRAM and the scratchpad become DMA transfers.

Overview. Each `memref.copy` or `linalg.transpose` of a kernel that has one side in DRAM becomes an
`npu.dma_load` or `npu.dma_store`. A load is followed by its `npu.wait`; a store needs none, since
nothing in a kernel reads DRAM that the same kernel wrote.

With `subtile` (the default), a copy whose `npu.subtile` attribute is smaller than the view in some
dimension becomes a loop of piece transfers over that dimension. Pieces have no wait: the hardware
holds each reader by the scratchpad rectangle it touches (docs/design.md section 2), so a matmul of
the first rows starts when the first piece is there. A wait per piece would hold the execute queue
until the last one.

```mlir
memref.copy %src, %dst {npu.subtile = array<i64: 128, 64>} : memref<?x64xf32, ...>, ...
```
becomes, where the tile has at most 256 rows and `%rows` of them exist:
```mlir
scf.for %q = %c0 to %c256 step %c128 {
  %m = affine.min affine_map<(d0, d1) -> (d0, d1)>(%q, %rows)
  %n = affine.min affine_map<(d0) -> (128, %rows - %m)>
  %from = memref.subview %src[%q, 0] [%n, 64] [1, 1] : ...
  %to = memref.subview %dst[%q, 0] [%n, 64] [1, 1] : ...
  %t = npu.dma_load %from to %to : ...
} {npu.iteration = "piece"}
```

Bounds are constant (docs/design.md section 4, rule 2), so a tail tile runs as many pieces as a full
one; those past its end have size 0 and move nothing.

Limitations. A tile's size must be a constant or an `affine.min` with a constant among its results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override
from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import memref
from xdsl.dialects.builtin import DenseArrayBase, IntegerType, MemRefType, ModuleOp
from xdsl.dialects.linalg.ops import TransposeOp
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint
from xdsl.utils.hints import isa

from npu.configs.errors import UserError
from npu.dialects import npu
from npu.dialects.places import place
from npu.passes.dma.piece_loops import Piece, Size, open_piece_loops, sizes_of_view, static_bound
from npu.passes.kernel.loops import kernel_name, kernels_of
from npu.passes.kernel.value_names import view_name

SUBTILE = "npu.subtile"
"""Attribute of a copy or its destination view: elements of each dimension in one transfer."""


@dataclass(frozen=True)
class InsertDmaPass(ModulePass):
    """Makes DMA transfers of the copies in kernels."""

    name = "npu-insert-dma"

    subtile: bool = True
    """Split copies into the pieces that `npu.subtile` gives; false moves each in one transfer."""

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for kernel in kernels_of(op):
            copies = [o for o in kernel.walk() if isinstance(o, memref.CopyOp | TransposeOp)]
            for copy in copies:
                if not _inside_compute(copy):
                    _replace(_read(copy), split=self.subtile)


@dataclass(frozen=True)
class _Copy:
    """One transfer to be: destination dimension i walks source dimension `permutation[i]`."""

    op: Operation
    source: SSAValue
    destination: SSAValue
    permutation: tuple[int, ...]

    @property
    def is_load(self) -> bool:
        return _memref(self.source).memory_space != npu.SPAD


def _inside_compute(op: Operation) -> bool:
    """True for vector code, which moves nothing between memories."""
    return isinstance(op.parent_op(), npu.ComputeOp)


def _read(op: memref.CopyOp | TransposeOp) -> _Copy:
    if isinstance(op, TransposeOp):
        source, destination = op.inputs[0], op.outputs[0]
        order = tuple(int(v) for v in op.permutation.get_values())
    else:
        source, destination = op.source, op.destination
        order = tuple(range(_memref(destination).get_num_dims()))
    spaces = [_memref(side).memory_space == npu.SPAD for side in (source, destination)]
    if spaces[0] == spaces[1]:
        raise UserError(
            f"{place(op)}"
            f"kernel '{kernel_name(op)}': {op.name} from {source.type} to {destination.type} stays "
            "in one memory; expected one side in DRAM and the other in the scratchpad"
        )
    return _Copy(op, source, destination, order)


def _replace(copy: _Copy, *, split: bool) -> None:
    """Puts the transfer, or the loop of piece transfers, in place of the copy."""
    sizes = _sizes(copy)
    pieces = _pieces(copy, sizes) if split else None
    builder = Builder(InsertPoint.before(copy.op))
    if pieces is None:
        transfer = _transfer(copy, copy.source, copy.destination)
        builder.insert(transfer)
        if isinstance(transfer, npu.DmaLoadOp):
            builder.insert(npu.WaitOp(transfer.token))
    else:
        inner, walked = open_piece_loops(builder, sizes, pieces)
        from_pieces = [walked[copy.permutation.index(d)] for d in range(len(walked))]
        source = _part(inner, copy.source, from_pieces)
        destination = _part(inner, copy.destination, walked)
        inner.insert(_transfer(copy, source, destination))
    copy.op.detach()
    copy.op.erase()


def _sizes(copy: _Copy) -> list[Size]:
    """The sizes in destination order, from whichever side is a view with sizes."""
    sizes = sizes_of_view(copy.destination)
    if sizes is not None:
        return sizes
    sizes = sizes_of_view(copy.source)
    assert sizes is not None, "a whole buffer has sizes of its own"
    return [sizes[d] for d in copy.permutation]


def _pieces(copy: _Copy, sizes: Sequence[Size]) -> list[int] | None:
    """The piece size of each destination dimension; None where one transfer moves all."""
    attribute = _subtile(copy)
    if attribute is None:
        return None
    if not isa(attribute, DenseArrayBase[IntegerType]) or len(attribute) != len(sizes):
        raise UserError(
            f"{place(copy.op)}"
            f"kernel '{kernel_name(copy.op)}': {SUBTILE} = {attribute} on {copy.op.name}; expected "
            f"array<i64: ...> of {len(sizes)} piece sizes, one per destination dimension"
        )
    pieces = [int(v) for v in attribute.get_values()]
    if any(p < 1 for p in pieces):
        raise UserError(
            f"{place(copy.op)}"
            f"kernel '{kernel_name(copy.op)}': {SUBTILE} = {pieces} on {copy.op.name}; expected "
            "sizes of at least 1"
        )
    small = [p < static_bound(s, copy.op) for p, s in zip(pieces, sizes, strict=True)]
    return pieces if any(small) else None


def _subtile(copy: _Copy) -> Attribute | None:
    """The piece sizes, from the copy or from its destination view.

    xDSL's text of `linalg.transpose` has no room for attributes; that of `memref.subview` has.
    """
    view = copy.destination.owner
    holders = [copy.op, *([view] if isinstance(view, Operation) else [])]
    found = [op.attributes[SUBTILE] for op in holders if SUBTILE in op.attributes]
    return found[0] if found else None


def _transfer(
    copy: _Copy, source: SSAValue, destination: SSAValue
) -> npu.DmaLoadOp | npu.DmaStoreOp:
    identity = copy.permutation == tuple(range(len(copy.permutation)))
    kind = npu.DmaLoadOp if copy.is_load else npu.DmaStoreOp
    transfer = kind(source, destination, None if identity else copy.permutation)
    transfer.token.name_hint = "t"
    return transfer


def _part(builder: Builder, view: SSAValue, pieces: Sequence[Piece]) -> SSAValue:
    """The part of a view that one piece covers."""
    offsets, sizes = [p.offset for p in pieces], [p.size for p in pieces]
    strides = [1] * len(pieces)
    type_ = memref.SubviewOp.infer_result_type(_memref(view), offsets, sizes, strides)
    part = builder.insert(memref.SubviewOp.get(view, offsets, sizes, strides, type_))
    part.result.name_hint = view_name(view, "piece")
    return part.result


def _memref(value: SSAValue) -> MemRefType[Attribute]:
    type_ = value.type
    assert isa(type_, MemRefType[Attribute])
    return type_
