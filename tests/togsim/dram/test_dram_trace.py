"""A trace on one channel: small cases by hand, the file format, and the patterns."""

import io
from pathlib import Path

import pytest

from npu.configs.dram import load_dram_model, parse_dram_model
from npu.configs.errors import UserError
from npu.togsim.dram import CommandLine, Rows, run_trace
from npu.togsim.dram.patterns import Geometry, pattern, pattern_names
from npu.togsim.dram.requests import parse_requests, read_requests

DATA = Path(__file__).parents[1] / "data" / "dram"
HBM2 = load_dram_model(DATA / "r20_hbm2_18.yaml")


def lines(text: str):
    return parse_requests(io.StringIO(text), "t.txt")


def test_a_hit_a_closed_bank_and_a_conflict_by_hand():
    """nRCD 7, nCL 7, nBL 2, nRP 7, nRAS 16: closed 1 + 7 + 9, hit 1 + 9, conflict 1 + 7 + 7 + 9."""
    result = run_trace(HBM2, lines("0 0 R\n100 32 R\n200 0x4000 R\n"), log_commands=True)
    assert [a - b for a, b in zip(result.completed, (0, 100, 200), strict=True)] == [17, 10, 24]
    assert result.read_rows == Rows(hits=1, misses=1, conflicts=1)
    assert result.total_ticks == 224
    assert result.commands == {"ACT": 2, "PRE": 1, "RD": 3}
    assert result.command_log[0] == CommandLine(1, "ACT", "R", (0, 0, 0, 0, 0, 0))
    assert [one.tick for one in result.command_log] == [1, 8, 101, 201, 208, 215]
    latency = result.read_latency
    assert latency is not None
    assert (latency.mean, latency.p50, latency.p99) == (17.0, 17, 24)
    assert (latency.min, latency.max) == (10, 24)
    assert sum(result.activations) == 2


def test_derived_figures_by_hand():
    result = run_trace(HBM2, lines("0 0 R\n0 32 R\n0 64 W\n"))
    assert result.bytes == 96
    # ticks of 10^6 / 900 ps
    assert result.seconds == pytest.approx(result.total_ticks / 900e6)
    assert result.gb_per_second == pytest.approx(96 / result.seconds / 1e9)
    assert result.utilization == pytest.approx(result.gb_per_second / 28.8)
    for waits in (result.read_waits, result.write_waits):
        parts = waits.accept + waits.bank + waits.column + waits.refresh + waits.data
        assert parts == waits.total


def test_only_writes_have_no_read_latency():
    result = run_trace(HBM2, lines("0 0 W\n"))
    assert result.read_latency is None
    assert result.read_latency_from_arrival is None
    assert result.total_ticks == 8  # WR goes out at 1 + nRCD; no write latency is counted
    assert result.write_rows == Rows(hits=0, misses=1, conflicts=0)


def test_a_read_of_a_waiting_write_is_forwarded():
    """The second write waits for the row that the first opens; the read finds it a tick later."""
    result = run_trace(HBM2, lines("0 0 W\n0 32 W\n0 32 R\n"))
    assert result.forwarded_reads == 1
    assert result.read_rows == Rows(0, 0, 0)
    assert (result.accepted[2], result.completed[2]) == (2, 3)


def test_mop4clxor_spreads_blocks_of_four_columns():
    text = (DATA / "r20_hbm2_18.yaml").read_text().replace("RoBaRaCoCh", "MOP4CLXOR")
    model = parse_dram_model(text, "m.yaml")
    trace = lines("".join(f"{100 * i} {32 * i} R\n" for i in range(12)))
    log = run_trace(model, trace, log_commands=True).command_log
    reads = [one.address[1:] for one in log if one.command == "RD"]
    # columns 0-3 of each pseudo channel in turn, then the next bank group; column bits 0 and 1 are
    # XORed into the pseudo channel and (from bit 1 on) the bank group
    assert reads[:4] == [(0, 0, 0, 0, 0), (1, 0, 0, 0, 1), (0, 1, 0, 0, 2), (1, 1, 0, 0, 3)]
    assert reads[4:8] == [(1, 0, 0, 0, 0), (0, 0, 0, 0, 1), (1, 1, 0, 0, 2), (0, 1, 0, 0, 3)]
    assert reads[8:] == [(0, 1, 0, 0, 0), (1, 1, 0, 0, 1), (0, 0, 0, 0, 2), (1, 0, 0, 0, 3)]


