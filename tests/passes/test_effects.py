"""Launches wait for those that touched the same part of a tensor, and for no others."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from npu.configs.loader import load
from npu.dialects import tog
from npu.frontend.compile import compile as compile_model
from npu.passes.tog.derive_tog import program_ops
from npu.passes.tog.effects import Effects, History, Part
from npu.passes.tog.host import _record, _waits
from tests.examples import examples


def upper(low, high):
    return Part((8, 4), ((low, high), (0, 3)))


def waits_of(accesses):
    """What each launch waits for; launches are (reads, writes) of one tensor."""
    histories, waits = {"t": History()}, []
    for number, (reads, writes) in enumerate(accesses):
        effects = Effects(dict(enumerate(reads)), dict(enumerate(writes)))
        tensors = ["t"] * 9
        waits.append(_waits(tensors, effects, histories, waits))
        _record(number, tensors, effects, histories)
    return waits


def test_parts_that_are_apart():
    first, second, all_of_it = upper(0, 3), upper(4, 7), upper(0, 7)
    accesses = [([], [first]), ([], [second]), ([all_of_it], []), ([], [first]), ([second], [])]
    assert waits_of(accesses) == [set(), set(), {0, 1}, {2}, {1}]
    assert waits_of([([], [first]), ([], [upper(3, 7)])]) == [set(), {0}]


def test_another_shape_is_not_told_apart():
    flat = Part((32,), ((0, 3),))
    assert waits_of([([], [upper(4, 7)]), ([], [flat]), ([upper(4, 7)], [])]) == [
        set(),
        {0},
        {0, 1},
    ]


def test_a_box_is_around_all_transfers():
    effects = Effects()
    for part in (upper(1, 2), upper(5, 6)):
        effects.add(0, part, is_write=True)
    assert effects.writes == {0: upper(1, 6)}


PARTS = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda e: upper(min(e), max(e)))
ACCESSES = st.lists(
    st.tuples(st.lists(PARTS, max_size=2), st.lists(PARTS, max_size=1)), min_size=2, max_size=7
)


@examples(60, 500)
@given(ACCESSES)
def test_launches_that_meet_wait_for_each_other_at_last(accesses):
    """Any two of which one writes what the other touches: the later one waits, by others or not."""
    waits = waits_of(accesses)
    reached = []
    for own in waits:
        reached.append(set(own).union(*(reached[n] for n in own)))
    for later, (reads, writes) in enumerate(accesses):
        for earlier, (old_reads, old_writes) in enumerate(accesses[:later]):
            meet = any(w.meets(p) for w in old_writes for p in (*reads, *writes)) or any(
                r.meets(w) for r in old_reads for w in writes
            )
            assert not meet or earlier in reached[later]


class Joined(nn.Module):
    """What two kernels make stands beside each other."""

    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x, y):
        return torch.cat([torch.softmax(x, 1), torch.softmax(y, 1)], self.dim)


@pytest.mark.parametrize("dim", [0, 1])
def test_parts_of_a_join_are_written_beside_each_other(dim):
    x = torch.randn((40, 65), generator=torch.Generator().manual_seed(0))
    compiled = compile_model(Joined(dim), (x, x * 2), load("8x8"))
    launches = [op for op in program_ops(compiled.program.module) if isinstance(op, tog.LaunchOp)]
    assert [len(op.after) for op in launches] == [0, 0]
    (found,), _ = compiled.run(x, x * 2, timing=False)
    torch.testing.assert_close(found, Joined(dim)(x, x * 2))
