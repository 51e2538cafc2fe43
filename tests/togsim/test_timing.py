"""Every timing rule, with the expected cycles worked out by hand.

The machine has all its clocks at 1000 MHz, arrays of 8 x 8, one channel of 20 cycles, a network of
5 cycles each way, one port. So a request injected at cycle t is back at t + 5 + 20 + 5 = t + 30,
and the last result of a matmul leaves 8 + 8 - 1 = 15 cycles after its last push. An instruction
decoded at cycle d is dispatched at d + 1 at the earliest. The DRAM refreshes, and its bus
takes time to turn around, only in the tests of that.
"""

from dataclasses import replace

from npu.configs.loader import load
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    FloorDiv,
    Iv,
    Kernel,
    Launch,
    Load,
    Loop,
    Matmul,
    Mod,
    Node,
    Preload,
    Program,
    Store,
    Tensor,
    TileFunction,
    Vector,
    Wait,
)
from npu.togsim.result import Result
from npu.togsim.simulate import simulate

MACHINE = replace(
    load("8x8"),
    core_freq_mhz=1000,
    dram_freq_mhz=1000,
    icnt_freq_mhz=1000,
    dram_channels=1,
    dram_req_size_byte=32,
    dram_latency=20,
    dram_bandwidth_gbps_total=None,
    dram_bandwidth_gbps_per_channel=None,
    dram_refresh_interval_ns=0,
    dram_refresh_ns=0,
    dram_read_to_write_cycles=0,
    dram_write_to_read_cycles=0,
    icnt_latency_cycles=5,
    icnt_injection_ports_per_core=1,
    sa_weight_buffer_depth=2,
    num_systolic_array_per_core=1,
)
BUFFERS = (Buffer("x", 2, (256, 8), 4, 0), Buffer("acc", 2, (512, 8), 4, 16384))
FUNCTIONS = (
    TileFunction("f10", {(): 10}),
    TileFunction("f30", {(): 30}),
    TileFunction("f1000", {(): 1000}),
)
ZERO = Const(0)


def part(buffer: str, lo: int, hi: int, slot: int = 0) -> Access:
    return Access(buffer, Const(slot), (Const(lo), ZERO), (Const(hi - lo), Const(8)))


def load_rows(token: str, rows: Access, blocks: int = 1, block: int = 0) -> Load:
    """A load of `blocks` blocks of 32 bytes from block number `block` on."""
    return Load(token, 0, Const(32 * block), ((Const(8 * blocks), 4),), 4, rows)


def store_rows(token: str, rows: Access, blocks: int = 1) -> Store:
    return Store(token, 0, ZERO, ((Const(8 * blocks), 4),), 4, rows)


def preload(lo: int = 0) -> Preload:
    return Preload(Const(8), Const(8), part("x", lo, lo + 8))


def matmul(rows: int, to: int, from_row: int = 100) -> Matmul:
    """Pushes `rows` rows, from row `from_row` on, into accumulator rows from `to` on."""
    return Matmul(Const(rows), part("x", from_row, from_row + rows), part("acc", to, to + rows))


def vector(function: str, reads: tuple[Access, ...], writes: tuple[Access, ...]) -> Vector:
    return Vector(function, (), reads, writes)


def program(body: tuple[Node, ...], launches: tuple[Launch, ...] = (Launch(0, (0,)),)) -> Program:
    kernel = Kernel("k", ("t",), BUFFERS, FUNCTIONS, body)
    return Program(VERSION, (Tensor("t", 1 << 32, 1 << 20),), (kernel,), launches)


def run(*body: Node, **machine: object) -> Result:
    return simulate(program(body), replace(MACHINE, **machine), trace=True)  # pyright: ignore[reportArgumentType]


def times(result: Result) -> list[tuple[int, int]]:
    """(started, completed) of every instruction, in program order."""
    records = sorted(result.trace, key=lambda record: (record.launch, record.decoded))
    return [(record.started, record.completed) for record in records]


# --- arrays -------------------------------------------------------------------------------------


def test_preload_takes_a_cycle_a_row() -> None:
    assert times(run(preload())) == [(1, 9)]


def test_matmul_starts_when_its_weights_are_there_and_drains() -> None:
    # weights at 9; 16 pushes, then 15 cycles for the last result
    assert times(run(preload(), matmul(16, 0))) == [(1, 9), (9, 9 + 16 + 15)]


