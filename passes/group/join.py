"""Groups that become stages of one kernel: a consumer takes in the producer of what it reads.

`assign.py` makes groups of one stage. Here, in program order, each group takes in a producer if
that is legal and brings something, so that what lies between the two never goes to DRAM: attention
becomes one kernel, as do two linear layers with an activation between, or one with a layer norm in
front or behind.

**Legal** it is if

- every result of the producer is read by the consumer and by nothing else. So nothing is stored
  that a kernel of its own would not have had to store, and no value leaves the group to come back;
- the two have one loop tree (`tree.py`): the trunk is the batches and rows of each contraction,
  which take what is made in the group as rows, never as weights, and nothing is read by windows;
- the scratchpad holds the smallest tile of all stages, of which there are not too many.

**Benefit**, in core cycles by the estimates of `npu-map`, which leave vector code out:

    cost(group)   = ends + max(array, transfers)
    gain          = cost(producer) + cost(consumer) - cost(both)

`ends` is what nothing hides: the first loads, the last store. `transfers` of both have no
intermediate, but what smaller tiles load again; `array` of both has what smaller tiles preload
again, and for each tile and stage the time until an array has drained: stages of a tile wait for
each other, where kernels of one stage overlap tiles. The gain is to be positive as it is, and also
where vector code hides everything else, which its transfers then do not add to, in either.

Nor may both transfer more than the two do: a DRAM does not keep to its peak, so that arrays would
not hide all that the estimate says. And cores may not be left without work.

That is the rule `gain`. By the rule `ends`, a contraction takes in what stands at its ends, if that
is legal, whatever it brings: elementwise work that makes its rows, and the maximum of each row of
its result, which others may read, too. So XLA's attention is three programs, with the scores in
DRAM between them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from xdsl.dialects.linalg.ops import GenericOp
from xdsl.ir import Block, BlockArgument, Operation, Region

from npu.dialects.npu import GroupOp
from npu.passes.group.access import reads_windows
from npu.passes.group.body import Body
from npu.passes.group.contraction import Contraction, contraction_of
from npu.passes.group.indexed import indexed_in
from npu.passes.group.iteration_space import ConflictError
from npu.passes.group.join_benefit import Part, gain, part_of
from npu.passes.group.join_body import joined, joined_body, kept, wiring, with_body
from npu.passes.group.join_ends import is_maximum_behind, makes_rows
from npu.passes.group.names import joined_name
from npu.passes.group.plan import GroupPlan, plan_of_body
from npu.passes.kernel.symbols import unique
from npu.passes.map.device import Device
from npu.passes.map.tiling import TooLargeError

MOST_STAGES = 8
"""Stages of one kernel. A join copies both groups, so that long ones would cost the square."""


GAIN, ENDS = "gain", "ends"

JOINS = (GAIN, ENDS)
"""The rules by which groups join."""


def join(block: Block, device: Device, rule: str = GAIN) -> None:
    """Joins the groups of a function body by one of `JOINS`, wherever that is legal."""
    joining = _Joining(block, device, rule)
    for op in list(block.ops):
        if isinstance(op, GroupOp):
            joining.take_in(op)
    joining.give_bodies()


class _Joining:
    """The groups of a function body, each work by its name: equal work is worked out once."""

    def __init__(self, block: Block, device: Device, rule: str) -> None:
        groups = [op for op in block.ops if isinstance(op, GroupOp)]
        self._block, self._device, self._rule = block, device, rule
        self._owner = {op.sym_name.data: op for op in groups if op.body is not None}
        """The group that has the body of a name."""
        self._taken = set(self._owner)
        self._gone: list[GroupOp] = []
        """Groups that are stages of others now: they stand to the end, unread."""
        self._parts: dict[str, Part | None] = {}
        self._joined: dict[Hashable, str | None] = {}
        """The name of what two groups become, None if they stay."""

    def take_in(self, consumer: GroupOp) -> None:
        """Joins a group with producers of what it reads, as long as any may."""
        while (found := self._first(consumer)) is not None:
            producer, both = found
            self._block.insert_op_before(both, consumer)
            left = [producer.outputs[number] for number in kept(producer, consumer)]
            for op in (producer, consumer):
                op.operands = []
            for old, new in zip((*consumer.outputs, *left), both.outputs, strict=True):
                old.replace_all_uses_with(new)
            self._gone += [producer, consumer]
            consumer = both

    def give_bodies(self) -> None:
        """Erases what is gone; a body that others repeat goes to the first one that is left."""
        gone = set(self._gone)
        for op in list(self._block.ops):
            if not isinstance(op, GroupOp) or op in gone or op.body is not None:
                continue
            owner = self._owner[op.sym_name.data]
            if owner in gone:
                self._owner[op.sym_name.data] = with_body(op, owner)
        for op in reversed(self._gone):
            op.detach()
            op.erase()

    def _first(self, consumer: GroupOp) -> tuple[GroupOp, GroupOp] | None:
        """The first producer that may join and gains by it, and the two as one."""
        for producer in self._producers(consumer):
            wires = wiring(producer, consumer)
            key = (producer.sym_name, consumer.sym_name, wires, kept(producer, consumer))
            body: Region | None = None
            if key not in self._joined:
                self._joined[key], body = self._try(producer, consumer)
            name = self._joined[key]
            if name is not None:
                both = joined(name, producer, consumer, body)
                if body is not None:
                    self._owner[name] = both
                return producer, both
        return None

    def _try(self, producer: GroupOp, consumer: GroupOp) -> tuple[str | None, Region | None]:
        """The name and the body of two groups as one; None if that is illegal or no gain."""
        works = [self._work(group) for group in (producer, consumer)]
        block = joined_body(producer, consumer, works)
        part = _part_of(block, self._device)
        if part is None or (self._rule == GAIN and not self._gains((producer, consumer), part)):
            return None, None
        name = unique(joined_name(producer, consumer), self._taken)
        self._parts[name] = part
        return name, Region(block)

    def _gains(self, groups: Sequence[GroupOp], joined: Part) -> bool:
        """Whether two groups are quicker as one."""
        parts = [self._part(group) for group in groups]
        known = [one for one in parts if one is not None]
        return len(known) == len(parts) and gain(known, joined) > 0

    def _work(self, group: GroupOp) -> Block:
        owner = self._owner[group.sym_name.data]
        assert owner.body is not None
        return owner.body.block

    def _part(self, group: GroupOp) -> Part | None:
        """A group's cost; None where it has no tree, or no tile fits."""
        name = group.sym_name.data
        if name not in self._parts:
            self._parts[name] = _part_of(self._work(group), self._device)
        return self._parts[name]

    def _producers(self, consumer: GroupOp) -> Iterator[GroupOp]:
        """Groups that the consumer may take in by the rule, in the order of its operands."""
        for owner in dict.fromkeys(value.owner for value in consumer.inputs):
            if isinstance(owner, GroupOp):
                users = {use.operation for result in owner.outputs for use in result.uses}
                works = [self._work(owner), self._work(consumer)]
                if _may_be_stages(works) and self._suits(works, users, consumer):
                    yield owner

    def _suits(self, works: Sequence[Block], users: set[Operation], consumer: GroupOp) -> bool:
        """Whether the rule lets a consumer take in a producer that `users` read."""
        if self._rule == ENDS and is_maximum_behind(works):
            others = users - {consumer}
            return all(consumer.is_before_in_block(user) for user in others)
        return users == {consumer} and (self._rule == GAIN or makes_rows(works))


