"""Words that readers of YAML disagree on are refused with what was meant, never read in silence."""

import math

import pytest
import yaml

from npu.configs.errors import UserError
from npu.configs.loader import SHIPPED_FOLDER, parse
from npu.configs.yaml.scalars import Odd, plain_value
from npu.configs.yaml.tree import parse_mapping

BASE = (SHIPPED_FOLDER / "8x8.yaml").read_text()

ODD = {
    # word: what it may mean, the likeliest first
    "010": (10, 8),
    "-010": (-10, -8),
    "007": (7,),
    "08": (8,),
    "00": (0,),
    "0o17": (15,),
    "0x1F": (31,),
    "0b101": (5,),
    "1_000": (1000,),
    "13:20": (800,),
    "1:30:00": (5400,),
    "1:30.5": (90.5,),
    ".5": (0.5,),
    "5.": (5,),
    "1e3": (1000,),
    "1.5e3": (1500,),
    "1e-3": (0.001,),
    "01.5": (1.5,),
    "yes": (True,),
    "No": (False,),
    "ON": (True,),
    "off": (False,),
    "1e999": (),
    "9" * 5000: (),
}

PLAIN = {
    "10": 10,
    "0": 0,
    "-3": -3,
    "+3": 3,
    "0.5": 0.5,
    "1.5e-3": 0.0015,
    "1.0e+20": 1e20,
    "true": True,
    "False": False,
    "null": None,
    "~": None,
    "": None,
    ".inf": math.inf,
    "-.Inf": -math.inf,
    "8x8": "8x8",
    "2024-01-01": "2024-01-01",
    "2001-12-14 21:59:43": "2001-12-14 21:59:43",
    "1.1.1": "1.1.1",
    "a:b": "a:b",
    "0x": "0x",
    "y": "y",
    "²": "²",
}


def replaced(key: str, value: str) -> str:
    kept = [line for line in BASE.splitlines() if not line.startswith(f"{key}:")]
    return "\n".join([*kept, f"{key}: {value}\n"])


def refusal(text: str) -> str:
    with pytest.raises(UserError) as raised:
        parse(text, "m.yaml")
    return str(raised.value)


@pytest.mark.parametrize("word", ODD)
def test_odd_word(word: str):
    value = plain_value(word)
    assert isinstance(value, Odd)
    assert value.meant == ODD[word]


@pytest.mark.parametrize("word", PLAIN)
def test_plain_word(word: str):
    value = plain_value(word)
    assert value == PLAIN[word]
    assert type(value) is type(PLAIN[word])


@pytest.mark.parametrize("word", [word for word in PLAIN if word not in ("2024-01-01", "y")])
def test_what_is_plain_is_what_the_library_reads(word: str):
    """But for dates, which no description has."""
    if word != "2001-12-14 21:59:43":
        assert yaml.safe_load(word) == PLAIN[word]


@pytest.mark.parametrize("word", [word for word in ODD if len(word) < 100])
@pytest.mark.parametrize("key", ["core_freq_mhz", "num_cores", "dram_bandwidth_gbps_total"])
def test_no_key_takes_an_odd_word(key: str, word: str):
    assert f"key '{key}': is {word}, which " in refusal(replaced(key, word))


@pytest.mark.parametrize(
    ("key", "word", "advice"),
    [
        ("core_freq_mhz", "010", "write 10, or 8 if that was meant"),
        ("core_freq_mhz", "13:20", "write 800"),
        ("core_freq_mhz", "0x1F", "write 31"),
        ("core_freq_mhz", "1_000", "write 1000"),
        ("core_freq_mhz", "1e3", "write 1000"),
        ("core_freq_mhz", "800e6", "write 800"),
        ("dram_bandwidth_gbps_total", ".5", "write 0.5"),
        ("dram_bandwidth_gbps_total", "1e-3", "write 0.001"),
        ("dram_bandwidth_gbps_total", "2e+20", ""),
        ("core_freq_mhz", ".5", ""),
        ("core_freq_mhz", "yes", ""),
        ("num_cores", "0b0", ""),
        ("core_timing", "{issue_width: 0x0}", ""),
        ("core_timing", "{issue_width: 012}", "write 12, or 10 if that was meant"),
        ("energy_cost_table_path", "on", "put it in quotes"),
        ("l2d_config", "1:2", ""),
    ],
)
def test_advice(key: str, word: str, advice: str):
    """It says what was meant; where that would be refused too, it says nothing."""
    said = refusal(replaced(key, word))
    assert said.endswith(f"; {advice}" if advice else said.split("; ")[-1])
    assert ("write" in said or "quotes" in said) == bool(advice)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\ufeffnum_cores: 010", "m.yaml:1: key 'num_cores': is 010"),
        ("a: 1\n---\nb: 2", "m.yaml:2: begins a second document"),
        ("num_cores: *one", "is an alias (*one)"),
        ("num_cores: &one 1", "is an anchor (&one)"),
        ("num_cores: !!int 1", "is a tag (!!int)"),
        ("num_cores: !mine 1", "is a tag (!mine)"),
        ("!!str num_cores: 1", "has a tag (!!str)"),
        ("&one num_cores: 1", "has an anchor (&one)"),
        ("<<: {num_cores: 1}", "is a merge of another mapping"),
        ("? {a: 1}\n: 1", "is a mapping; expected a plain name as key"),
        ("'': 1", "has no name"),
        ("num_cores: 1\n\tb: 2", "m.yaml:2: not valid YAML: a tab begins the line"),
        ("num_cores: 1\nb: \x07", "m.yaml:2: not valid YAML"),
        ("num_cores: " + "[" * 100_000, "m.yaml:1: not valid YAML"),
        ("num_cores: " + "[" * 50 + "]" * 50, "'num_cores': is a list"),
        ("num_cores: {a: {b: {c: {d: 1}}}}", "'num_cores': is a mapping"),
        ("num_cores: '1", "not valid YAML"),
        ("- 1", "holds a list"),
        ("!x\na: 1", "holds a tag (!x)"),
    ],
)
def test_what_yaml_allows_and_a_file_may_not_have(text: str, says: str):
    said = refusal(text)
    assert says in said
    assert said.startswith("m.yaml:")


def test_a_quoted_word_is_a_text():
    tree = parse_mapping("a: '010'\nb: \"yes\"\nc: |\n  1_000\n", "m.yaml")
    assert [getattr(node, "value", None) for node in tree.items.values()] == [
        "010",
        "yes",
        "1_000\n",
    ]


def test_both_parsers_of_the_library_make_one_tree(monkeypatch: pytest.MonkeyPatch):
    """Where libyaml is not there, PyYAML's own parser is taken."""
    quick = parse_mapping(BASE, "m.yaml")
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert parse_mapping(BASE, "m.yaml") == quick
    assert "given twice, first on line 1" in refusal("num_cores: 1\nnum_cores: 2\n")