def test_fill_and_drain_overlap_with_the_next_matmul() -> None:
    result = run(preload(), matmul(16, 0), matmul(4, 16))
    assert times(result) == [(1, 9), (9, 40), (25, 25 + 4 + 15)]


def three_pairs(depth: int) -> list[tuple[int, int]]:
    body = (preload(), matmul(100, 0), preload(), matmul(100, 100), preload(), matmul(100, 200))
    return times(run(*body, sa_weight_buffer_depth=depth))


def test_two_weight_slots_hide_one_preload() -> None:
    assert three_pairs(2) == [
        (1, 9),
        (9, 124),
        (9, 17),  # the second slot, while the first matmul pushes
        (109, 224),
        (109, 117),  # the first slot is free after the last push of the first matmul
        (209, 324),
    ]


def test_one_weight_slot_hides_nothing() -> None:
    assert [start for start, _ in three_pairs(1)] == [1, 9, 109, 117, 217, 225]


def test_three_weight_slots_let_preloads_run_further_ahead() -> None:
    assert [start for start, _ in three_pairs(3)] == [1, 9, 9, 109, 17, 209]


def test_pairs_rotate_over_the_arrays() -> None:
    body = (preload(), matmul(100, 0), preload(), matmul(100, 100), preload(), matmul(100, 200))
    result = run(*body, num_systolic_array_per_core=2)
    arrays = [r.array for r in sorted(result.trace, key=lambda r: r.decoded)]
    assert arrays == [0, 0, 1, 1, 0, 0]
    # decoded at 0 1 2 3 4 5; the second pair has an array of its own; the third follows the first
    assert [start for start, _ in times(result)] == [1, 9, 3, 11, 9, 109]


def test_empty_pairs_take_a_cycle_each_in_the_front_and_no_array() -> None:
    nothing = (
        Preload(Const(0), Const(8), part("x", 0, 0)),
        Matmul(Const(4), replace(part("x", 0, 4), size=(Const(4), ZERO)), part("acc", 0, 4)),
    )
    body = (preload(), matmul(100, 0), *nothing, preload(), matmul(100, 100), *nothing)
    result = run(*body, num_systolic_array_per_core=2)
    # decoded at 0 1 and, behind the two that are skipped, at 4 5; the second array is next in turn
    assert [r.array for r in sorted(result.trace, key=lambda r: r.decoded)] == [0, 0, 1, 1]
    assert [start for start, _ in times(result)] == [1, 9, 5, 13]
    counts = result.cores[0].instructions
    assert (counts.preload, counts.matmul) == (2, 2)


def test_two_matmuls_may_use_one_preload() -> None:
    result = run(
        preload(),
        matmul(50, 0),
        matmul(50, 50),
        preload(),
        matmul(1, 100),
        sa_weight_buffer_depth=1,
    )
    assert [start for start, _ in times(result)] == [1, 9, 59, 109, 117]


# --- interlocks ---------------------------------------------------------------------------------


def test_raw_a_reader_starts_when_the_writer_is_complete() -> None:
    write = vector("f10", (), (part("x", 0, 8),))
    assert times(run(write, preload(7))) == [(1, 11), (11, 19)]
    assert times(run(write, preload(8))) == [(1, 11), (2, 10)]


def test_war_a_writer_starts_when_the_reader_has_read() -> None:
    assert times(run(preload(), vector("f10", (), (part("x", 0, 1),)))) == [(1, 9), (9, 19)]


def test_war_a_matmul_has_read_its_rows_after_its_last_push() -> None:
    rows = part("x", 100, 108)
    # pushes from 9 to 25, results until 40
    over_rows = run(preload(), matmul(16, 0), vector("f10", (), (rows,)))
    assert times(over_rows)[2] == (25, 35)
    over_sums = run(preload(), matmul(16, 0), vector("f10", (), (part("acc", 7, 8),)))
    assert times(over_sums)[2] == (40, 50)


def test_waw_a_load_overwrites_when_the_writer_is_complete() -> None:
    write = vector("f10", (), (part("x", 0, 8),))
    assert times(run(write, load_rows("t", part("x", 0, 1)))) == [(1, 11), (11, 41)]
    other_slot = load_rows("t", part("x", 0, 1, slot=1))
    assert times(run(write, other_slot)) == [(1, 11), (2, 32)]