def test_addresses_wrap_at_the_capacity():
    assert HBM2.capacity_bytes == 32 * 32768 * 512
    near = run_trace(HBM2, lines("0 64 R\n"), log_commands=True)
    far = run_trace(HBM2, lines(f"0 {64 + HBM2.capacity_bytes} R\n"), log_commands=True)
    assert far.command_log == near.command_log


def test_requests_wait_for_older_ones_also_when_their_cycle_is_earlier():
    result = run_trace(HBM2, lines("50 0 R\n0 32 R\n"))
    assert result.accepted == (50, 51)


def test_lines_of_a_trace():
    trace = lines("# a comment\n\n 0\t0x40 R # read\n7 64 W\n")
    assert (trace.cycles, trace.addresses, trace.writes) == ([0, 7], [64, 64], [False, True])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 0 R\n0 0\n", "t.txt:2: '0 0' is no request; expected 'cycle address R|W'"),
        ("0 0 r\n", "t.txt:1: '0 0 r' is no request"),
        ("-1 0 R\n", "t.txt:1: '-1 0 R' is no request"),
        ("0 1.5 R\n", "is no request"),
        ("0 0x R\n", "is no request"),
        ("0 0b1 R\n", "is no request"),
        ("0 0 R 3\n", "is no request"),
        ("\u0660 0 R\n", "is no request"),
        (f"0 {1 << 62} R\n", "address 4611686018427387904 is too large"),
        (f"{1 << 62} 0 R\n", "cycle 4611686018427387904 is too large"),
        (f"{'9' * 5000} 0 R\n", "is too large"),
        ("# nothing\n", "t.txt: holds no request"),
        ("", "t.txt: holds no request"),
    ],
)
def test_mistake_in_a_trace(text: str, says: str):
    with pytest.raises(UserError) as raised:
        lines(text)
    assert says in str(raised.value)


def test_files_that_are_no_traces(tmp_path: Path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name, says in (("none", "no such file"), (".", "cannot be read"), ("binary", "is no text")):
        with pytest.raises(UserError) as raised:
            read_requests(tmp_path / name)
        assert says in str(raised.value)


def test_patterns():
    fit = Geometry.of(HBM2)
    assert fit == Geometry(tx_bytes=32, row_bytes=512, banks=32)
    named = [name for name in pattern_names() if not name.endswith("G")]
    assert len(named) == 18
    for name in [*named, "seq_rd_gap3", "rand_rd_gap24"]:
        trace = pattern(name, fit)
        assert len(trace) >= 20_000
        assert all(address % 32 == 0 for address in trace.addresses[:1000])
    assert pattern("rand_rd_gap24", fit).cycles[:3] == [0, 24, 48]
    # the first of the generator: (12345 * 6364136223846793005 + 1442695040888963407) mod 2^64,
    # shifted by 33, modulo 2^23 transactions
    assert pattern("rand_rd", fit).addresses[0] == 13991680
    # reads go on with 0, 32, 64; writes have 64 MiB + 0, 32
    separate = pattern("mix21_sep", fit)
    assert separate.addresses[:6] == [0, 32, 64 << 20, 64, 96, (64 << 20) + 32]
    assert separate.writes[:6] == [False, False, True] * 2
    # a stream every 32 MiB and five rows of 512 bytes
    apart = pattern("streams4_off", fit).addresses[:5]
    assert apart == [0, (32 << 20) + 2560, (64 << 20) + 5120, (96 << 20) + 7680, 32]
    # 16 transactions of 32 bytes in a row; then 128 rows later, the tile beside it
    tile = pattern("tile_rd", fit).addresses
    assert (tile[15], tile[16], tile[128 * 16], tile[16 * 128 * 16]) == (480, 8192, 512, 1 << 20)
    with pytest.raises(UserError, match="no pattern is called 'rand_rd_gap0'"):
        pattern("rand_rd_gap0", fit)
