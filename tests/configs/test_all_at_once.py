"""All faults of a description are told at once, of the files it names too, and none in vain."""

from pathlib import Path

import pytest

from npu.configs.dram import parse_dram_model
from npu.configs.errors import MOST_PROBLEMS, MachineError, UserError
from npu.configs.icnt import parse_icnt_model
from npu.configs.l2d import EXAMPLE
from npu.configs.loader import SHIPPED_FOLDER, load, parse

BASE = (SHIPPED_FOLDER / "8x8.yaml").read_text()

PATH = ["booksim_config_path"]

THREE_FAULTS = """\
Frontend: {impl: GEM5, clock_ratio: 2}
MemorySystem:
  impl: GenericDRAM
  clock_ratio: 2
  DRAM: {impl: DDR4, org: {preset: DDR4_8Gb_x8, channel: 0, rank: 3}, timing: {preset: DDR4_1600J}}
  Controller:
    impl: Generic
    Scheduler: {impl: FRFCFS}
    RefreshManager: {impl: AllBank}
    RowPolicy: {impl: ClosedRowPolicy}
    plugins: [x]
  AddrMapper: {impl: MOP4CLXOR}
"""


def told(error: UserError) -> list[str]:
    """The place and the key of each line of a message."""
    return [line.split(": ")[0] + " " + line.split("'")[1] for line in str(error).splitlines()]


def test_wrong_types_and_broken_rules_and_missing_keys():
    text = (
        "num_cores: 2\n"
        "core_freq_mhz: fast\n"
        "dram_type: simple\n"
        "dram_channels: 3\n"
        "dram_num_partitions: 2\n"
        "vpu_num_lanes: 8\n"
        "vpu_spad_size_kb_per_lane: 0\n"
        "vpu_vector_length_bits: 48\n"
        "icnt_type: simple\n"
        "icnt_freq_mhz: 0\n"
        "partition: {core_5: 0}\n"
        "schduler: fifo\n"
    )
    with pytest.raises(MachineError) as raised:
        parse(text, "m.yaml")
    assert told(raised.value) == [
        "m.yaml:1 dram_freq_mhz",
        "m.yaml:1 dram_latency",
        "m.yaml:1 icnt_latency_cycles",
        "m.yaml:2 core_freq_mhz",
        "m.yaml:5 dram_num_partitions",
        "m.yaml:7 vpu_spad_size_kb_per_lane",
        "m.yaml:8 vpu_vector_length_bits",
        "m.yaml:10 icnt_freq_mhz",
        "m.yaml:11 partition",
        "m.yaml:11 partition",
        "m.yaml:12 schduler",
    ]


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        # a figure that is wrong is not told a second time by rules that need it
        ("num_cores: x\npartition: {core_9: 0}", ["num_cores"]),
        ("num_cores: 99999999\npartition: {core_9: 0}", ["num_cores"]),
        ("dram_type: fast", ["dram_type"]),
        ("dram_channels: [1]\ndram_num_partitions: 2", ["dram_channels"]),
        ("dram_latency: x\ndram_freq_mhz: y", ["dram_latency", "dram_freq_mhz"]),
        ("vpu_num_lanes: many\ncore_spad_size_kb: 7", ["vpu_num_lanes"]),
        ("num_cores: 1\nnum_cores: 2", ["num_cores"]),
        ("icnt_type: booksim2\nbooksim_config_path: 3", ["icnt_latency_cycles", *PATH]),
        ("icnt_type: booksim2\nbooksim_config_path: no", ["icnt_latency_cycles", *PATH]),
        ("icnt_type: booksim2\nbooksim_config_path: n.icnt", ["icnt_latency_cycles", *PATH]),
        ("l2d_type: datacache\nl2d_config: 5", ["l2d_config"]),
        ("codegen_autotune_max_retry: -99999999999999999", ["codegen_autotune_max_retry"]),
    ],
)
def test_nothing_is_told_in_vain(line: str, keys: list[str]):
    given = [one.split(":")[0] for one in line.splitlines()]
    kept = [old for old in BASE.splitlines() if old.split(":")[0] not in given]
    with pytest.raises(MachineError) as raised:
        parse("\n".join([*kept, line]), "m.yaml")
    found = [problem.key for problem in raised.value.problems]
    assert found == keys


def test_files_that_a_machine_names(tmp_path: Path):
    (tmp_path / "d.yaml").write_text(THREE_FAULTS)
    (tmp_path / "n.icnt").write_text("topology = fyl;\nnum_vcs = 0;\n")
    (tmp_path / "e.yaml").write_text("actions: {icnt_byt: {}}\n")
    lines = [line for line in BASE.splitlines() if not line.startswith(("dram_type", "icnt_type"))]
    lines += [
        "dram_type: ramulator2",
        "ramulator_config_path: d.yaml",
        "icnt_type: booksim2",
        "booksim_config_path: n.icnt",
        "energy_cost_table_path: e.yaml",
        "scheduler: fair",
    ]
    (tmp_path / "m.yaml").write_text("\n".join(lines))
    with pytest.raises(MachineError) as raised:
        load(tmp_path / "m.yaml")
    places = [line.split(": ")[0].rpartition("/")[2] for line in str(raised.value).splitlines()]
    files = [place.split(":")[0] for place in places]
    assert list(dict.fromkeys(files)) == ["m.yaml", "d.yaml", "n.icnt", "e.yaml"]
    assert files.count("d.yaml") == 4
    assert files.count("n.icnt") == 2  # the routing functions follow from the topology
    assert "scheduler" in str(raised.value)
    assert "dram_latency" in str(raised.value)