def _part_of(block: Block, device: Device) -> Part | None:
    try:
        plan = plan_of_body(Body.of_block(block))
        return part_of(plan, device) if _is_legal(plan) else None
    except (ConflictError, TooLargeError):
        return None


def _is_legal(plan: GroupPlan) -> bool:
    """Whether a group has a loop tree that `npu-tile` can make."""
    if len(plan.stages) > MOST_STAGES:
        return False
    return not plan.is_tree or all(_suits(c, plan) for c in plan.contractions)


def _suits(contraction: Contraction, plan: GroupPlan) -> bool:
    """Whether a contraction walks the trunk by batches and rows, and reads what is made as rows."""
    c = contraction
    if not (c.m and c.n) or {*c.batch, *c.m} != set(plan.trunk):
        return False
    if not isinstance(c.op.inputs[c.weights], BlockArgument):
        return False
    rank = {dim: place for place, dim in enumerate(reversed(plan.growth))}
    places = [rank[dim] for dim in (*c.batch, *c.m, *c.k, *c.n)]
    return places == sorted(places)


def _may_be_stages(works: Sequence[Block]) -> bool:
    """Whether there is a contraction among some groups, and no window or index that is data."""
    if any(indexed_in(block) for block in works):
        return False
    ops = [op for block in works for op in block.ops if isinstance(op, GenericOp)]
    return any(contraction_of(op) for op in ops) and not any(map(reads_windows, ops))