def test_accumulating_matmuls_chain_one_cycle_after_the_start() -> None:
    # the first matmul's rows are ready at 31; the second one's weights and rows long before
    make_rows = vector("f30", (), (part("x", 100, 108),))
    body = (make_rows, preload(), matmul(16, 0), preload(), matmul(16, 0, 200))
    started = [start for start, _ in times(run(*body, num_systolic_array_per_core=2))]
    assert started == [1, 2, 31, 4, 32]


def test_matmuls_on_overlapping_sums_that_differ_wait_for_completion() -> None:
    body = (preload(), matmul(16, 0), preload(), matmul(16, 4))
    started = [start for start, _ in times(run(*body, num_systolic_array_per_core=2))]
    assert started == [1, 9, 3, 40]


# --- the execute queue --------------------------------------------------------------------------


def test_wait_holds_what_stands_behind_it_until_the_token() -> None:
    # the load: decoded 0, injected 1, back at 31; the wait goes at 31, the preload at 32
    result = run(load_rows("t", part("x", 0, 1)), Wait("t"), preload(100))
    assert times(result) == [(1, 31), (31, 32), (32, 40)]


def test_loads_go_on_behind_a_wait() -> None:
    result = run(
        load_rows("a", part("x", 0, 1)), Wait("a"), preload(100), load_rows("b", part("x", 8, 9))
    )
    assert times(result)[3] == (4, 34)  # decoded at 3


def test_the_vector_unit_works_while_an_array_does() -> None:
    result = run(preload(), vector("f10", (), (part("acc", 0, 8),)))
    assert times(result) == [(1, 9), (2, 12)]


def test_a_unit_takes_eight_instructions_ahead() -> None:
    def preload_start(vectors: int) -> int:
        calls = [vector("f10", (), (part("acc", 8 * i, 8 * i + 8),)) for i in range(vectors)]
        return times(run(*calls, preload()))[-1][0]

    # nine: dispatched at 1 to 9, the first at work, eight waiting; the preload at 10
    assert preload_start(9) == 10
    # the tenth has room after the second one started at 11: dispatched at 12, the preload at 13
    assert preload_start(10) == 13


def test_a_queue_takes_512_instructions_ahead() -> None:
    def after_loads(loads: int) -> Result:
        blocked = Loop("i", 0, loads, 1, (load_rows("t", part("x", 0, 1)),))
        return run(vector("f1000", (), (part("x", 0, 8),)), blocked, preload(100))

    # the vector ends at 1001; 512 loads are decoded at 1 to 512, the preload at 513
    fits = after_loads(512)
    assert times(fits)[-1][0] == 514
    assert fits.cores[0].front.waiting_queue_cycles == 0
    # the 513th is decoded when the first has left at 1001, the preload at 1002
    full = after_loads(513)
    assert times(full)[-1][0] == 1003
    assert full.cores[0].front.waiting_queue_cycles == 1001 - 513


# --- DMA, network, DRAM -------------------------------------------------------------------------


def test_one_port_injects_one_request_a_cycle() -> None:
    assert times(run(load_rows("t", part("x", 0, 8), blocks=3))) == [(1, 33)]


def test_ports_inject_together_and_a_channel_takes_one_a_cycle() -> None:
    three = load_rows("t", part("x", 0, 8), blocks=3)
    # one channel: reached at 6 6 7, accepted at 6 7 8
    assert times(run(three, icnt_injection_ports_per_core=2)) == [(1, 33)]
    # two channels, blocks 0 1 2 on channels 1 0 0: accepted at 6 6 7
    two_channels = run(three, icnt_injection_ports_per_core=2, dram_channels=2)
    assert times(two_channels) == [(1, 32)]


def test_requests_to_one_channel_queue_up_and_to_two_do_not() -> None:
    far = Load("t", 0, ZERO, ((Const(2), 32 * 3), (Const(8), 4)), 4, part("x", 0, 2))
    near = Load("t", 0, ZERO, ((Const(2), 32), (Const(8), 4)), 4, part("x", 0, 2))
    # modulo x + 1 block 3 = x + 1 is on the channel of block 0; block 1 is on the other one
    ports = {"icnt_injection_ports_per_core": 2, "dram_channels": 2}
    assert times(run(far, **ports)) == [(1, 32)]
    assert times(run(near, **ports)) == [(1, 31)]