def test_a_named_file_that_is_no_yaml_does_not_hide_the_machines_own_faults(tmp_path: Path):
    (tmp_path / "e.yaml").write_text("actions: [\n")
    path = tmp_path / "m.yaml"
    path.write_text(BASE + "\nenergy_cost_table_path: e.yaml\nscheduler: fair\n")
    with pytest.raises(UserError) as raised:
        load(path)
    assert "'scheduler'" in str(raised.value)
    assert "e.yaml:1: not valid YAML" in str(raised.value)


def test_a_ramulator_file():
    with pytest.raises(MachineError) as raised:
        parse_dram_model(THREE_FAULTS, "d.yaml")
    assert told(raised.value) == [
        "d.yaml:5 MemorySystem.DRAM.org.channel",
        "d.yaml:5 MemorySystem.DRAM.org.rank",
        "d.yaml:10 MemorySystem.Controller.RowPolicy.impl",
        "d.yaml:11 MemorySystem.Controller.plugins",
    ]
    assert "did you mean" not in str(raised.value)


def test_every_part_of_a_ramulator_file_is_read():
    text = (
        "Frontent: {impl: GEM5}\n"
        "MemorySystem:\n"
        "  impl: Generic\n"
        "  DRAM:\n"
        "    impl: HBM2\n"
        "    org: {preset: HBM2_8Bg, row: x}\n"
        "    timing: {preset: HBM2_1.8Gbps, nRASS: 7, nRP: 010}\n"
        "  Controller:\n"
        "    impl: Generic\n"
        "    Scheduler: {impl: FRFCFSS}\n"
        "    Refresh: {impl: AllBank}\n"
    )
    with pytest.raises(MachineError) as raised:
        parse_dram_model(text, "d.yaml")
    assert told(raised.value) == [
        "d.yaml:1 Frontent",
        "d.yaml:3 MemorySystem.impl",
        "d.yaml:3 MemorySystem.AddrMapper",
        "d.yaml:6 MemorySystem.DRAM.org.preset",
        "d.yaml:6 MemorySystem.DRAM.org.row",
        "d.yaml:7 MemorySystem.DRAM.timing.nRP",
        "d.yaml:7 MemorySystem.DRAM.timing.nRASS",
        "d.yaml:9 MemorySystem.Controller.RefreshManager",
        "d.yaml:10 MemorySystem.Controller.Scheduler.impl",
        "d.yaml:11 MemorySystem.Controller.Refresh",
    ]


def test_a_network_file():
    text = "topology = fly\nk 4;\nn = 1;\nn = 2;\nnum_vcs = 0;\nvc_allocater = islip;\n;\n"
    with pytest.raises(MachineError) as raised:
        parse_icnt_model(text, "n.icnt")
    lines = [line.split(": ")[0] for line in str(raised.value).splitlines()]
    assert lines == [f"n.icnt:{n}" for n in (1, 1, 1, 2, 4, 5, 6, 7)]


def test_a_drawn_network(tmp_path: Path):
    (tmp_path / "a.anynet").write_text("router 0 node x\nrouter 0 rooter 1\nnode 1 node 2\n")
    (tmp_path / "n.icnt").write_text(
        "topology = anynet;\nrouting_function = min;\nnetwork_file = a.anynet;\nnum_vcs = 0;\n"
    )
    with pytest.raises(UserError) as raised:
        parse_icnt_model((tmp_path / "n.icnt").read_text(), str(tmp_path / "n.icnt"))
    said = str(raised.value)
    assert [f"a.anynet:{n}: " in said for n in (1, 2, 3)] == [True] * 3
    assert "n.icnt:4: key 'num_vcs'" in said


def test_a_cache_description():
    wrong = EXAMPLE.replace("S:128", "Q:100").replace("32:0,32", "32:0,33")
    with pytest.raises(MachineError) as raised:
        parse(f"{BASE}\nl2d_type: datacache\nl2d_config: {wrong}\n", "m.yaml")
    found = [problem.what.split("'")[1] for problem in raised.value.problems]
    assert found == ["type", "nset", "port_width"]


def test_of_many_faults_the_first_ones_are_told_and_their_number():
    text = BASE + "".join(f"\nextra_{i:05d}_{'x' * 480}: {i}" for i in range(20_000))
    with pytest.raises(MachineError) as raised:
        parse(text, "m.yaml")
    said = str(raised.value)
    assert len(raised.value.problems) == 20_000
    assert len(said.splitlines()) == MOST_PROBLEMS + 1
    assert said.endswith(f"... and {20_000 - MOST_PROBLEMS:,} more problems")
    assert len(said) < 10_000
