"""What a user gets wrong in a Ramulator 2 file: each mistake has its line and its mending."""

from pathlib import Path

import pytest

from npu.configs.dram import load_dram_model, parse_dram_model
from npu.configs.errors import UserError

DATA = Path(__file__).parents[2] / "togsim" / "data" / "dram"

EDITS_2_0 = [
    # edit of r20_hbm2_18.yaml, line of the message, what it says
    ("HBM2_8Gb", "HBM2_8Bg", 9, "did you mean 'HBM2_8Gb'?"),
    ("HBM2_1.8Gbps", "HBM2_1.8Gps", 12, "did you mean 'HBM2_1.8Gbps'?"),
    ("impl: HBM2", "impl: DDR5", 7, "'DDR4' or 'HBM2' or 'HBM3' or 'LPDDR5'"),
    ("impl: Generic\n", "impl: PRAC\n", 14, "expected 'Generic'"),
    ("FRFCFS", "BLISS", 16, "expected 'FRFCFS'"),
    ("AllBank", "PerBank", 18, "'AllBank' or 'NoRefresh'"),
    ("RoBaRaCoCh", "RoRaBaCoCh", 21, "did you mean 'RoBaRaCoCh'?"),
    ("channel: 1", "channel: 0", 10, "from 1 to 4096"),
    ("channel: 1", "chanel: 1", 10, "did you mean 'channel'?"),
    ("channel: 1", "row: 65536", 10, "stated density of 8192 Mb"),
    ("channel: 1", "row: 30000", 10, "a power of two"),
    ("channel: 1", "column: 2", 10, "at least the 4"),
    ("channel: 1", "channel_width: 48", 10, "a power of two"),
    ("channel: 1", "channel_width: 4", 10, "bursts of 4 bytes or more"),
    ("channel: 1", "channel: one", 10, "a whole number"),
    ("channel: 1", "channel: true", 10, "a whole number"),
    ("channel: 1", "channel: [1]", 10, "is a list"),
    ("channel: 1", "preset: HBM2_8Gb", 10, "given twice"),
    ("preset: HBM2_1.8Gbps", "preset: HBM2_1.8Gbps\n      rate: 1800", 13, "one of the two"),
    ("preset: HBM2_1.8Gbps", "nRP: 7", 12, "key 'MemorySystem.DRAM.timing.rate': is missing"),
    ("preset: HBM2_1.8Gbps", "rate: 1800", 12, "a value for nBL, nCL, nRCDRD"),
    ("preset: HBM2_1.8Gbps", "preset: HBM2_1.8Gbps\n      nRP: -1", 13, "from 0 to"),
    ("preset: HBM2_1.8Gbps", "preset: HBM2_1.8Gbps\n      nRP: 7.5", 13, "a whole number"),
    ("preset: HBM2_1.8Gbps", "preset: HBM2_1.8Gbps\n      tRP: fast", 13, "a number from 0"),
    ("preset: HBM2_1.8Gbps", "preset: HBM2_1.8Gbps\n      nRASS: 7", 13, "did you mean 'nRAS'?"),
    ("preset: HBM2_1.8Gbps", "preset: HBM2_1.8Gbps\n      nRP: 7\n      tRP: 8", 14, "one of the"),
    ("preset: HBM2_1.8Gbps", "preset: HBM2_1.8Gbps\n      nBL: 0", 12, "at least one tick"),
    ("plugins:", "plugins: [TraceRecorder]", 19, "asks for plugins"),
    ("plugins:", "RowPolicy: {impl: ClosedRowPolicy, cap: 4}", 19, "closes a row after 'cap'"),
    ("plugins:", "RowPolicy: {impl: OpenRowPolicy, cap: 4}", 19, "no cap: it is the number of acc"),
    ("plugins:", "RowPolicy: {impl: OpenRowPolice}", 19, "did you mean 'OpenRowPolicy'?"),
    ("plugins:", "RowPolicy: {impl: Timeout}", 19, "expected 'OpenRowPolicy'"),
    ("plugins:", "wr_low_watermark: 0.9", 19, "at most wr_high_watermark (0.8)"),
    ("plugins:", "wr_low_watermark: 0", 19, "more than 0"),
    ("plugins:", "wr_high_watermark: 2", 19, "a number from 0 to 1"),
    ("clock_ratio: 1", "clock_ratio: 0", 5, "from 1 to"),
    ("impl: GEM5", "impl: 5", 2, "the name of one of Ramulator's front ends"),
    ("impl: GenericDRAM", "impl: GenricDRAM", 4, "did you mean 'GenericDRAM'?"),
    ("Frontend:", "Frontent:", 1, "did you mean 'Frontend'?"),
    ("MemorySystem:", "Memory:", 1, "names no memory system"),
    ("MemorySystem:", "MemorySystem: 3\nx:", 3, "a mapping of keys"),
]

