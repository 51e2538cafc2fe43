"""`npu-tile`: groups become kernels of loops on tiles; tensors become DRAM buffers.

Overview. Each `npu.group` with a mapping becomes the `npu.launch` of an `npu.kernel`. Groups that
are equal but for names and origin (`npu.passes.group.structure`), mapping included, share a kernel,
as those that repeat one without a body of their own do;
PyTorch operators and source lines belong to launches, and arguments are named by what the kernel
does with them. Different groups of one name have kernels with numbers behind it. A kernel is a
nest of `scf.for` over tiles with scratchpad buffers (`npu.alloc`, one slot each for now), an
`npu.copy`, which may transpose, at each point where DMA is to move a tile, preload and matmul loops
for a contraction, and one `npu.compute` for the group's vector code. A transfer stands in the
deepest loop that it depends on and no deeper, which is what reuse means. Partial tiles are exact:
their sizes are `affine.min`. `@main` works on memrefs afterwards: arguments and results are DRAM
buffers, intermediates `memref.alloc`, reshapes the memref versions.

Before:

    %r = npu.group @add_300x64 ins(%a, %b : tensor<300x64xf32>, tensor<300x64xf32>) { ... } ops
        ["aten.add"] mapping <par i 100, par j 64, hold in 2, hold in_1 2, hold out 2, run vector>

After:

    npu.kernel @add_300x64(%in: memref<300x64xf32>, %in_1: memref<300x64xf32>, %out: ...) {
      %in_spad = npu.alloc {buffers = 2 : i64} : memref<1x100x64xf32, "spad">
      ...
      scf.for %i = %c0 to %c300 step %c100 {
        %dst = memref.subview %in_spad[0, 0, 0] [1, 100, 64] [1, 1, 1] : ...
        npu.copy %in[%i, 0] sizes [100, 64] to %dst {subtile = array<i64: 100, 64>} : ...
        ...
        npu.compute @add_300x64_c0 ins(...) outs(...) { ... }
        npu.copy %result to %out[%i, 0] sizes [100, 64] {subtile = array<i64: 100, 64>} : ...
      } {npu.iteration = "parallel"}
      npu.return
    }
    func.func @main(...) {
      %r = memref.alloc() : memref<300x64xf32>
      npu.launch @add_300x64(%a, %b, %r) ops ["aten.add"] : ...

A result that is a part of a `tensor.concat` is stored to a box of the whole, whose buffer is the
kernel's argument, in a shape where the part is a box; equal groups with other places have kernels
of their own.

A mapping that cuts a reduced dimension of a vector group makes sweeps of it: loops over the tiles
of a row, one behind the other in the loop over rows, each with tiles of its own. What one sweep
reduces the next reads; elementwise work that several need is done again in each.
A sum that depends on a maximum or a mean of its own row, as that of a softmax and the variance of a
norm, runs in the same sweep, mended for each tile (`npu.passes.group.online`): two sweeps in all.

A group of several stages with contractions is a trunk of parallel loops that has the stages one
behind the other, each in the loops over dimensions that are its own (`npu.passes.group.tree`). What
one stage leaves for the next is a buffer that DMA never touches, but with `watch`: then it is
stored where the stage ends, to a tensor of its own, which the kernel takes behind its results. All
else is the same, so that the value check sees what each stage did (docs/value-check.md).

The loops over pieces of a tile have constant bounds, so a partial tile may have fewer pieces than
that; those past its end are empty, and array operations on them do nothing.

Limitations: dimensions of a contraction that no array walks (batches, and all but the last of
several m, n or k loops) are cut by their divisors only. Windows that are reduced are not cut.
"""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from npu.configs.loader import load
from npu.passes.group.check import main_of
from npu.passes.map.device import device_of
from npu.passes.tile.host import lower_main


@dataclass(frozen=True)
class TilePass(ModulePass):
    """Turns mapped groups into kernels."""

    name = "npu-tile"

    machine: str = "tpuv3"
    """A shipped machine's name or the path of its YAML file: the size of its
    arrays and of its DRAM pages matter."""

    watch: bool = False
    """Whether kernels also store what a stage leaves for a later one, behind their results."""

    @override
    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Raises UserError for an unknown machine, or a group with no or a wrong mapping."""
        lower_main(main_of(op), device_of(load(self.machine)), watch=self.watch)
