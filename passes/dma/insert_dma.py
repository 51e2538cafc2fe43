"""`npu-insert-dma`: copies between DRAM and the scratchpad become DMA transfers.

Overview. Each `npu.copy` of a kernel becomes an `npu.dma_load` or `npu.dma_store` of the same box.
A load is followed by its `npu.wait`; a store needs none, since nothing in a kernel reads DRAM that
the same kernel wrote.

With `subtile` (the default), a copy whose `subtile` is smaller than the view in some dimension
becomes a loop of piece transfers over that dimension. Pieces have no wait: the hardware holds each
reader by the scratchpad rectangle it touches (docs/design.md section 2), so a matmul of the first
rows starts when the first piece is there. A wait per piece would hold the execute queue until the
last one.

```mlir
npu.copy %x[%i, 0] sizes [%rows, 64] to %dst {subtile = array<i64: 128, 64>} : ...
```
becomes, where the tile has at most 256 rows and `%rows` of them exist:
```mlir
scf.for %q = %c0 to %c256 step %c128 {
  %m = affine.min affine_map<(d0, d1) -> (d0, d1)>(%q, %rows)
  %n = affine.min affine_map<(d0, d1) -> (128, d1 - d0)>(%m, %rows)
  %at = affine.apply affine_map<(d0, d1) -> (d0 + d1)>(%i, %q)
  %to = memref.subview %dst[%q, 0] [%n, 64] [1, 1] : ...
  %t = npu.dma_load %x[%at, 0] sizes [%n, 64] to %to : ...
} {npu.iteration = "piece"}
```

Bounds are constant (docs/design.md section 4, rule 2), so a tail tile runs as many pieces as a full
one; those past its end have size 0 and move nothing.

A view of more than 4 dimensions is moved with 4 of them at a time: those of extent 1 are left out,
and loops, outermost first, go over others, those that stay inside of the tensor before the rest.

Limitations. A tile's size must be a constant or an `affine.min` with a constant among its results.
Dimensions beyond the fourth are not collapsed where they are contiguous: each costs a loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from typing_extensions import override
from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import memref
from xdsl.dialects.builtin import MemRefType, ModuleOp, StridedLayoutAttr
from xdsl.ir import Attribute, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint
from xdsl.utils.hints import isa

from npu.dialects import npu
from npu.passes.dma.piece_loops import (
    Piece,
    Size,
    moved,
    open_piece_loops,
    sizes_of,
    static_bound,
)
from npu.passes.dma.ranks import Part, left_out, parts_of
from npu.passes.kernel.loops import kernels_of
from npu.passes.kernel.value_names import view_name


@dataclass(frozen=True)
class InsertDmaPass(ModulePass):
    """Makes DMA transfers of the copies in kernels."""

    name = "npu-insert-dma"

    subtile: bool = True
    """Split copies into the pieces that `subtile` gives; false moves each in one transfer."""

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for kernel in kernels_of(op):
            for copy in [o for o in kernel.walk() if isinstance(o, npu.CopyOp)]:
                _replace(copy, split=self.subtile)


def _replace(copy: npu.CopyOp, *, split: bool) -> None:
    """Puts the transfer, or the loop of piece transfers, in place of the copy."""
    pieces = _pieces(copy, split=split)
    builder = Builder(InsertPoint.before(copy))
    if pieces is None:
        transfer = builder.insert(_transfer(copy, copy.view, copy.box, copy.permuted, copy.by))
        if isinstance(transfer, npu.DmaLoadOp):
            builder.insert(npu.WaitOp(transfer.token))
    else:
        inner, ranges = open_piece_loops(builder, sizes_of(copy), pieces)
        for part in parts_of(inner, copy, _offsets(inner, copy, ranges), ranges):
            _insert_part(inner, copy, ranges, part)
    copy.detach()
    copy.erase()


def _pieces(copy: npu.CopyOp, *, split: bool) -> list[int] | None:
    """The piece size of each dimension of the view; None where one transfer moves all."""
    without = left_out(copy)
    if not without and (copy.subtile is None or not split):
        return None
    bounds = [static_bound(size, copy) for size in sizes_of(copy)]
    wanted = bounds if copy.subtile is None or not split else copy.subtile.get_values()
    pieces = [1 if i in without else int(piece) for i, piece in enumerate(wanted)]
    small = [piece < bound for piece, bound in zip(pieces, bounds, strict=True)]
    return pieces if any(small) or without else None


def _offsets(builder: Builder, copy: npu.CopyOp, ranges: Sequence[Piece]) -> list[Size]:
    """Where the box of one iteration starts."""
    box = copy.box
    offsets = list(box.offsets)
    for dim, piece in zip(copy.permuted, ranges, strict=True):
        if copy.by is not None and dim == copy.by.dim:
            continue
        offsets[dim] = moved(builder, box.offsets[dim], piece.offset, box.steps[dim])
    return offsets


def _insert_part(builder: Builder, copy: npu.CopyOp, ranges: Sequence[Piece], part: Part) -> None:
    """The transfer of a part, and the view that it fills or empties."""
    sizes = list(copy.box.sizes)
    for dim, size in zip(copy.permuted, part.sizes, strict=True):
        sizes[dim] = size
    without = left_out(copy)
    order = [dim for i, dim in enumerate(copy.permuted) if i not in without]
    view = _part_of_view(builder, copy.view, ranges, part.sizes, without)
    by = _part_of_indices(builder, copy, ranges, part.sizes)
    box = npu.Box.of(part.offsets, sizes, copy.box.steps)
    builder.insert(_transfer(copy, view, box, order, by))


def _part_of_indices(
    builder: Builder, copy: npu.CopyOp, ranges: Sequence[Piece], sizes: Sequence[Size]
) -> npu.Indexed | None:
    """The indices of one piece, where the copy has some."""
    by = copy.by
    if by is None:
        return None
    place = copy.permuted.index(by.dim)
    part = _part_of_view(builder, by.indices, [ranges[place]], [sizes[place]], ())
    return replace(by, indices=part)


def _transfer(
    copy: npu.CopyOp,
    view: SSAValue,
    box: npu.Box,
    order: Sequence[int],
    by: npu.Indexed | None,
) -> npu.DmaOp:
    """What moves `box` of the copy's tensor to or from `view`, which walks it in `order`."""
    after = copy.after
    transfer = (
        npu.DmaLoadOp(copy.tensor, view, box, permutation=order, fill=copy.fill, after=after, by=by)
        if copy.is_load
        else npu.DmaStoreOp(
            view, copy.tensor, box, permutation=order, bounds=bool(copy.bounds), after=after, by=by
        )
    )
    transfer.token.name_hint = "t"
    return transfer