EDITS_2_1 = [
    ("HBM12", "HBM34", 11, "a controller of HBM2: HBM12 or GenericDDR"),
    ("HBM12", "GenericDDR3", 11, "expected 'GenericDDR' or 'HBM12'"),
    ("scatter_interval: 0", "scatter_interval: 8", 21, "from 0 to 0"),
    ("debug: false", "debug: true", 22, "togsim dram --commands"),
    ("impl: Open", "impl: ClosedCAP", 24, "expected 'Open'"),
    ("row_policy:", "controller_plugins: [x]\n      row_policy:", 23, "asks for plugins"),
    ("interleave_bits: 0", "interleave_bits: 2", 9, "from 0 to 0"),
    ("read_buffer_size: 32", "read_bufer_size: 32", 14, "did you mean 'read_buffer_size'?"),
    ("read_buffer_size: 32", "read_buffer_size: 0", 14, "from 1 to"),
    ("[1, 2, 4, 4, 65536, 128]", "[1, 2, 4, 4, 65536]", 31, "has 5 entries"),
    ("[1, 2, 4, 4, 65536, 128]", "[2, 2, 4, 4, 65536, 128]", 31, "dram_channels"),
    ("[1, 2, 4, 4, 65536, 128]", "[1, 2, 3, 4, 65536, 128]", 31, "3 at level 'bankgroup'"),
    ("[1800, 2,", "[1800, ", 32, "24 whole numbers: rate, nBL"),
    ("[1800, 2,", "[2400, 2,", 32, "a tick of 833 ps"),
    ("[1800, 2,", "[0, 2,", 32, "MT/s"),
    ("[1800, 2,", "[1800, two,", 32, "for nBL"),
    ("315, 160, 8, 3510", "3510, 160, 8, 3510", 32, "a refresh of 3510 ticks every 3510"),
    ("channel_width: 64", "channel_width: 32", 34, "a multiple of the chips' 64 pins"),
    ("read_latency: 9", "read_latency: 10", 35, "nCL + nBL of the timing, 9; write 9"),
    ("[2, 1, 1, 1, 1, 1, 1, 1, 1]", "[2, 1]", 33, "9 whole numbers: ACT"),
    ("[2, 1, 1, 1, 1, 1, 1, 1, 1]", "[0, 1, 1, 1, 1, 1, 1, 1, 1]", 33, "from 1 to 16"),
    ("- [1, [3, 5], [3, 5], 2]", "- [5, [3, 5], [3, 5], 2]", 38, "from 0 to 4, 0 channel"),
    ("- [1, [3, 5], [3, 5], 2]", "- [1, [9], [3, 5], 2]", 38, "0 ACT, 1 PREpb"),
    ("- [1, [3, 5], [3, 5], 2]", "- [1, [], [3, 5], 2]", 38, "a list of numbers of commands"),
    ("- [1, [3, 5], [3, 5], 2]", "- [1, 3, [3, 5], 2]", 38, "a list of numbers of commands"),
    ("- [1, [3, 5], [3, 5], 2]", "- [1, [3, 5], [3, 5]]", 38, "[level, [preceding]"),
    ("- [1, [3, 5], [3, 5], 2]", "- [1, [3, 5], [3, 5], soon]", 38, "for the latency"),
    ("- [1, [3, 5], [3, 5], 2]", "- [1, [3, 5], [3, 5], 2, 0]", 38, "from 1 to 64"),
    ("- [1, [3, 5], [3, 5], 2]", "- [1, [3, 5], [3, 5], 2, 1, 1]", 38, "true or false"),
    ("timing_constraints:", "timing_constraint:", 28, "timing_constraints': is missing"),
    ("impl: HBM2", "impl: HBM2\n        org_preset: HBM2_8Gb", 28, "timing_preset': is missing"),
]


def refusal(text: str) -> str:
    with pytest.raises(UserError) as raised:
        parse_dram_model(text, "m.yaml")
    return str(raised.value)


@pytest.mark.parametrize(("old", "new", "line", "says"), EDITS_2_0)
def test_mistake_in_a_2_0_file(old: str, new: str, line: int, says: str):
    text = (DATA / "r20_hbm2_18.yaml").read_text()
    assert old in text
    at = text.rfind(old) if old == "clock_ratio: 1" else text.find(old)
    message = refusal(text[:at] + new + text[at + len(old) :])
    assert message.startswith(f"m.yaml:{line}:"), message
    assert says in message


@pytest.mark.parametrize(("old", "new", "line", "says"), EDITS_2_1)
def test_mistake_in_a_2_1_file(old: str, new: str, line: int, says: str):
    text = (DATA / "r21_hbm2_18.yaml").read_text()
    assert old in text
    message = refusal(text.replace(old, new, 1))
    assert message.startswith(f"m.yaml:{line}:"), message
    assert says in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds nothing; expected lines of 'key: value', such as 'MemorySystem: ...'"),
        ("- a", "holds a list"),
        ("x: 1", "names no memory system"),
        ("MemorySystem: [[[[[[[[[[1]]]]]]]]]]", "is a list; expected a mapping of keys"),
        ("memory_system: {impl: GenericDRAM, controllers: []}", "has 0 entries"),
        ("memory_system: {impl: GenericDRAM, controllers: [{}, {}]}", "keep one of them"),
        ("memory_system: {impl: GenericDRAM, controllers: [3]}", "a mapping of keys"),
    ],
)
def test_file_that_is_no_such_configuration(text: str, says: str):
    assert says in refusal(text)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no such file"),
        (b"\xff\xfe", "cannot be read"),
        (b"#" * (1 << 20) + b"\n\n", "larger than"),
    ],
)
def test_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, says: str):
    path = tmp_path / "dram.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as raised:
        load_dram_model(path)
    assert says in str(raised.value)
    assert str(path) in str(raised.value)


def test_unresolved_refresh_times_are_asked_for(text_2_0):
    text = text_2_0("LPDDR5", "preset: LPDDR5_32Gb_x16", "preset: LPDDR5_6400")
    assert "a value for nRFCab, nRFCpb, nPBR2PBR" in refusal(text)


def test_rows_too_short_for_mop4clxor(text_2_0):
    text = text_2_0("HBM2", "preset: HBM2_8Gb, column: 8, row: 262144", "preset: HBM2_1.8Gbps")
    assert "four transactions" in refusal(text.replace("RoBaRaCoCh", "MOP4CLXOR"))
