"""Any trace gives equal results with and without shortcuts; any text gives a model or a message."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from npu.configs.dram import DramModel, load_dram_model, parse_dram_model
from npu.configs.errors import UserError
from npu.togsim.dram import run_trace
from npu.togsim.dram.requests import RequestTrace, parse_requests

DATA = Path(__file__).parents[1] / "data" / "dram"
CONFIGS = sorted(path.stem for path in DATA.glob("*.yaml"))
TEXTS = {name: (DATA / f"{name}.yaml").read_text() for name in CONFIGS}
MODELS = {name: load_dram_model(DATA / f"{name}.yaml") for name in CONFIGS}


@st.composite
def traces(draw: st.DrawFn, model: DramModel) -> RequestTrace:
    """Requests to a few rows of a few banks, in bursts and with pauses."""
    seed = draw(st.integers(0, 1 << 30))
    chance = random.Random(seed)
    gap = draw(st.sampled_from([0, 1, 7, 100, model.refresh_interval // 3 + 1]))
    share = draw(st.sampled_from([0.0, 0.3, 1.0]))
    spots = [chance.randrange(0, 1 << 28) // model.tx_bytes * model.tx_bytes for _ in range(9)]
    trace = RequestTrace([], [], [])
    cycle = 0
    for _ in range(draw(st.integers(1, 150))):
        cycle += chance.randrange(0, gap + 1)
        trace.cycles.append(cycle)
        trace.addresses.append(chance.choice(spots) + chance.randrange(0, 8) * model.tx_bytes)
        trace.writes.append(chance.random() < share)
    return trace


@pytest.mark.parametrize("name", CONFIGS)
@settings(max_examples=8, deadline=None, derandomize=True)
@given(data=st.data())
def test_plain_and_quick_are_equal(name: str, data: st.DataObject):
    model = MODELS[name]
    trace = data.draw(traces(model))
    quick = run_trace(model, trace, log_commands=True)
    assert quick == run_trace(model, trace, plain=True, log_commands=True)
    assert len(quick.completed) == len(trace)
    for waits in (quick.read_waits, quick.write_waits):
        assert waits.accept + waits.bank + waits.column + waits.refresh + waits.data == waits.total
    found = quick.read_rows, quick.write_rows
    counted = sum(one.hits + one.misses + one.conflicts for one in found)
    assert counted + quick.forwarded_reads + quick.absorbed_writes == len(trace)


def message(action: Callable[[], object]) -> str:
    """What `action` complains of; empty when it succeeds. Any other error escapes."""
    try:
        action()
    except UserError as error:
        return str(error)
    return ""


def mutated(text: str, chance: random.Random) -> str:
    """`text` with a few words, characters or lines changed."""
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(text))
        choice = chance.randrange(6)
        if choice == 0:
            text = text[:at] + text[at + chance.randrange(1, 8) :]
        elif choice == 1:
            text = text[:at] + chance.choice("[]{}:-,#'\" \n01249xyz\x07\u20ac") + text[at:]
        elif choice == 2:
            words = text.split()
            old, new = chance.choice(words), chance.choice([*words, "-1", "0", "1e9", "null", "~"])
            text = text.replace(old, new, 1)
        elif choice == 3:
            rows = text.splitlines()
            del rows[chance.randrange(len(rows))]
            text = "\n".join(rows)
        elif choice == 4:
            rows = text.splitlines()
            rows.insert(chance.randrange(len(rows)), chance.choice(rows))
            text = "\n".join(rows)
        else:
            text = text[:at] + str(chance.randrange(-2, 1 << 40)) + text[at:]
        text = text or "x"
    return text


@pytest.mark.parametrize("name", CONFIGS)
def test_a_changed_file_gives_a_model_or_a_message(name: str):
    """And every model that is made runs a request to its end, or says what contradicts."""
    chance = random.Random(name)
    trace = RequestTrace([0, 3], [0, 64], [False, True])
    for _ in range(40):
        text = mutated(TEXTS[name], chance)
        said = message(lambda text=text: run_trace(parse_dram_model(text, "m.yaml"), trace))
        assert not said or said.startswith(("m.yaml", "dram: "))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from(CONFIGS), st.data(), VALUES)
def test_any_value_anywhere_gives_a_model_or_a_message(name: str, data: st.DataObject, value):
    tree = yaml.safe_load(TEXTS[name])
    place = tree
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = value
            break
        place = place[key]
    said = message(lambda: parse_dram_model(yaml.safe_dump(tree), "m.yaml"))
    assert not said or said.startswith("m.yaml")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=40))
def test_any_text_is_a_trace_or_a_message(text: str):
    said = message(lambda: parse_requests(text.splitlines(), "t.txt"))
    assert not said or said.startswith("t.txt")
