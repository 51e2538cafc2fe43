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

Limitations. A tile's size must be a constant or an `affine.min` with a constant among its results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override
from xdsl.builder import Builder
from xdsl.context import Context
from xdsl.dialects import memref
from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.ir import Attribute, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint
from xdsl.utils.hints import isa

from npu.dialects import npu
from npu.passes.dma.piece_loops import Piece, moved, open_piece_loops, sizes_of, static_bound
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
    pieces = _pieces(copy) if split else None
    builder = Builder(InsertPoint.before(copy))
    if pieces is None:
        transfer = builder.insert(_transfer(copy, copy.view, copy.box))
        if isinstance(transfer, npu.DmaLoadOp):
            builder.insert(npu.WaitOp(transfer.token))
    else:
        inner, ranges = open_piece_loops(builder, sizes_of(copy), pieces)
        box = _part_of_box(inner, copy, ranges)
        inner.insert(_transfer(copy, _part_of_view(inner, copy.view, ranges), box))
    copy.detach()
    copy.erase()


def _pieces(copy: npu.CopyOp) -> list[int] | None:
    """The piece size of each dimension of the view; None where one transfer moves all."""
    if copy.subtile is None:
        return None
    pieces = [int(v) for v in copy.subtile.get_values()]
    small = [p < static_bound(s, copy) for p, s in zip(pieces, sizes_of(copy), strict=True)]
    return pieces if any(small) else None


def _transfer(copy: npu.CopyOp, view: SSAValue, box: npu.Box) -> npu.DmaOp:
    """What moves `box` of the copy's tensor to or from `view`."""
    order, after = copy.permuted, copy.after
    transfer = (
        npu.DmaLoadOp(copy.tensor, view, box, permutation=order, fill=copy.fill, after=after)
        if copy.is_load
        else npu.DmaStoreOp(
            view, copy.tensor, box, permutation=order, bounds=bool(copy.bounds), after=after
        )
    )
    transfer.token.name_hint = "t"
    return transfer


def _part_of_box(builder: Builder, copy: npu.CopyOp, ranges: Sequence[Piece]) -> npu.Box:
    """The part of the copy's box that one piece covers."""
    box = copy.box
    offsets, sizes = list(box.offsets), list(box.sizes)
    for dim, piece in zip(copy.permuted, ranges, strict=True):
        offsets[dim] = moved(builder, box.offsets[dim], piece.offset, box.steps[dim])
        sizes[dim] = piece.size
    return npu.Box.of(offsets, sizes, box.steps)


def _part_of_view(builder: Builder, view: SSAValue, ranges: Sequence[Piece]) -> SSAValue:
    """The part of a view that one piece covers."""
    offsets, sizes = [p.offset for p in ranges], [p.size for p in ranges]
    strides = [1] * len(ranges)
    type_ = view.type
    assert isa(type_, MemRefType[Attribute])
    result = memref.SubviewOp.infer_result_type(type_, offsets, sizes, strides)
    part = builder.insert(memref.SubviewOp.get(view, offsets, sizes, strides, result))
    part.result.name_hint = view_name(view, "piece")
    return part.result
