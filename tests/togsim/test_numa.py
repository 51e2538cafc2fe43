"""Tensors in NUMA partitions: where they lie, and who is near to them."""

from dataclasses import replace

import pytest

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    DmaDim,
    Kernel,
    Launch,
    Load,
    Loop,
    Program,
    Tensor,
)
from npu.togsim.numa import partition_of_core, placed_in_partitions
from npu.togsim.simulate import simulate

BLOCKS = 32
TWO = replace(
    load("8x8"),
    num_cores=2,
    dram_channels=4,
    dram_num_partitions=2,
    num_partition=2,
    partition=(("core_0", 0), ("core_1", 1)),
)


def program(launches: tuple[Launch, ...], *partitions: int | None) -> Program:
    """A kernel that loads 32 blocks of 64 bytes of its tensor; a tensor for each partition."""
    buffer = Buffer("b", 1, (BLOCKS * 16,), 4, 0)
    whole = Access("b", Const(0), (Const(0),), (Const(BLOCKS * 16),))
    load_it = Load("t", 0, Const(0), (DmaDim(Const(BLOCKS * 16), 4),), 4, whole)
    body = (Loop("i", 0, 1, 1, (load_it,), parallel=True),)
    kernel = Kernel("k", ("x",), (buffer,), (), body)
    tensors = tuple(
        Tensor(f"t{number}", (1 << 32) + number * 4096, BLOCKS * 64, partition)
        for number, partition in enumerate(partitions)
    )
    return Program(VERSION, tensors, (kernel,), launches)


def test_cores_share_the_partitions_evenly() -> None:
    machine = replace(TWO, num_cores=4, num_partition=1, partition=())
    assert [partition_of_core(machine, core) for core in range(4)] == [0, 0, 1, 1]


def test_a_tensor_lies_where_it_is_touched_first() -> None:
    launches = (
        Launch(0, (2,), queue=1),
        Launch(0, (0,)),
        Launch(0, (2,)),
        Launch(0, (1,), queue=1),
    )
    placed = placed_in_partitions(program(launches, None, None, None, None, 1), TWO)
    # 0 by core 0; 1 and 2 first by core 1, the only one of queue 1; 3 by nobody; 4 where it says
    assert [tensor.partition for tensor in placed.tensors] == [0, 1, 1, 0, 1]


def test_local_and_remote_requests_are_counted_and_go_to_their_channels() -> None:
    launches = (Launch(0, (0,)), Launch(0, (0,), queue=1), Launch(0, (1,), queue=1))
    result = simulate(program(launches, 0, 1), TWO)
    near, far = result.cores
    assert (near.dma.read_requests, near.dma.remote_requests) == (BLOCKS, 0)
    assert (far.dma.read_requests, far.dma.remote_requests) == (2 * BLOCKS, BLOCKS)
    reads = [channel.reads for channel in result.channels]
    assert (reads[0] + reads[1], reads[2] + reads[3]) == (2 * BLOCKS, BLOCKS)
    assert min(reads) > 0


def test_a_partition_that_is_not_there_is_told() -> None:
    with pytest.raises(
        UserError, match=r"'t0': partition 2 is not on the machine.*expected 0 to 1"
    ):
        simulate(program((Launch(0, (0,)),), 2), TWO)


def test_channels_of_a_partition_are_a_power_of_two() -> None:
    three_each = replace(TWO, dram_channels=6)
    with pytest.raises(UserError, match=r"dram_channels 6 cannot be interleaved.*2 partitions"):
        simulate(program((Launch(0, (0,)),), 0), three_each)


def test_the_slow_link_between_two_dies_is_felt() -> None:
    chiplet = load("tpuv3_c2_chiplet")
    one = program((Launch(0, (0,)),), 0)
    other = program((Launch(0, (0,)),), 1)
    assert simulate(other, chiplet).total_cycles > simulate(one, chiplet).total_cycles
