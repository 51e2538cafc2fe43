"""Files as people have them who run Ramulator alone: with a front end of its own, and its keys."""

import warnings
from pathlib import Path

import pytest

from npu.configs.dram import load_dram_model, parse_dram_model
from npu.configs.errors import MachineError, Notice, UserError
from npu.configs.loader import SHIPPED_FOLDER, load
from npu.runtime.togsim_cli import main

MEMORY_2_0 = """\
MemorySystem:
  impl: GenericDRAM
  clock_ratio: 3
  DRAM:
    impl: DDR4
    org: {preset: DDR4_8Gb_x8, channel: 1, rank: 2}
    timing: {preset: DDR4_2400R}
  Controller:
    impl: Generic
    Scheduler: {impl: FRFCFS}
    RefreshManager: {impl: AllBank}
    RowPolicy: {impl: OpenRowPolicy}
    plugins:
  AddrMapper: {impl: RoBaRaCoCh}
"""

PROCESSOR = """\
Frontend:
  impl: SimpleO3
  clock_ratio: 8
  num_expected_insts: 500000
  llc_capacity_per_core: 2MB
  traces:
    - one.trace
    - two.trace

  Translation:
    impl: RandomTranslation
    max_addr: 2147483648
"""

TRACES = "Frontend: {impl: LoadStoreTrace, path: ./a.trace, clock_ratio: 10}\n"
GENERATOR = """\
Frontend:
  impl: MessReqGenerator
  start_addr: 0x1000
  nop_counter: 1
  Translation: {impl: NoTranslation, max_addr: 4294967295}
"""

MEMORY_2_1 = """\
memory_system:
  impl: GenericDRAM
  clock_ratio: 3
  controllers:
    - impl: GenericDDR
      scheduler: {impl: FRFCFS}
      refresh_manager: {impl: AllBank}
      row_policy: {impl: Open}
      addr_mapper: {impl: RoBaRaCoCh}
      dram: {impl: DDR4, org_preset: DDR4_8Gb_x8, timing_preset: DDR4_2400R}
"""


def notices(text: str) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        parse_dram_model(text, "m.yaml")
    assert all(one.category is Notice for one in caught)
    return [str(one.message) for one in caught]


def refusal(text: str) -> str:
    with pytest.raises(UserError) as raised:
        parse_dram_model(text, "m.yaml")
    return str(raised.value)


@pytest.mark.parametrize(
    ("front_end", "names"),
    [
        (PROCESSOR, "num_expected_insts, llc_capacity_per_core, traces, Translation"),
        (TRACES, "path"),
        (GENERATOR, "start_addr, nop_counter, Translation"),
        ("Frontend: {impl: MyOwn, deep: {a: [{b: 1}]}}\n", "deep"),
    ],
)
def test_keys_of_any_front_end_are_read_over_with_one_note(front_end: str, names: str):
    (note,) = notices(front_end + MEMORY_2_0)
    assert note.startswith(f"m.yaml:{front_end.count(chr(10), 0, front_end.find('impl')) + 1}: ")
    assert f"{names} of 'Frontend': without effect" in note


@pytest.mark.parametrize(
    "front_end", ["", "Frontend: {impl: GEM5}\n", "Frontend: {impl: GEM5, clock_ratio: 1}\n"]
)
def test_without_such_keys_there_is_no_note(front_end: str):
    assert notices(front_end + MEMORY_2_0) == []


def test_a_front_end_changes_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert parse_dram_model(PROCESSOR + MEMORY_2_0, "a") == parse_dram_model(MEMORY_2_0, "b")


def test_front_ends_of_2_1():
    text = "frontend: {impl: SimpleO3, clock_ratio: 8, traces: [a], translation: {impl: None}}\n"
    (note,) = notices(text + MEMORY_2_1)
    assert "traces, translation of 'frontend'" in note


@pytest.mark.parametrize("front_end", ["Frontend: 3\n", "Frontend: {impl: [a]}\n"])
def test_what_is_no_front_end_is_refused(front_end: str):
    assert "m.yaml:1: key 'Frontend" in refusal(front_end + MEMORY_2_0)


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (
            "ClosedRowPolicy, cap: 4",
            "which closes a row after 'cap' accesses: that is not modelled",
        ),
        ("ClosedRowPolicy", "write 'OpenRowPolicy'"),
        ("OpenRowPolicy, cap: 4", "expected no cap: it is the number of accesses after which"),
    ],
)
def test_rows_that_are_closed_early_are_refused_by_name(policy: str, says: str):
    said = refusal(MEMORY_2_0.replace("OpenRowPolicy", policy))
    assert says in said
    assert "did you mean" not in said


def test_rows_that_are_closed_early_in_2_1():
    said = refusal(MEMORY_2_1.replace("impl: Open}", "impl: ClosedCAP, cap: 4}"))
    assert "'ClosedCAP', which closes a row after 'cap' accesses" in said
    assert "write 'Open', and remove its cap" in said


def test_the_mended_policy_is_taken():
    closed = MEMORY_2_0.replace("OpenRowPolicy", "ClosedRowPolicy, cap: 4")
    mended = closed.replace("ClosedRowPolicy, cap: 4", "OpenRowPolicy")
    assert notices(mended) == []


@pytest.mark.parametrize("plugins", ["plugins:", "plugins: []", "plugins: null", "plugins: ~"])
def test_empty_plugins_are_none(plugins: str):
    assert notices(MEMORY_2_0.replace("plugins:", plugins)) == []


def machine(tmp_path: Path, channels: int) -> Path:
    """A machine whose DRAM's file counts eight channels."""
    (tmp_path / "d.yaml").write_text(MEMORY_2_0.replace("channel: 1", "channel: 8"))
    text = (SHIPPED_FOLDER / "8x8_ramulator2.yaml").read_text()
    text = text.replace("../ramulator2/ddr4_16gb_1600.yaml", "d.yaml")
    path = tmp_path / "m.yaml"
    path.write_text(text.replace("dram_channels: 1", f"dram_channels: {channels}"))
    return path


def test_channels_that_the_machine_has(tmp_path: Path):
    model = load(machine(tmp_path, 8)).dram_model
    assert model is not None
    assert model.stated_channels == 8
    assert model.counts[0] == 1
    assert model == parse_dram_model(MEMORY_2_0, "one channel")


def test_channels_that_the_machine_does_not_have(tmp_path: Path):
    with pytest.raises(MachineError) as raised:
        load(machine(tmp_path, 4))
    assert "is 4 while the DRAM's file counts 8 (org.channel)" in str(raised.value)
    assert str(raised.value).endswith("write 8")


def test_the_command_says_the_note_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    (tmp_path / "d.yaml").write_text(PROCESSOR + MEMORY_2_0.replace("channel: 1", "channel: 8"))
    (tmp_path / "t.txt").write_text("0 0 R\n")
    main(["dram", str(tmp_path / "d.yaml"), str(tmp_path / "t.txt")])
    said = capfd.readouterr().err
    assert said.count("warning: ") == 1
    assert "without effect" in said


def test_the_shipped_files_need_no_note():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in sorted((SHIPPED_FOLDER / "ramulator2").glob("*.yaml")):
            load_dram_model(path)