def test_network_latency_counts_both_ways() -> None:
    one = load_rows("t", part("x", 0, 1))
    assert times(run(one, icnt_latency_cycles=9)) == [(1, 1 + 9 + 20 + 9)]


def test_bandwidth_cap_spaces_requests() -> None:
    # 32 bytes at 12.8 GB/s take 2.5 cycles: the channel starts at 6, 9 (8.5), 11
    three = load_rows("t", part("x", 0, 8), blocks=3)
    assert times(run(three, dram_bandwidth_gbps_per_channel=12.8)) == [(1, 11 + 25)]
    assert times(run(three, dram_bandwidth_gbps_total=12.8)) == [(1, 11 + 25)]


def test_a_request_waits_out_a_refresh() -> None:
    # it reaches the channel at 6; the only channel's first refresh begins after one interval
    one = load_rows("t", part("x", 0, 1))

    def end(interval: int, busy: int) -> tuple[int, int]:
        result = run(one, dram_refresh_interval_ns=interval, dram_refresh_ns=busy)
        return times(result)[0][1], result.channels[0].refresh_wait_cycles

    assert end(7, 3) == (31, 0)  # the refresh begins just behind it
    assert end(6, 3) == (31 + 3, 3)  # at its arrival
    assert end(5, 3) == (31 + 2, 2)  # 5, 6 and 7
    assert end(4, 3) == (31 + 1, 1)  # 4, 5 and 6
    assert end(3, 2) == (31 + 2, 2)  # the second one, 6 and 7
    assert end(3, 1) == (31 + 1, 1)


def test_a_stream_stands_still_in_a_refresh() -> None:
    # reached at 6, 7, 8; refresh from 7 to 9: started at 6, 10, 11
    three = load_rows("t", part("x", 0, 8), blocks=3)
    result = run(three, dram_refresh_interval_ns=7, dram_refresh_ns=3)
    assert times(result) == [(1, 11 + 25)]
    assert result.channels[0].refresh_wait_cycles == 3


def test_channels_refresh_in_turn() -> None:
    # The tensor's block 0 is x^27, which is 1 modulo x + 1: blocks 0, 1, 2 are on channels 1, 0, 0
    # and arrive at 6, 6, 7. In intervals of 12 channel 0 refreshes from 6 to 8 first, channel 1
    # from 12: starts at 6, 9, 10.
    three = load_rows("t", part("x", 0, 8), blocks=3)
    ports = {"icnt_injection_ports_per_core": 2, "dram_channels": 2}
    result = run(three, dram_refresh_interval_ns=12, dram_refresh_ns=3, **ports)
    assert times(result) == [(1, 10 + 25)]
    assert [channel.refresh_wait_cycles for channel in result.channels] == [3, 0]


def test_the_bus_turns_around_from_reading_to_writing_and_back() -> None:
    # The store of an untouched row is at the channel at 6, the load decoded behind it at 7; a write
    # at 6 lets a read start 8 cycles later, a read lets a write start 9 cycles later.
    store, load = store_rows("s", part("x", 0, 1)), load_rows("t", part("x", 8, 9))
    turn = {"dram_read_to_write_cycles": 9, "dram_write_to_read_cycles": 8}
    assert times(run(store, load)) == [(1, 31), (2, 32)]
    assert times(run(store, load, **turn)) == [(1, 31), (2, 6 + 8 + 25)]
    assert run(store, load, **turn).channels[0].turnaround_wait_cycles == 14 - 7
    assert times(run(load, store, **turn)) == [(1, 31), (2, 6 + 9 + 25)]
    # a request that comes later than that waits for nothing
    assert times(run(store, load, dram_write_to_read_cycles=1)) == [(1, 31), (2, 32)]
    assert times(run(store, load, dram_write_to_read_cycles=2)) == [(1, 31), (2, 33)]


def test_clocks_of_their_own() -> None:
    # at the channel at 6 ns = DRAM cycle 3; 20 cycles of 2 ns; back 5 ns after 46 ns
    one = load_rows("t", part("x", 0, 1))
    assert times(run(one, dram_freq_mhz=500)) == [(1, 51)]
    # 2000 MHz: 6 ns + 10 ns + 5 ns
    assert times(run(one, dram_freq_mhz=2000)) == [(1, 21)]


