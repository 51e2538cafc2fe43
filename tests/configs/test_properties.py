"""Whatever is in a file, the loader gives a machine or a message, and what it gives reads back."""

import dataclasses

import yaml
from hypothesis import given
from hypothesis import strategies as st

from npu.configs.effective import effective
from npu.configs.errors import UserError
from npu.configs.loader import SHIPPED_FOLDER, load, parse
from npu.configs.machine import Machine

BASE = (SHIPPED_FOLDER / "tpuv3.yaml").read_text()
TPUV3 = load("tpuv3")
KEYS = [field.name for field in dataclasses.fields(Machine)]

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


def variant(cores: int, lanes: int, clock: int, channels: int, cap: float | None) -> Machine:
    return dataclasses.replace(
        TPUV3,
        num_cores=cores,
        vpu_num_lanes=lanes,
        core_freq_mhz=clock,
        dram_channels=channels,
        dram_bandwidth_gbps_total=cap,
    )


MACHINES = st.builds(
    variant,
    st.integers(1, 64),
    st.integers(1, 512),
    st.integers(1, 20_000),
    st.integers(1, 256),
    st.none() | st.floats(0.001, 1e5),
)


@given(MACHINES)
def test_any_machine_reads_back_equal(machine: Machine):
    text = yaml.safe_dump(effective(machine), sort_keys=False)
    assert parse(text, "m.yaml") == machine


@given(st.sampled_from(KEYS), VALUES)
def test_any_value_of_any_key_gives_a_machine_or_a_message(key: str, value: object):
    values = {**yaml.safe_load(BASE), key: value}
    gives_machine_or_message(yaml.safe_dump(values, sort_keys=False))


@given(st.text(max_size=60))
def test_any_text_gives_a_machine_or_a_message(text: str):
    gives_machine_or_message(text)
    gives_machine_or_message(BASE + text)


def gives_machine_or_message(text: str):
    try:
        parse(text, "m.yaml")
    except UserError as error:
        message = str(error)
    else:
        return
    assert message.startswith("m.yaml")
