"""Energy: counts of actions by hand, times a table's figures; missing figures are told."""

from dataclasses import replace
from pathlib import Path

import pytest

from npu.configs.energy import (
    ACTIONS,
    EnergyCost,
    EnergyTable,
    load_energy_table,
    parse_energy_table,
    shipped_energy_tables,
)
from npu.configs.errors import UserError
from npu.configs.loader import SHIPPED_FOLDER, load
from npu.runtime.togsim_cli import main
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    DmaDim,
    Kernel,
    Launch,
    Load,
    Matmul,
    Preload,
    Program,
    Store,
    Tensor,
    TileFunction,
    Vector,
    Wait,
)
from npu.togsim.report.log import log_lines
from npu.togsim.report.result import Result
from npu.togsim.simulate import simulate

MACHINE = replace(load("8x8"), dram_refresh_interval_ns=0, dram_refresh_ns=0)
TILE = Access("x", Const(0), (Const(0), Const(0)), (Const(8), Const(8)))
SUMS = replace(TILE, buffer="acc")
BUFFERS = (Buffer("x", 1, (8, 8), 4, 0), Buffer("acc", 1, (8, 8), 4, 256))
DIMS = (DmaDim(Const(64), 4),)


def table(**energies: float) -> EnergyTable:
    """A table of these energies in joules."""
    lines = "".join(
        f"  {action}: {{energy: {joules * 1e12!r}, unit: pJ, node: none, source: made up}}\n"
        for action, joules in energies.items()
    )
    return parse_energy_table("actions:\n" + lines, "made_up.yaml")


EACH = {action: float(3**i) for i, action in enumerate(ACTIONS)}
"""Powers of three: no small sum of some equals another."""


def program() -> Program:
    first = (
        Load("t", 0, Const(0), DIMS, 4, TILE),
        Wait("t"),
        Preload(Const(8), Const(8), TILE),
        Matmul(Const(8), TILE, SUMS),
        Vector("f", (), (SUMS,), (SUMS,)),
        Store("s", 0, Const(0), DIMS, 4, SUMS),
    )
    functions = (TileFunction("f", {(): 10}),)
    kernels = (
        Kernel("all", ("t",), BUFFERS, functions, first),
        Kernel("reads", ("t",), BUFFERS, functions, first[:2]),
    )
    launches = (Launch(0, (0,)), Launch(1, (0,), (0,)), Launch(1, (0,), (1,)))
    return Program(VERSION, (Tensor("t", 1 << 32, 4096),), kernels, launches)


def run(found: EnergyTable, **machine: object) -> Result:
    return simulate(program(), replace(MACHINE, energy_table=found, **machine))  # pyright: ignore[reportArgumentType]


