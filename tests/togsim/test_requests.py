"""Latencies of requests, from arrival to the last completion, and their percentiles."""

import pytest

from npu.configs.loader import load
from npu.togsim.graph import VERSION, Kernel, Launch, Program, TileFunction, Vector
from npu.togsim.report.log import log_lines
from npu.togsim.report.requests import nearest_rank
from npu.togsim.session import Session

MACHINE = load("8x8")  # one core, 800 MHz: a cycle is 1.25 ns


def program(cycles: int, launches: int = 1) -> Program:
    """`launches` calls of a function, one launch after the other."""
    body = (Vector("f", (), (), ()),)
    kernel = Kernel("k", (), (), (TileFunction("f", {(): cycles}),), body)
    chain = tuple(Launch(0, (), (i - 1,) if i else ()) for i in range(launches))
    return Program(VERSION, (), (kernel,), chain)


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 20), (51, 30), (90, 40), (99, 40), (100, 40), (25, 10), (1, 10)]
)
def test_percentiles_are_by_nearest_rank(percent: int, expected: int) -> None:
    assert nearest_rank([40, 10, 30, 20], percent) == expected


def test_a_hundred_values_have_their_own_percentiles() -> None:
    values = list(range(1, 101))
    assert [nearest_rank(values, p) for p in (50, 90, 99)] == [50, 90, 99]
    assert nearest_rank([7], 99) == 7


def test_a_request_is_from_its_arrival_to_its_last_completion() -> None:
    # the first takes 0 to 101 (decode at 0, the call from 1); the second, there at 10 ns = cycle 8,
    # starts when the core is free, the third arrives long after
    session = Session(MACHINE)
    session.submit(program(100), request="a")
    session.submit(program(50, launches=2), request="b", arrival_ns=10)
    session.submit(program(30), request="a", arrival_ns=1250)
    first, second, third = session.result().requests
    assert (first.arrival, first.start, first.end) == (0, 0, 101)
    assert (second.arrival, second.queueing_cycles) == (8, 101 - 8)
    # its second launch begins to decode a cycle after the first has ended
    assert second.latency_cycles == 101 + 51 + 1 + 51 - 8
    assert (third.arrival, third.queueing_cycles, third.latency_cycles) == (1000, 0, 31)


def test_summaries_are_by_name() -> None:
    session = Session(MACHINE)
    for number in range(10):
        session.submit(program(100), request="busy", arrival_ns=10_000 * number)
    session.submit(program(10, launches=3), request="other", arrival_ns=200_000)
    result = session.result()
    busy, other = result.request_latencies
    assert (busy.name, busy.count, other.name, other.count) == ("busy", 10, "other", 1)
    assert (busy.latency.p50, busy.latency.p99, busy.latency.max) == (101, 101, 101)
    assert busy.latency.mean == 101
    assert busy.queueing.max == 0
    line = next(line for line in log_lines(result, MACHINE) if line.startswith("Request busy"))
    assert line == (
        "Request busy : 10 requests, latency cycles mean 101.0 p50 101 p90 101 p99 101 max 101, "
        "queueing cycles mean 0.0 p50 0 p90 0 p99 0 max 0"
    )
    assert busy.activity.vector.active_cycles == 1000
    assert other.activity.vector.active_cycles == 30
    assert other.latency.p50 == 11 * 3 + 2


def test_queueing_grows_when_requests_come_faster_than_they_are_served() -> None:
    # each takes 101 cycles and they come every 80: number n waits n * 21 cycles
    session = Session(MACHINE)
    for number in range(5):
        session.submit(program(100), request="r", arrival_ns=100 * number)
    result = session.result()
    assert [request.queueing_cycles for request in result.requests] == [0, 21, 42, 63, 84]
    assert result.request_latencies[0].queueing.p50 == 42
    assert result.request_latencies[0].latency.p90 == 84 + 101
