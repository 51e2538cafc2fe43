"""What a user gets wrong in a machine file: each mistake has its line and its mending."""

from pathlib import Path

import pytest

from npu.configs.errors import MachineError, UserError
from npu.configs.loader import load, parse

GOOD = """\
num_cores: 2
core_freq_mhz: 940
vpu_num_lanes: 128
vpu_spad_size_kb_per_lane: 128
vpu_vector_length_bits: 256
dram_type: simple
dram_channels: 16
dram_freq_mhz: 940
dram_latency: 17
icnt_type: simple
icnt_latency_cycles: 10
icnt_freq_mhz: 940
"""

APPENDED = [
    ("num_systolic_arrays_per_core: 2", "did you mean 'num_systolic_array_per_core'?"),
    ("num_cores: 1", "given twice, first on line 1"),
    ("sa_weight_buffer_depth: 0", "at least 1"),
    ("sa_weight_buffer_depth: two", "a whole number"),
    ("sa_weight_buffer_depth: 1048577", "at most 1048576"),
    ("core_stats_print_period_cycles: 9223372036854775808", "at most 1099511627776"),
    ("sa_weight_buffer_depth: 2.0", "write 2"),
    ("sa_weight_buffer_depth: '2'", "write 2, without quotes"),
    ("sa_weight_buffer_depth: true", "a whole number"),
    ("sa_weight_buffer_depth:", "is empty"),
    ("sa_weight_buffer_depth: [2]", "is a list"),
    ("core_spad_size_kb: 64", "write 16384, change vpu_spad_size_kb_per_lane"),
    ("dram_req_size_byte: 48", "a power of two"),
    ("dram_req_size_byte: 32 bytes", "a whole number"),
    ("dram_req_size_byte: 32B", "a whole number"),
    ("riscv_vlen_bits: 131072", "a power of two from 128 to 65536"),
    ("dram_bandwidth_gbps_total: 0", "above 0"),
    ("dram_bandwidth_gbps_total: .nan", "above 0"),
    ("dram_bandwidth_gbps_total: fast", "a number"),
    ("dram_bandwidth_gbps_total: 9\ndram_bandwidth_gbps_per_channel: 9", "only one of the two"),
    ("dram_num_partitions: 3", "does not divide dram_channels (16)"),
    ("dram_refresh_ns: 350", "both refresh times or neither"),
    ("dram_refresh_interval_ns: 3900", "give dram_refresh_ns too"),
    ("dram_refresh_interval_ns: -1", "at least 0"),
    ("dram_refresh_interval_ns: 350\ndram_refresh_ns: 350", "below the interval (tREFI)"),
    ("dram_refresh_interval_ns: 3900000\ndram_refresh_ns: 350", "write 3900 if that was in ps"),
    ("dram_refresh_interval_ns: 3\ndram_refresh_ns: 2", "no DRAM cycle between refreshes"),
    ("ramulator_config_path: a.yaml", "is given while dram_type is simple"),
    ("booksim_config_path: a.icnt", "is given while icnt_type is simple"),
    ("core_type: [ws_mesh]", "one for each of the 2 cores"),
    ("core_type: [ws_mesh, gpu]", "holds 'gpu'; expected entries 'ws_mesh'"),
    ("core_type: ws_mesh", "an entry for each core, such as [ws_mesh] for one; remove the key"),
    ("partition: {core_2: 0}", "core_0 to core_1"),
    ("partition: {core_0: 1}", "a queue from 0"),
    ("partition: [0, 0]", "a mapping such as"),
    ("partition: {core_0: 0}", "leaves out core_1"),
    ("num_partition: 2", "no core is on queue 1"),
    ("num_partition: 2\npartition: {core_0: 1, core_1: 1}", "no core is on queue 0"),
    ("core_issue_width: 0", "at least 1"),
    ("scheduler: fair", "expected 'simple' or 'fifo' or 'round_robin' or 'priority'"),
    ("scheduler: priorty", "did you mean 'priority'?"),
    ("special_functions: polinomial", "did you mean 'polynomial'?"),
    ("codegen_compiler_optimization: [fusoin]", "expected 'all'"),
    ("codegen_compiler_optimization: some", "expected 'all'"),
    ("pytorchsim_timing_mode: true", "expected '1'"),
    ("core_timing: 3", "a mapping of keys"),
    ("core_timing: {issue_widht: 3}", "did you mean 'core_timing.issue_width'?"),
    ("core_timing: {issue_width: 0}", "core_timing.issue_width"),
    ("core_timing: {issue_width: x}", "core_timing.issue_width"),
    ("array_passes: 2", "a mapping of keys"),
    ("array_passes: {f16: -1}", "array_passes.f16"),
    ("array_passes: {i8: 1}", "'array_passes.i8': is not a key of a machine"),
    ("array_passes: {f32: 0, bf16: 0, f16: 0}", "a type that is taken"),
    ("a: b: c", "not valid YAML"),
    ("\tsa_weight_buffer_depth: 2", "not valid YAML"),
    ("core_type: &x [ws_mesh]\nstonne_config_path: *x", "an alias"),
    ("core_type: [[[[[1]]]]]", "is a list; expected a text"),
    ("core_timing: {issue_width: {a: {b: {c: 1}}}}", "is a mapping; expected a whole number"),
    ("booksim_config_path: &x a.icnt", "is an anchor (&x)"),
    ("<<: {num_cores: 2}", "a merge of another mapping; expected every key itself"),
    ("---\nnum_cores: 2", "begins a second document"),
    ("? [a]\n: 1", "is a list; expected a plain name as key"),
    ("l2d_type: datacache", "l2d_config"),
    ("l2d_config: S:128:128:512", "nocache"),
    ("l2d_hit_latency: 2", "nocache"),
    ("l2d_hit_latency: 0", "at least 1"),
    ("l2d_type: datacache\nl2d_config: S:128:128:512", "6 ("),
    ("l2d_type: datacache\nl2d_config: S:128:128:512,16,L:T:m:W:L,A:192:4,32:0,32", "sector 16"),
    ("scheduler: !!python/name:os.system x", "is a tag (!!python/name:os.system)"),
]