COUNTS = {
    "array_mac_32_bit": 8 * 8 * 8,
    "vector_word_cycle": 10 * 8 * (256 // 32),  # ten cycles of eight lanes of 256 bits
    # preload, matmul, vector and store read a tile of 256 bytes; three loads, matmul, vector write
    "spad_read_byte": 4 * 256,
    "spad_write_byte": 5 * 256,
    # blocks of 64 bytes: four a tile; three loads and a store, with 8 bytes the other way
    "icnt_byte": 16 * (64 + 8),
    "dram_read_bit": 12 * 64 * 8,
    "dram_write_bit": 4 * 64 * 8,
}


def test_each_action_is_counted() -> None:
    energy = run(table(**EACH)).energy
    assert energy is not None
    assert {line.action: line.count for line in energy.actions} == COUNTS
    for line in energy.actions:
        assert line.joules == pytest.approx(line.count * EACH[line.action])
    total = sum(count * EACH[action] for action, count in COUNTS.items())
    assert energy.total_joules == pytest.approx(total)
    assert energy.table == "made_up.yaml"


def test_the_log_tells_the_energy() -> None:
    result = run(table(**EACH))
    assert result.energy is not None
    lines = list(log_lines(result, MACHINE))
    assert (
        f"Energy by made_up.yaml : {result.energy.total_joules:.6e} J, "
        f"average power {result.energy.average_watts:.3f} W"
    ) in lines
    assert f"Energy of DRAM : {result.energy.components[5].joules:.6e} J" in lines


def test_power_is_energy_over_simulated_time() -> None:
    result = run(table(**EACH))
    assert result.energy is not None
    seconds = result.total_cycles / 800e6
    assert result.energy.average_watts == pytest.approx(result.energy.total_joules / seconds)


def test_components_and_kernels_sum_to_the_total() -> None:
    energy = run(table(**EACH)).energy
    assert energy is not None
    assert sum(part.joules for part in energy.components) == pytest.approx(energy.total_joules)
    kernels = {kernel.kernel: kernel.joules for kernel in energy.kernels}
    whole = sum(kernels.values()) + energy.unattributed_joules
    assert whole == pytest.approx(energy.total_joules)
    # the two launches of `reads` have 8 of 12 reads and no write: 8 of 16 requests on the network
    memory = 8 * 64 * 8 * EACH["dram_read_bit"] + 8 * 72 * EACH["icnt_byte"]
    assert kernels["reads"] == pytest.approx(memory + 2 * 256 * EACH["spad_write_byte"])


def test_refreshes_are_counted_and_nobodys() -> None:
    # every 80 cycles of 800 MHz, from 80 on, until the end of the last launch
    result = run(table(**EACH), dram_refresh_interval_ns=100, dram_refresh_ns=20)
    assert result.energy is not None
    line = next(line for line in result.energy.actions if line.action == "dram_refresh")
    assert line.count == (result.total_cycles - 1) // 80
    assert result.energy.unattributed_joules == pytest.approx(line.joules)


def test_static_power_is_drawn_all_the_time() -> None:
    drawn = EnergyCost(1e12, "none", "made up")
    result = run(replace(table(**EACH), static_power=drawn))
    without = run(table(**EACH))
    assert result.energy is not None
    assert without.energy is not None
    assert result.simulated_seconds > 0
    static = 1e12 * result.simulated_seconds
    assert result.energy.unattributed_joules == pytest.approx(static)
    assert result.energy.total_joules - without.energy.total_joules == pytest.approx(static)


def test_no_table_no_figures() -> None:
    result = simulate(program(), MACHINE)
    assert result.energy is None
    assert result.to_dict()["energy"] is None


@pytest.mark.parametrize("action", COUNTS)
def test_a_missing_figure_is_an_error_that_names_the_action(action: str) -> None:
    lacking = {name: joules for name, joules in EACH.items() if name != action}
    message = rf"no figure for '{action}', which occurred {COUNTS[action]:,} times"
    with pytest.raises(UserError, match=message):
        run(table(**lacking))


def test_a_figure_of_what_does_not_occur_may_be_missing() -> None:
    assert run(table(**dict.fromkeys(COUNTS, 1.0))).energy is not None


@pytest.mark.parametrize("name", shipped_energy_tables())
def test_shipped_tables_are_complete_and_have_sources(name: str) -> None:
    shipped = load_energy_table(name)
    missing = set(ACTIONS) - {action for action, _ in shipped.actions}
    assert missing == {"array_mac_64_bit"}
    for _, cost in shipped.actions:
        assert cost.value > 0
        assert len(cost.source) > 20
        assert cost.node


def test_a_shipped_table_by_hand() -> None:
    """The figures of HBM2 per bit, and units."""
    shipped = load_energy_table("hbm2_7nm")
    read, refresh = shipped.cost("dram_read_bit"), shipped.cost("dram_refresh")
    assert read is not None
    assert refresh is not None
    assert read.value == pytest.approx((1.51 + 1.17 + 0.80) * 1e-12)
    assert refresh.value == pytest.approx(1.2 * (0.250 - 0.055) * 260e-9 / 2)


LINE = "{energy: 1, unit: pJ, node: 7 nm, source: made up}"
NUMBER = "expected a number from 0"


def figure(old: str, new: str) -> str:
    """A table of one figure with a part of it replaced."""
    assert old in LINE
    return f"actions:\n  icnt_byte: {LINE.replace(old, new)}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("static_power: {}", "'actions': is missing; expected a mapping from an action"),
        ("actions: 3", "t.yaml:1: key 'actions': is '3'; expected a mapping"),
        (f"actions:\n  array_mac_32bit: {LINE}", "did you mean 'array_mac_32_bit'"),
        (f"action:\n  icnt_byte: {LINE}", "'action': is not a key .*did you mean 'actions'"),
        (figure(LINE, "3"), "t.yaml:2: key 'actions.icnt_byte': is '3'; expected a map"),
        (figure(", source: made up", ""), "'actions.icnt_byte.source': is missing"),
        (figure("1,", "-1,"), f"energy': is '-1'; {NUMBER}"),
        (figure("1,", ".nan,"), f"energy': is 'nan'; {NUMBER}"),
        (figure("1,", ".inf,"), f"energy': is 'inf'; {NUMBER}"),
        (figure("1,", "true,"), f"energy': is 'true'; {NUMBER}"),
        (figure("1,", "1e3,"), f"energy': is 1e3, .*; {NUMBER} to .*; write 1000"),
        (figure("1,", "[],"), f"energy': is a list; {NUMBER}"),
        (figure("pJ", "mJ"), "unit': is 'mJ'; expected 'fJ' or 'pJ'"),
        (figure("made up", "5"), "source': is '5'; expected a text"),
        (figure("made up", "no"), "source': is no, .*; put it in quotes"),
        (f"actions:\n  icnt_byte: {LINE}\n  icnt_byte: {LINE}", "given twice"),
        (
            "actions: {}\nstatic_power: {power: 1, unit: pJ, node: n, source: s}",
            "'static_power.unit': is 'pJ'; expected 'mW' or 'W'",
        ),
    ],
)
def test_mistakes_in_a_table_are_told(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_energy_table(text, "t.yaml")


def test_all_mistakes_in_a_table_are_told_at_once() -> None:
    text = f"actions:\n  icnt_byt: {LINE}\n  l2_read_byte: {{energy: x, unit: mJ}}\nextra: 1\n"
    with pytest.raises(UserError) as raised:
        parse_energy_table(text, "t.yaml")
    found = [line.split(": ")[1] for line in str(raised.value).splitlines()]
    assert found == [
        "key 'actions.icnt_byt'",
        "key 'actions.l2_read_byte.energy'",
        "key 'actions.l2_read_byte.unit'",
        "key 'actions.l2_read_byte.node'",
        "key 'actions.l2_read_byte.source'",
        "key 'extra'",
    ]


def test_an_unknown_table_is_told() -> None:
    with pytest.raises(UserError, match="no such energy table; expected a YAML file or one of"):
        load_energy_table("hbm9")


def machine_file(folder: Path, key: str) -> Path:
    """A machine's file whose table of energies `key` names."""
    path = folder / "machine.yaml"
    path.write_text((SHIPPED_FOLDER / "8x8.yaml").read_text() + f"\n{key}\n")
    return path


def test_a_machine_names_its_table(tmp_path: Path) -> None:
    (tmp_path / "costs.yaml").write_text(f"actions:\n  icnt_byte: {LINE}\n")
    named = load(machine_file(tmp_path, "energy_cost_table_path: costs.yaml"))
    assert named.energy_table is not None
    assert named.energy_table.name == "costs.yaml"
    # the content is part of the machine, the path is not
    (tmp_path / "same.yaml").write_text(f"actions:\n  icnt_byte: {LINE}\n")
    other = load(machine_file(tmp_path, "energy_cost_table_path: same.yaml"))
    assert named == other
    assert named.fingerprint() == other.fingerprint()
    assert named.fingerprint() != load("8x8").fingerprint()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "energy_cost_table_path': names 'costs.yaml', which is no file"),
        ("actions: {icnt_byt: {}}", "did you mean 'icnt_byte'"),
        ("", "costs.yaml:1: "),
    ],
)
def test_mistakes_in_a_machines_table_are_told(
    tmp_path: Path, text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / "costs.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        load(machine_file(tmp_path, "energy_cost_table_path: costs.yaml"))


def test_the_command_takes_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = tmp_path / "graph.mlir"
    graph.write_text(
        """builtin.module {
  tog.kernel @k(%x: memref<8xf32>) {
    tog.end
  }
}"""
    )
    with pytest.raises(SystemExit):
        main(["run", str(graph), "--config", "8x8", "--energy", "hbm9"])
    assert "no such energy table" in capsys.readouterr().err
