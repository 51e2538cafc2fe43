"""Whether a mapping, which may be a user's, suits a problem; its numbers if it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from npu.configs.short import short
from npu.dialects.mapping import Hold, Loop, Mapping, Run
from npu.passes.map.problem import MAX_ROW_LOOPS, Branches, Problem, Stage
from npu.passes.map.strategies import STRATEGIES, StrategyError, fold_for
from npu.passes.map.tiling import Tiling


class MappingError(ValueError):
    """A mapping does not suit a problem; the message says what is wrong and what would be right.

    It goes on behind "the mapping ... of ...".
    """


def tiling_of(problem: Problem, mapping: Mapping) -> Tiling:
    """The numbers of a tree. Raises MappingError if it does not suit the problem."""
    fault = next(_faults(problem, mapping), None)
    if fault is not None:
        raise MappingError(fault)
    loops, number = mapping.loops, {dim.name: d for d, dim in enumerate(problem.dims)}
    order = sorted(
        (number[name] for name in loops),
        key=lambda d: (d not in problem.trunk, d in problem.summed),
    )
    tile = tuple(min(loops[dim.name].tile, dim.extent) for dim in problem.dims)
    pieces = (loops[dim.name].piece for dim in problem.dims)
    piece = tuple(min(size, most) for size, most in zip(pieces, tile, strict=True))
    buffers = tuple(mapping.buffers[operand.name] for operand in problem.operands)
    return Tiling(tile, piece, tuple(order), buffers, mapping.strategy)


def _faults(problem: Problem, mapping: Mapping) -> Iterator[str]:
    """What does not suit the problem, first things first; those behind rely on those before."""
    fault = mapping.fault()
    if fault is not None:
        yield f"breaks rule {fault}"
    yield from _name_faults(problem, mapping)
    yield from _loop_faults(problem, mapping)
    yield from _stage_faults(problem, mapping)
    yield from _hold_faults(problem, mapping)
    for dim in range(len(problem.dims)):
        yield from _cut_faults(problem, dim, mapping.loops[problem.dims[dim].name].tile)
    yield from _strategy_faults(problem, mapping.strategy)


def _name_faults(problem: Problem, mapping: Mapping) -> Iterator[str]:
    """Names that the problem does not know, and those that are not there."""
    runs = [node.stage for node, _ in mapping.walk() if isinstance(node, Run)]
    for what, known, found in (
        ("loop over", [dim.name for dim in problem.dims], list(mapping.loops)),
        ("hold of", [operand.name for operand in problem.operands], list(mapping.buffers)),
        ("run of", [stage.name for stage in problem.stages], runs),
    ):
        strange = next((name for name in found if name not in known), None)
        if strange is not None:
            yield f"has a {what} '{short(strange)}'; expected one of each of {_listed(known)}"
        missing = next((name for name in known if name not in found), None)
        if missing is not None:
            yield f"has no {what} '{missing}'; expected one of each of {_listed(known)}"
    stages = [stage.name for stage in problem.stages]
    if runs != stages:
        yield f"runs {_listed(runs)}; expected {_listed(stages)}, in this order"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _loop_faults(problem: Problem, mapping: Mapping) -> Iterator[str]:
    """Loops that are of the wrong kind, at the wrong place, or not the same in all stages."""
    kinds, first = {dim.name: dim.kind for dim in problem.dims}, mapping.loops
    for node, around in mapping.walk():
        if not isinstance(node, Loop):
            continue
        if any(kinds[loop.dim].is_summed for loop in around) and not kinds[node.dim].is_summed:
            yield (
                f"has a reduction loop outside of '{node}'; put loops over summed dimensions "
                "innermost, so that results stay in the scratchpad until they are complete"
            )
        if node.is_parallel == kinds[node.dim].is_summed:
            word = "for" if kinds[node.dim].is_summed else "par"
            yield f"has '{node}'; expected '{word}', since {node.dim} is {kinds[node.dim].value}"
        if node != first[node.dim]:
            yield f"has '{node}' and '{first[node.dim]}'; expected equal tiles in all stages"


def _stage_faults(problem: Problem, mapping: Mapping) -> Iterator[str]:
    """Stages that lack loops or have too many."""
    stages: dict[str, Stage] = {stage.name: stage for stage in problem.stages}
    order = list(mapping.loops)
    trunk = {problem.dims[d].name for d in problem.trunk}
    parallel = [name for name in order if name in trunk]
    for node, around in mapping.walk():
        if not isinstance(node, Run):
            continue
        summed = {problem.dims[d].name for d in stages[node.stage].loops}
        own = [name for name in order if name in summed]
        if problem.branches is not None:
            dims = sorted(stages[node.stage].loops, key=lambda d: (d in problem.summed, d))
            own = [problem.dims[d].name for d in dims]
        found = [loop.dim for loop in around]
        if found != [*parallel, *own]:
            yield (
                f"has {node.stage} in loops over {_listed(found)}; expected {_listed(parallel)} "
                f"outside, and {_listed(own)} inside, for this stage alone"
            )


def _hold_faults(problem: Problem, mapping: Mapping) -> Iterator[str]:
    """Operands that are not held in the innermost loop that they depend on."""
    operands = {operand.name: operand for operand in problem.operands}
    extents = {dim.name: dim.extent for dim in problem.dims}
    cut = [loop.dim for loop in mapping.loops.values() if loop.tile < extents[loop.dim]]
    for node, around in mapping.walk():
        if not isinstance(node, Hold):
            continue
        inside = [loop.dim for loop in around if loop.dim in cut]
        needed = {problem.dims[d].name for d in operands[node.operand].dims}
        if inside and inside[-1] not in needed:
            yield (
                f"has '{node}' in the loop over {inside[-1]}, of which it does not depend; put it "
                "outside"
            )
        outside = [dim for dim in cut if dim in needed and dim not in inside]
        if outside:
            yield f"has '{node}' outside of the loop over {outside[0]}; put it inside"


def _cut_faults(problem: Problem, dim: int, size: int) -> Iterator[str]:
    """What is wrong with cutting a dimension into tiles of `size`."""
    name, extent, kind = problem.dims[dim].name, problem.extents[dim], problem.dims[dim].kind
    if problem.dims[dim].is_single and size > 1:
        yield (
            f"has several of batch dimension {name} in one tile; expected 1, since the result "
            "interleaves batches"
        )
    if size >= extent:
        return
    if problem.branches is not None:
        yield from _branch_faults(problem, problem.branches, dim, size)
        return
    if not problem.is_contraction:
        if kind.is_summed and not problem.cuts_rows:
            yield f"cuts the window dimension {name}; expected its whole extent, {extent}"
        return
    if extent % size and dim not in (*problem.m[-MAX_ROW_LOOPS:], *problem.walked):
        yield _tail_fault(name, extent, size)


def _branch_faults(problem: Problem, branches: Branches, dim: int, size: int) -> Iterator[str]:
    """What is wrong with cutting a dimension of a tree of stages."""
    name, extent = problem.dims[dim].name, problem.extents[dim]
    if dim not in (*branches.trunk, *branches.own):
        yield (
            f"cuts dimension {name}, along which a stage leaves its result for another; expected "
            f"its whole extent, {extent}"
        )
    elif extent % size and not branches.may_have_tail(dim):
        yield _tail_fault(name, extent, size)


def _tail_fault(name: str, extent: int, size: int) -> str:
    return (
        f"leaves a last tile of {extent % size} in dimension {name} ({extent}), which is "
        f"walked one by one; expected a size that divides it, such as {_divisor(extent, size)}"
    )


def _divisor(extent: int, size: int) -> int:
    """The largest divisor of `extent` up to `size`."""
    return next(s for s in range(size, 0, -1) if extent % s == 0)


def _strategy_faults(problem: Problem, strategy: str) -> Iterator[str]:
    if strategy and strategy not in STRATEGIES:
        yield f"has the strategy '{short(strategy)}'; expected {', '.join(STRATEGIES)}"
    try:
        fold_for(strategy, problem)
    except StrategyError as error:
        yield f"has the strategy '{strategy}', which does not suit: {error}"