def test_one_load_is_in_service_at_a_time() -> None:
    first = load_rows("a", part("x", 0, 8), blocks=3)
    second = load_rows("b", part("x", 8, 9))
    assert times(run(first, second)) == [(1, 33), (4, 34)]


def test_loads_inject_before_stores() -> None:
    four = load_rows("a", part("x", 0, 8), blocks=4)
    one = store_rows("b", part("x", 100, 101))
    ports = {"icnt_injection_ports_per_core": 2}
    # the load has both ports at 1 and 2; the store, there from 2 on, starts at 3
    assert times(run(four, one, **ports))[1][0] == 3
    three = load_rows("a", part("x", 0, 8), blocks=3)
    assert times(run(three, one, **ports))[1][0] == 2  # with the port the load leaves


def test_store_ends_with_its_acknowledgement_and_frees_its_rows_when_sent() -> None:
    rows = part("x", 0, 1)
    body = (vector("f10", (), (rows,)), store_rows("s", rows), load_rows("l", rows))
    assert times(run(*body)) == [(1, 11), (11, 41), (12, 42)]


def test_an_empty_transfer_is_over_in_a_cycle() -> None:
    nothing = Load("t", 0, ZERO, ((Const(0), 4),), 4, part("x", 0, 0))
    assert times(run(nothing)) == [(1, 2)]


# --- whole programs -----------------------------------------------------------------------------


def tiles(slots: int) -> Loop:
    slot = Mod(FloorDiv(Iv("i"), 1), slots)
    tile = Access("x", slot, (ZERO, ZERO), (Const(8), Const(8)))
    body = (
        Load("t", 0, ZERO, ((Const(8), 4),), 4, tile),
        Wait("t"),
        vector("f10", (tile,), ()),
    )
    return Loop("i", 0, 2, 1, body)


def test_two_slots_overlap_the_load_with_the_computation() -> None:
    # one slot: load 1-31, wait 31, vector 32-42; load 42-72, wait 72, vector 73-83
    assert run(tiles(1)).total_cycles == 83
    # two: the second load 4-34 hides behind the first; vector 42-52 right after the first
    assert run(tiles(2)).total_cycles == 52


def test_a_launch_starts_the_cycle_after_those_it_waits_for() -> None:
    body = (preload(),)
    ordered = program(body, (Launch(0, (0,)), Launch(0, (0,), (0,))))
    result = simulate(ordered, MACHINE, trace=True)
    assert [(launch.start, launch.end) for launch in result.launches] == [(0, 9), (10, 19)]


def test_the_rotation_starts_at_array_0_in_each_launch() -> None:
    two = program((preload(),), (Launch(0, (0,)), Launch(0, (0,), (0,))))
    machine = replace(MACHINE, num_systolic_array_per_core=2)
    assert [record.array for record in simulate(two, machine, trace=True).trace] == [0, 0]


def test_launches_without_order_share_a_core_one_after_the_other() -> None:
    unordered = program((preload(),), (Launch(0, (0,)), Launch(0, (0,))))
    result = simulate(unordered, MACHINE)
    # the second decodes in the cycle in which the first has drained
    assert [(launch.start, launch.end) for launch in result.launches] == [(0, 9), (9, 18)]


def test_work_items_go_round_the_cores() -> None:
    body = (Loop("i", 0, 3, 1, (preload(),), parallel=True),)
    result = simulate(program(body), replace(MACHINE, num_cores=2), trace=True)
    assert [core.instructions.preload for core in result.cores] == [2, 1]
    # core 0 decodes its items at 0 and 1, with no barrier between: the weight port is free at 9
    assert sorted((r.core, r.started) for r in result.trace) == [(0, 1), (0, 9), (1, 1)]
    assert result.total_cycles == 17


SHARED = (
    load_rows("w", part("x", 0, 1)),
    Loop("i", 0, 3, 1, (Wait("w"), vector("f10", (), ())), parallel=True),
)
"""A load ahead of three work items that each wait for it."""


def shared_on(cores: int) -> Result:
    return simulate(program(SHARED), replace(MACHINE, num_cores=cores), trace=True)


