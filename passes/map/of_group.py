"""From a group to its problem: what `npu-map` chooses for, and what `npu-tile` checks against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from xdsl.dialects import arith, math
from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Operation, SSAValue

from npu.passes.group.contraction import Contraction
from npu.passes.group.fold import Fold, NoFoldError, fold_of
from npu.passes.group.iteration_space import reduction_loops
from npu.passes.group.plan import GroupPlan
from npu.passes.kernel.value_names import loop_names
from npu.passes.map.device import Device
from npu.passes.map.problem import Branches, Dim, Kind, Problem, Product, Stage, VectorOp

ARRAYS, VECTOR, SWEEP, BETWEEN = "arrays", "vector", "sweep", "between"
"""Names of stages: of a contraction, of all vector code, of a pass over rows, between two."""

_INSTRUCTIONS: dict[type[Operation], float] = {
    arith.ConstantOp: 0.0,
    math.ExpOp: 20.0,
    math.TanhOp: 30.0,
    math.ErfOp: 50.0,
    math.PowFOp: 60.0,
    math.LogOp: 30.0,
    math.RsqrtOp: 6.0,
    arith.MaximumfOp: 2.0,
    arith.MinimumfOp: 2.0,
}
"""Vector instructions of what is not one, about, as code generation expands it."""


def problem_of(plan: GroupPlan, device: Device) -> Problem:
    """The problem of a group's plan: whole rows, or sweeps where it was planned in sweeps."""
    c = plan.contraction
    names = loop_names(len(plan.space.extents), plan.contractions)
    dims = tuple(
        Dim(name, extent, _kind(plan, d), c is not None and d in c.one_by_one)
        for d, (name, extent) in enumerate(zip(names, plan.space.extents, strict=True))
    )
    return Problem(
        dims,
        plan.buffers,
        tuple(_stages(plan)),
        device,
        plan.growth[::-1],
        _fold(c, device.array_size),
        c is not None and c.is_windowed,
        _branches(plan),
        any(stage.is_sweep for stage in plan.stages),
    )


def _kind(plan: GroupPlan, dim: int) -> Kind:
    """What a dimension is to the group."""
    c, is_reduced = plan.contraction, plan.space.reduced[dim]
    if c is None:
        return Kind.REDUCED if is_reduced else Kind.PARALLEL
    roles = ((Kind.BATCH, c.batch), (Kind.M, c.m), (Kind.N, c.n), (Kind.K, c.k))
    kind = next((kind for kind, dims in roles if dim in dims), Kind.M)
    return Kind.TAP if kind is Kind.K and c.is_windowed and dim != c.walked_k else kind


def _branches(plan: GroupPlan) -> Branches | None:
    """What a tree of stages is made of; None where no contraction is one of several stages."""
    if not plan.is_tree:
        return None
    own = tuple(dim for stage in plan.stages for dim in stage.own)
    products = tuple(Product(c.batch, c.m, c.n, c.k) for c in plan.contractions)
    return Branches(plan.trunk, own, products)


def _fold(contraction: Contraction | None, array_size: int) -> Fold | str:
    """The taps that fold, or why none do."""
    if contraction is None:
        return "it is no convolution"
    try:
        return fold_of(contraction, array_size)
    except NoFoldError as error:
        return str(error)


def _stages(plan: GroupPlan) -> Iterator[Stage]:
    """The stages in the order in which they run."""
    if plan.is_tree:
        yield from _tree_stages(plan)
        return
    c, summed = plan.contraction, tuple(d for d, r in enumerate(plan.space.reduced) if r)
    if c is not None:
        touched = (c.op.inputs[c.rows], c.op.inputs[c.weights], c.op.results[0])
        yield Stage(ARRAYS, c.k, _numbers(plan, touched), is_on_arrays=True)
    for name, stage in zip(_names(plan), plan.stages, strict=True):
        if not stage.ops:
            continue
        has_loops = c is None and not name.startswith(BETWEEN)
        touched = [v for op in stage.ops for v in (*op.operands, *op.results)]
        ops = tuple(_vector_op(plan, op) for op in stage.ops if not plan.is_moved_only(op))
        yield Stage(name, summed if has_loops else (), _numbers(plan, touched), vector_ops=ops)


def _tree_stages(plan: GroupPlan) -> Iterator[Stage]:
    """The stages of a tree: a contraction and vector code behind it are one."""
    counts = Counter[str]()
    for stage in plan.stages:
        c = stage.contraction
        every = [*([] if c is None else [c.op]), *stage.ops]
        walked = {d for op in every for d in plan.space.op_dims[op] if d not in plan.trunk}
        read = [] if c is None else [c.op.inputs[c.rows], c.op.inputs[c.weights], c.op.results[0]]
        touched = [v for op in stage.ops for v in (*op.operands, *op.results)]
        base = VECTOR if c is None else ARRAYS
        ops = tuple(_vector_op(plan, op) for op in stage.ops)
        numbers = _numbers(plan, (*read, *touched))
        name = f"{base}_{counts[base]}" if counts[base] else base
        yield Stage(name, tuple(sorted(walked)), numbers, c is not None, ops)
        counts[base] += 1


def _names(plan: GroupPlan) -> Iterator[str]:
    """The name of each stage of vector code."""
    has_sweeps = any(stage.is_sweep for stage in plan.stages)
    counts = Counter[str]()
    for stage in plan.stages:
        base = SWEEP if stage.is_sweep else BETWEEN
        yield f"{base}_{counts[base]}" if has_sweeps else VECTOR
        counts[base] += 1


def _numbers(plan: GroupPlan, values: Iterable[SSAValue]) -> tuple[int, ...]:
    """The operands that hold some values, in their order, each once."""
    of = plan.buffer_of
    return tuple(dict.fromkeys(of[value] for value in values if value in of))


def _vector_op(plan: GroupPlan, op: Operation) -> VectorOp:
    """What the cycles of an operation depend on."""
    dims, summed = plan.space.op_dims[op], reduction_loops(op)
    if not isinstance(op, GenericOp):
        return VectorOp(dims, 1.0, gathers=False, is_one_run=True)
    inner = max(range(len(dims)), key=lambda i: plan.growth[::-1].index(dims[i]), default=None)
    moved = sum(1.0 for value in op.inputs if _walks(plan, value, inner, dims))
    body = sum(_INSTRUCTIONS.get(type(one), 1.0) for one in op.body.block.ops) - 1.0
    shapes = [plan.buffers[plan.buffer_of[v]].axes for v in (*op.inputs, op.results[0])]
    is_one_run = not summed and all(shape == shapes[-1] for shape in shapes)
    gathers = inner in summed
    return VectorOp(dims, body + moved + (0.0 if gathers else 1.0), gathers, is_one_run)


def _walks(plan: GroupPlan, value: SSAValue, inner: int | None, dims: tuple[int, ...]) -> bool:
    """Whether an operand is another one for each element of a line."""
    return inner is not None and dims[inner] in plan.buffers[plan.buffer_of[value]].dims
