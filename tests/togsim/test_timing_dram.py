"""Timing of the simple DRAM: bandwidth, refresh, turnarounds, clocks."""

from tests.togsim.timing import load_rows, part, run, store_rows, times


def test_bandwidth_cap_spaces_requests() -> None:
    # 32 bytes at 12.8 GB/s take 2.5 cycles: the channel starts at 6, 9 (8.5), 11
    three = load_rows("t", part("x", 0, 3))
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
    three = load_rows("t", part("x", 0, 3))
    result = run(three, dram_refresh_interval_ns=7, dram_refresh_ns=3)
    assert times(result) == [(1, 11 + 25)]
    assert result.channels[0].refresh_wait_cycles == 3


def test_channels_refresh_in_turn() -> None:
    # The tensor's block 0 is x^27, which is 1 modulo x + 1: blocks 0, 1, 2 are on channels 1, 0, 0
    # and arrive at 6, 6, 7. In intervals of 12 channel 0 refreshes from 6 to 8 first, channel 1
    # from 12: starts at 6, 9, 10.
    three = load_rows("t", part("x", 0, 3))
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
    # 400 MHz: 6 ns waits for cycle 3 at 7.5; 20 cycles of 2.5 ns; 57.5 ns waits for 58, back 5 ns
    assert times(run(one, dram_freq_mhz=400)) == [(1, 63)]
    # 2000 MHz: 6 ns + 10 ns + 5 ns
    assert times(run(one, dram_freq_mhz=2000)) == [(1, 21)]