def test_work_ahead_of_the_parallel_loops_runs_once_on_a_core() -> None:
    # the load is back at 31; waits leave at 31, 33, 35; the vector unit is busy from 32 on
    result = shared_on(1)
    assert times(result) == [(1, 31), (31, 32), (32, 42), (33, 34), (42, 52), (35, 36), (52, 62)]
    assert result.total_cycles == 62


def test_every_core_with_a_work_item_runs_the_shared_work() -> None:
    # three loads reach the channel at 6 and start at 6, 7, 8
    result = shared_on(3)
    vectors = sorted((r.core, r.started, r.completed) for r in result.trace if r.op == "vector")
    assert vectors == [(0, 32, 42), (1, 33, 43), (2, 34, 44)]
    assert [core.instructions.movin for core in result.cores] == [1, 1, 1]


def test_a_core_without_a_work_item_skips_the_shared_work() -> None:
    result = shared_on(5)
    assert [core.instructions.movin for core in result.cores] == [1, 1, 1, 0, 0]
    assert [core.instructions.vector for core in result.cores] == [1, 1, 1, 0, 0]
    assert result.total_cycles == 44


def test_shared_weights_serve_every_work_item() -> None:
    # weights from 1 to 9; 20 pushes each from 9, 29 and 49 on; the last result 15 cycles after
    body = (preload(), Loop("i", 0, 3, 1, (matmul(20, 0),), parallel=True))
    assert [start for start, _ in times(run(*body))] == [1, 9, 29, 49]
    assert run(*body).total_cycles == 69 + 15


def test_a_loop_may_stand_ahead_of_the_parallel_loops() -> None:
    # loads at 1 and 2 into rows 0 and 1, back at 31 and 32; the wait is for the latest, at 32
    row = Access("x", ZERO, (Iv("j"), ZERO), (Const(1), Const(8)))
    loads = Loop("j", 0, 2, 1, (load_rows("w", row),))
    body = (loads, Loop("i", 0, 2, 1, (Wait("w"), vector("f10", (), ())), parallel=True))
    assert times(run(*body))[2:4] == [(32, 33), (33, 43)]


# --- states -------------------------------------------------------------------------------------


def test_states_of_an_array() -> None:
    # idle 0; weights load 1-8; pushes 9-24; the last result leaves at 40
    array = run(preload(), matmul(16, 0)).cores[0].arrays[0]
    assert array.idle_cycles == 1
    assert array.waiting_weights_cycles == 8
    assert array.active_cycles == 16
    assert array.draining_cycles == 15
    assert array.macs == 16 * 8 * 8


def test_states_of_an_array_that_waits_for_data() -> None:
    # the preload is dispatched at 2 and starts at 11
    array = run(vector("f10", (), (part("x", 0, 8),)), preload()).cores[0].arrays[0]
    assert array.idle_cycles == 2
    assert (array.waiting_dependency_cycles, array.waiting_weights_cycles) == (9, 8)


def test_states_of_an_array_that_waits_for_accumulators() -> None:
    # the vector owns the rows from 1 to 31; weights from 2 to 10; the matmul starts at 31
    body = (vector("f30", (), (part("acc", 0, 8),)), preload(), matmul(16, 0))
    array = run(*body).cores[0].arrays[0]
    assert array.waiting_accumulators_cycles == 31 - 10
    assert array.waiting_weights_cycles == 8


def test_states_of_dma_and_execute_queue() -> None:
    # decoded 0; injected 1; back at 31; the wait, there from 2 on, goes at 31
    core = run(load_rows("t", part("x", 0, 1)), Wait("t")).cores[0]
    assert (core.dma.active_cycles, core.dma.waiting_memory_cycles) == (1, 29)
    assert core.dma.idle_cycles == 2  # cycle 0, and cycle 31 of the wait
    assert (core.execute.idle_cycles, core.execute.waiting_token_cycles) == (2, 29)
    assert core.execute.active_cycles == 1


def test_states_of_dma_that_waits_for_a_hazard() -> None:
    # the load is there from 2 on, its rows are free at 11
    body = (vector("f10", (), (part("x", 0, 8),)), load_rows("t", part("x", 0, 1)))
    assert run(*body).cores[0].dma.waiting_hazard_cycles == 9
