"""Faults of dialects, passes and code generation."""

from tests.mutation.mutation import Mutation, mutation

DMA = "tests/passes/test_dma_passes.py"
GROUPS = "tests/passes/test_group_map_tile.py"
WINDOWS = "tests/passes/test_windows.py"

MUTATIONS: tuple[Mutation, ...] = (
    mutation(
        "groups of other constants share a kernel",
        "passes/group/structure.py",
        "        _sorted(op.properties),\n",
        "        _sorted({}),\n",
        "lit", "test/lit/passes/tile_share.mlir",
    ),
    mutation(
        "groups of other mappings share a kernel",
        "passes/tile/share.py",
        "(structure_of(group), group.mapping)",
        "structure_of(group)",
        "lit", "test/lit/passes/tile_share.mlir",
    ),
    mutation(
        "a tail is one element short",
        "passes/tile/nest.py",
        "rest = AffineExpr.constant(extent) - AffineExpr.dimension(0)",
        "rest = AffineExpr.constant(extent - 1) - AffineExpr.dimension(0)",
        GROUPS, "-k", "bias_and_relu or many_kinds",
    ),
    mutation(
        "folded taps are read one position short",
        "passes/tile/contraction.py",
        "terms = [(self.nest.size(self.m[-1]), fold.step), (taps, 1)]",
        "terms = [(self.nest.size(self.m[-1]), fold.step), (1, 1)]",
        WINDOWS, "-k", "side_by_side",
    ),
    mutation(
        "taps that stand apart are folded",
        "passes/group/fold.py",
        "    if terms[taps[0]] != 1:\n",
        "    if terms[taps[0]] < 1:\n",
        WINDOWS, "-k", "does_not_fold",
    ),
    mutation(
        "rows that are windows lie beside each other, whatever the stride",
        "codegen/kernel.py",
        "        step = op.window_step.value.data\n",
        "        step = 1\n",
        "tests/e2e/test_convolutions.py", "-k", "same_values and folded",
    ),
    mutation(
        "a transposed transfer forgets its order",
        "passes/dma/insert_dma.py",
        "    after = copy.after\n",
        "    order, after = sorted(order), copy.after\n",
        DMA, "-k", "keeps_the_values",
    ),
    mutation(
        "a load is not waited for",
        "passes/dma/insert_dma.py",
        "        if isinstance(transfer, npu.DmaLoadOp):\n",
        "        if isinstance(transfer, npu.DmaStoreOp):\n",
        "lit", "test/lit/passes/insert_dma.mlir",
    ),
    mutation(
        "slots do not go round",
        "passes/dma/slot_views.py",
        "    return number % slots\n",
        "    return number - number\n",
        "tests/passes/test_scratchpad_plan.py",
    ),
    mutation(
        "slots go round by all cores' iterations",
        "passes/dma/slot_views.py",
        "            number //= cores\n",
        "            number //= 1\n",
        "tests/passes/test_scratchpad_plan.py",
    ),
    mutation(
        "the first product of a tile is added to what was there",
        "passes/tile/contraction.py",
        'later = arith.CmpiOp(variable, self.nest.constant(0), "ne")',
        'later = arith.CmpiOp(variable, self.nest.constant(0), "sge")',
        GROUPS, "-k", "bias_and_relu or many_kinds",
    ),
    mutation(
        "buffers that live at the same time share bytes",
        "passes/place/scratchpad_plan.py",
        "return self.first <= other.last and other.first <= self.last",
        "return self.first < other.first and other.first < self.last",
        "tests/passes/test_scratchpad_plan.py",
    ),
    mutation(
        "a scratchpad that is too small passes",
        "passes/place/place.py",
        "    if end_of(buffers, offsets) > machine.spad_bytes:\n",
        "    if end_of(buffers, offsets) > machine.spad_bytes * 1000:\n",
        "lit", "test/lit/passes/place_invalid.mlir",
    ),
    mutation(
        "loops that carry a sum are dealt to cores",
        "passes/tile/distribute.py",
        "_loop(current).kind == PARALLEL:",
        "_loop(current).kind != PARALLEL:",
        "lit", "test/lit/passes/distribute.mlir",
    ),
    mutation(
        "a footprint counts one slot only",
        "passes/map/footprint.py",
        "count = slots if buffer.is_streamed and is_refilled else 1",
        "count = 1 if buffer.is_streamed and is_refilled else 1",
        "tests/passes/test_mapping.py",
    ),
    mutation(
        "a permutation of a transfer is not verified",
        "dialects/npu/transfer_rules.py",
        "if len(set(walked)) != len(walked) or not set(walked) <= set(range(rank)):",
        "if not set(walked) <= set(range(rank)):",
        "lit", "test/lit/dialects/npu/invalid.mlir",
    ),
    mutation(
        "an order of loops may name one twice",
        "dialects/npu/attrs.py",
        "if sorted(order) != list(range(len(order))):",
        "if min(order) < 0:",
        "lit", "test/lit/dialects/npu/invalid.mlir",
    ),
    mutation(
        "a transfer walks the tensor in the order of the tensor",
        "codegen/dma.py",
        '"dram_stride_bytes": [i64(strides[dim]) for dim in walked],',
        '"dram_stride_bytes": [i64(strides[dim]) for dim in sorted(walked)],',
        "tests/e2e/test_shapes.py", "-k", "matmul or permutations",
    ),
    mutation(
        "a maximum loses NaN",
        "codegen/extremum.py",
        "    return rvv.merge(better, new, spoilt, vl, keep=better)\n",
        "    return rvv.merge(better, best, spoilt, vl, keep=better)\n",
        "tests/codegen/test_tile_functions.py", "-k", "nan_wins",
    ),
    mutation(
        "a sum of no lanes is not 0",
        "codegen/reduction.py",
        'arith.AddfOp: Kind(-0.0, "vfwadd.w"',
        'arith.AddfOp: Kind(1.0, "vfwadd.w"',
        "tests/codegen/test_sums.py",
    ),
    mutation(
        "a coefficient of exp",
        "codegen/special.py",
        "1.0, 1.0, 0.4999999403953552,",
        "1.0, 1.0, 0.4999799403953552,",
        "tests/codegen/test_special_functions.py",
    ),
    mutation(
        "an odd function loses its sign",
        "codegen/special.py",
        '    return rvv.binary("vfsgnj", ratio, x, vl)\n',
        '    return rvv.binary("vfsgnj", ratio, ratio, vl)\n',
        "tests/codegen/test_special_functions.py",
    ),
    mutation(
        "an array keeps sums that it should start anew",
        "codegen/device.py",
        'with builder.if_else(builder.icmp_signed("!=", accumulate, i64(0)))',
        'with builder.if_else(builder.icmp_signed("==", accumulate, i64(0)))',
        "tests/codegen/test_matmul.py",
    ),
)  # fmt: skip
"""Of those, "lit" runs IR tests in place of pytest."""