NOT_YET = [
    "core_type: [ws_mesh, stonne]",
    "num_stonne_per_core: 8",
    "num_stonne_port: 8",
    "stonne_config_path: a.cfg",
    "codegen_mapping_strategy: autotune",
    "codegen_external_mapping_file: a.json",
    "codegen_autotune_max_retry: 3",
    "codegen_autotune_template_topk: 3",
    "codegen_compiler_optimization: none",
    "codegen_compiler_optimization: [fusion]",
    "pytorchsim_functional_mode: 0",
    "pytorchsim_timing_mode: 0",
]

HARMLESS = [
    "l2d_type: nocache",
    "num_partition: 1",
    "partition: {core_0: 0, core_1: 0}",
    "num_partition: 2\npartition: {core_0: 1, core_1: 0}",
    "scheduler: fifo",
    "core_issue_width: 2",
    "core_type: [ws_mesh, ws_mesh]",
    "codegen_external_mapping_file: ''",
    "codegen_compiler_optimization: all",
    "codegen_mapping_strategy: heuristic",
    "dram_num_partitions: 1",
    "dram_num_partitions: 2",
    "core_stats_print_period_cycles: 10000",
    "dram_stats_print_period_cycles: 10000",
    "icnt_stats_print_period_cycles: 10000",
]


def replaced(line: str) -> str:
    """GOOD with the line of the same key replaced, or `line` appended."""
    key = line.split(":")[0]
    kept = [old for old in GOOD.splitlines() if not old.startswith(f"{key}:")]
    return "\n".join([*kept, line])


def message(text: str) -> str:
    with pytest.raises(UserError) as raised:
        parse(text, "m.yaml")
    return str(raised.value)


def test_good_is_good():
    assert parse(GOOD, "m.yaml").num_cores == 2


@pytest.mark.parametrize(("line", "expected"), APPENDED)
def test_mistake_names_file_line_and_mending(line: str, expected: str):
    text = message(GOOD + line)
    assert expected in text
    first = GOOD.count("\n") + 1
    lines = range(first, first + line.count("\n") + 1)
    assert text.startswith(tuple(f"m.yaml:{n}:" for n in lines))


@pytest.mark.parametrize("line", NOT_YET)
def test_key_without_effect_yet_is_refused_by_name(line: str):
    text = message(replaced(line))
    assert f"key '{line.split(':')[0]}'" in text
    assert "not yet supported" in text


@pytest.mark.parametrize("line", HARMLESS)
def test_harmless_value_of_such_a_key_is_accepted(line: str):
    parse(replaced(line), "m.yaml")


@pytest.mark.parametrize(
    ("value", "mend"),
    [
        ('"940"', "write 940, without"),
        ("940e6", "write 940"),
        ("940MHz", "write 940, without"),
        ("0.94 GHz", "write 940, without"),
        ("940000000", "write 940 if that was in Hz"),
        ("0", "at least 1 MHz"),
    ],
)
@pytest.mark.parametrize("key", ["core_freq_mhz", "dram_freq_mhz", "icnt_freq_mhz"])
def test_clock_in_another_unit(key: str, value: str, mend: str):
    assert mend in message(replaced(f"{key}: {value}"))


@pytest.mark.parametrize("key", [line.split(":")[0] for line in GOOD.splitlines()])
def test_missing_figure_has_no_default(key: str):
    text = "\n".join(line for line in GOOD.splitlines() if not line.startswith(f"{key}:"))
    assert f"key '{key}': is missing" in message(text)


def test_all_mistakes_at_once_in_the_order_of_the_file():
    text = "num_cors: 1\n" + GOOD + "dram_req_size_byte: x\n"
    lines = message(text).splitlines()
    assert [line.split(":")[1] for line in lines] == ["1", "14"]


def test_scratchpad_size_in_bytes_is_noticed():
    text = message(replaced("vpu_spad_size_kb_per_lane: 131072"))
    assert "write 128 if that was in bytes" in text


def test_two_rules_broken_are_both_told():
    with pytest.raises(MachineError) as raised:
        parse(GOOD + "sa_weight_buffer_depth: 0\ndram_req_size_byte: 3\n", "m.yaml")
    assert len(raised.value.problems) == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tpuv33", "did you mean 'tpuv3'?"),
        ("", "expected one of 32x32, 8x8"),
        ("no/such.yaml", "no such machine file"),
        ("such.yml", "no such machine file"),
        ("/", "cannot be read"),
    ],
)
def test_unknown_name_or_path(name: str, expected: str):
    with pytest.raises(UserError) as raised:
        load(name)
    assert expected in str(raised.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"", "holds nothing"), (b"- a\n", "holds a list"), (b"\xff\xfe\x00", "cannot be read")],
)
def test_file_that_is_no_machine(tmp_path: Path, content: bytes, expected: str):
    path = tmp_path / "m.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError) as raised:
        load(path)
    assert expected in str(raised.value)
