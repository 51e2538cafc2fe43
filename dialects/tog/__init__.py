"""The `tog` dialect: tile-operation graphs, what a program does tile by tile.

A *graph* is the timing side of a kernel: its loops stay rolled, and inside them stand transfers
between DRAM and scratchpad buffers, waits, and operations of the arrays and of the vector unit.
Values are not in it; addresses, sizes and rectangles of buffers are, as expressions over the
induction variables. Dependencies are tokens (`tog.wait`) and the rectangles of buffers that
operations touch: two operations that touch overlapping rectangles, one of them writing, are
ordered as in the program. Double buffering is nothing but a buffer of two slots.

Vector code is a name: `tog.function` lists the sizes it is called with and, once it has been
timed, the cycles of each. All else is independent of the machine.

A module with the attribute `tog.version = 2` is a whole program: graphs, the DRAM tensors, and the
launches of graphs on tensors. `togsim run` takes its text alone. Texts of version 1, whose launches
have no queue, arrival, priority or request, and whose transfers neither bounds nor `after`, are
read too.

```mlir
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @scale(%x: memref<516xf32>, %y: memref<516xf32>) {
    %X = tog.buffer at 0 : memref<2x256xf32, "spad">
    tog.function @scale_c0 cases [(4) = 31, (256) = 40]
    tog.parallel (%i) = (0) to (516) step (256) {
      %t = tog.load %x at %i * 4 walk [min(256, 516 - %i) : 4]
                to %X slot(%i floordiv 256 mod 2)[0][min(256, 516 - %i)]
      tog.wait %t
      tog.vector @scale_c0(min(256, 516 - %i)) reads [...] writes [...]
      %u = tog.store %X slot(%i floordiv 256 mod 2)[0][min(256, 516 - %i)]
                to %y at %i * 4 walk [min(256, 516 - %i) : 4]
    }
  }
  tog.tensor @x at 0x100000000 bytes 2064
  tog.tensor @y at 0x100001000 bytes 2064
  %r = tog.launch @scale(@x, @y)
}
```

Rules of all expressions and accesses:
- TE1: an expression holds only induction variables of the loops around it.
- TE2: it is stored as an affine map over the operation's `ivs`; several results mean their minimum.
- TE3: a DRAM offset, and the first index of a dimension with bounds, is a sum, not a minimum.
- TE4: a size (of a transfer, a rectangle, an array operation or a tile function) that comes out
  negative is 0: a piece that lies past the end of a partial tile is empty.
- TA1: an access has one first element and one size for each dimension of a slot.
"""

from xdsl.ir import Dialect

from npu.dialects.tog.attrs import (
    READABLE_VERSIONS,
    VERSION,
    VERSION_ATTRIBUTE,
    RectangleAttr,
    RunType,
    TokenType,
)
from npu.dialects.tog.declare import BufferOp, FunctionOp
from npu.dialects.tog.dma import LoadOp, StoreOp, WaitOp
from npu.dialects.tog.graph import GraphOp
from npu.dialects.tog.host import LaunchOp, TensorOp
from npu.dialects.tog.indexed import IndexedBy, IndicesAttr
from npu.dialects.tog.loops import LoopOp, ParallelOp
from npu.dialects.tog.tile import MatmulOp, PreloadOp, VectorOp
from npu.dialects.tog.transfer import TransferOp
from npu.dialects.tog.walk_dims import BoundsAttr, WalkDim

Tog = Dialect(
    "tog",
    [
        GraphOp,
        BufferOp,
        FunctionOp,
        LoopOp,
        ParallelOp,
        LoadOp,
        StoreOp,
        WaitOp,
        PreloadOp,
        MatmulOp,
        VectorOp,
        TensorOp,
        LaunchOp,
    ],
    [TokenType, RunType, RectangleAttr, BoundsAttr, IndicesAttr],
)

__all__ = [
    "READABLE_VERSIONS",
    "VERSION",
    "VERSION_ATTRIBUTE",
    "BoundsAttr",
    "BufferOp",
    "FunctionOp",
    "GraphOp",
    "IndexedBy",
    "IndicesAttr",
    "LaunchOp",
    "LoadOp",
    "LoopOp",
    "MatmulOp",
    "ParallelOp",
    "PreloadOp",
    "RectangleAttr",
    "RunType",
    "StoreOp",
    "TensorOp",
    "Tog",
    "TokenType",
    "TransferOp",
    "VectorOp",
    "WaitOp",
    "WalkDim",
]
