"""Timing of the simple network: ports, latency, channels that take one a cycle."""

from npu.togsim.graph import Const, DmaDim, Load
from tests.togsim.timing import ZERO, load_rows, part, run, times


def test_one_port_injects_one_request_a_cycle() -> None:
    assert times(run(load_rows("t", part("x", 0, 3)))) == [(1, 33)]


def test_ports_inject_together_and_a_channel_takes_one_a_cycle() -> None:
    three = load_rows("t", part("x", 0, 3))
    # one channel: reached at 6 6 7, accepted at 6 7 8
    assert times(run(three, icnt_injection_ports_per_core=2)) == [(1, 33)]
    # two channels, blocks 0 1 2 on channels 1 0 0: accepted at 6 6 7
    two_channels = run(three, icnt_injection_ports_per_core=2, dram_channels=2)
    assert times(two_channels) == [(1, 32)]


def test_requests_to_one_channel_queue_up_and_to_two_do_not() -> None:
    far = Load("t", 0, ZERO, (DmaDim(Const(2), 32 * 3), DmaDim(Const(8), 4)), 4, part("x", 0, 2))
    near = Load("t", 0, ZERO, (DmaDim(Const(2), 32), DmaDim(Const(8), 4)), 4, part("x", 0, 2))
    # modulo x + 1 block 3 = x + 1 is on the channel of block 0; block 1 is on the other one
    ports = {"icnt_injection_ports_per_core": 2, "dram_channels": 2}
    assert times(run(far, **ports)) == [(1, 32)]
    assert times(run(near, **ports)) == [(1, 31)]


def test_network_latency_counts_both_ways() -> None:
    one = load_rows("t", part("x", 0, 1))
    assert times(run(one, icnt_latency_cycles=9)) == [(1, 1 + 9 + 20 + 9)]