def _part_of_view(
    builder: Builder,
    view: SSAValue,
    ranges: Sequence[Piece],
    sizes: Sequence[Size],
    without: Sequence[int],
) -> SSAValue:
    """The part of a view that one transfer moves, less the dimensions `without`, of size 1."""
    offsets, strides = [r.offset for r in ranges], [1] * len(ranges)
    type_ = view.type
    assert isa(type_, MemRefType[Attribute])
    full = memref.SubviewOp.infer_result_type(type_, offsets, list(sizes), strides)
    result = _reduced(full, without)
    part = builder.insert(memref.SubviewOp.get(view, offsets, list(sizes), strides, result))
    part.result.name_hint = view_name(view, "piece")
    return part.result


def _reduced(type_: MemRefType[Attribute], without: Sequence[int]) -> MemRefType[Attribute]:
    """The type without some dimensions."""
    if not without:
        return type_
    layout, strides = type_.layout, type_.get_strides()
    assert isinstance(layout, StridedLayoutAttr)
    assert strides is not None
    kept = [d for d in range(type_.get_num_dims()) if d not in without]
    offset = layout.get_offset()
    return MemRefType(
        type_.element_type,
        [type_.get_shape()[d] for d in kept],
        StridedLayoutAttr([strides[d] for d in kept], offset),
        type_.memory_space,
    )
