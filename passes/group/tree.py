"""The loop tree of a group: a trunk of parallel loops, and in its innermost one stage after stage.

A stage is a contraction with the elementwise operations behind it, or vector code alone. So
attention is three, in loops over batches and rows that all of them have:

    b, m                                the trunk: the dimensions that every operation walks
      k: q k^T, then scale              a stage in loops of its own
      softmax                           along s, which two contractions and it share
      n: p v                            a stage in loops of its own, which takes s as its k

Dimensions are of one of three kinds. Those of the *trunk* are reduced by nobody and walked by all.
An *own* one is walked by one stage alone, which has a contraction: its loops stand around that
stage. All others are *shared*: a stage leaves for a later one what it has along them, so that a
tile holds them whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.linalg.ops import FillOp, GenericOp
from xdsl.ir import Operation, SSAValue

from npu.dialects.npu import GroupOp
from npu.passes.group.body import Body
from npu.passes.group.contraction import Contraction, contraction_of
from npu.passes.group.iteration_space import IterationSpace, reduction_loops
from npu.passes.group.sweeps import Stage


@dataclass(frozen=True)
class Tree:
    """The kinds of a group's dimensions, and its stages."""

    trunk: tuple[int, ...]
    stages: tuple[Stage, ...]

    @property
    def own(self) -> tuple[int, ...]:
        """The dimensions that are some stage's own."""
        return tuple(dim for stage in self.stages for dim in stage.own)


def tree_of(body: Body) -> Tree:
    """The tree of a group: of a contraction with what is elementwise behind it, one stage."""
    space, every = body.space, range(len(body.space.extents))
    runs = _runs(body)
    if len(runs) == 1:
        trunk = tuple(dim for dim in every if not space.reduced[dim])
        return Tree(trunk, (_stage(*runs[0], own=_reduced(runs[0][0])),))
    walked = [set(dims) for dims in space.op_dims.values()]
    trunk = tuple(d for d in every if not space.reduced[d] and all(d in dims for dims in walked))
    of_stage = [_walked(ops, contraction, space) for contraction, ops in runs]
    stages: list[Stage] = []
    for number, (contraction, ops) in enumerate(runs):
        others = set(trunk).union(*(of_stage[i] for i in range(len(runs)) if i != number))
        own = () if contraction is None else (*contraction.n, *contraction.k)
        stages.append(_stage(contraction, ops, own=tuple(d for d in own if d not in others)))
    return Tree(trunk, tuple(stages))


def stages_in(group: GroupOp) -> tuple[Stage, ...]:
    """The stages of a group with contractions; none of another one."""
    ops = [op for op in group.work.ops if isinstance(op, GenericOp)]
    return tree_of(Body.of(group)).stages if any(map(contraction_of, ops)) else ()


def left_between(stages: Sequence[Stage]) -> tuple[SSAValue, ...]:
    """What stages leave for later ones, in the order in which it is made."""
    found: list[SSAValue] = []
    later = {op for stage in stages for op in stage.every}
    for stage in stages:
        later -= set(stage.every)
        results = [op.results[0] for op in stage.every]
        found += [r for r in results if any(use.operation in later for use in r.uses)]
    return tuple(found)


def _stage(
    contraction: Contraction | None, ops: Sequence[Operation], own: tuple[int, ...]
) -> Stage:
    return Stage(tuple(ops), is_sweep=False, contraction=contraction, own=own)


def _reduced(contraction: Contraction | None) -> tuple[int, ...]:
    return () if contraction is None else contraction.k


def _runs(body: Body) -> list[tuple[Contraction | None, list[Operation]]]:
    """The operations by stage: a contraction, if there is one, and vector code."""
    contractions: dict[Operation, Contraction] = {c.op: c for c in body.contractions}
    runs: list[tuple[Contraction | None, list[Operation]]] = []
    for op in body.ops:
        if op in contractions:
            runs.append((contractions[op], []))
        elif runs and _continues(op, runs[-1][0], body.space):
            runs[-1][1].append(op)
        else:
            runs.append((None, [op]))
    return runs


def _continues(op: Operation, contraction: Contraction | None, space: IterationSpace) -> bool:
    """Whether an operation goes on with a stage: if that has no contraction, or as an epilogue."""
    if contraction is None:
        return True
    is_elementwise = not isinstance(op, FillOp) and not reduction_loops(op)
    return is_elementwise and space.result_dims(op) == contraction.result


def _walked(
    ops: Sequence[Operation], contraction: Contraction | None, space: IterationSpace
) -> set[int]:
    """The dimensions that a stage walks."""
    every = [*ops, *([] if contraction is None else [contraction.op])]
    return {dim for op in every for dim in space.op_dims[op]}
