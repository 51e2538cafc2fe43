"""Advice of a message that says what to write is followed: what comes out is not refused again."""

import re
from typing import Any

import pytest
import yaml

from npu.configs.attached import key_fields
from npu.configs.errors import MachineError
from npu.configs.loader import SHIPPED_FOLDER, parse
from npu.configs.machine import Machine

BASES = {name: (SHIPPED_FOLDER / f"{name}.yaml").read_text() for name in ("tpuv3_c2", "tpuv4_l2")}
KEYS = [field.name for field in key_fields(Machine)]

WORDS = [
    *("0", "1", "-1", "3", "48", "131072", "940000000", "3000000000000000", "9" * 30),
    *("0.0", "1.0", "940.0", "0.4", "1.5", "1.0e+9", ".inf", ".nan"),
    *("010", "08", "0x1F", "0b0", "1_000", "13:20", ".5", "1e3", "940e6", "yes", "off"),
    *("'2'", "'940 MHz'", "'0.94 GHz'", "'0 Hz'", "'32 KB'", "'3.9 ns'", "text", "ws_mesh", ""),
    *("true", "[1]", "[ws_mesh]", "[ws_mesh, ws_mesh]", "{a: 1}", "{core_0: 1}", "datacache"),
    *("ramulator2", "booksim2", "simple", "prioritie", "polinomial", "heuristc"),
]


def with_value(base: str, key: str, word: str) -> str:
    kept = [line for line in base.splitlines() if line.split(":")[0] != key]
    return "\n".join([*kept, f"{key}: {word}", ""])


def refusal(text: str) -> MachineError | None:
    try:
        parse(text, str(SHIPPED_FOLDER / "m.yaml"))
    except MachineError as error:
        return error
    return None


def followed(base: str, key: str, word: str, advice: str) -> str | None:
    """The text when the first thing of the advice is done; None for advice in general terms."""
    text = with_value(base, key, word)
    if advice.startswith("remove the key"):
        return "\n".join(line for line in text.splitlines() if line.split(":")[0] != key)
    meant = re.match(r"did you mean '([\w.]+)'", advice)
    if meant is not None:
        return with_value(base, key, meant[1])
    said = re.match(r"write '(\w+): (.*?)'(?: or|$)", advice)
    if said is not None:
        return with_value(text, said[1], said[2])
    said = re.match(r"write ([-+.\w]+)", advice)
    return with_value(base, key, said[1]) if said is not None else None


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("key", KEYS)
def test_advice_is_right(name: str, key: str) -> None:
    """For every key, and words of every kind."""
    base = BASES[name]
    for word in WORDS:
        error = refusal(with_value(base, key, word))
        for problem in error.problems if error else ():
            line = problem.render()
            advice = line.rpartition("; ")[2] if "; " in line else ""
            mended = followed(base, problem.key, word, advice) if problem.key == key else None
            if mended is None:
                continue
            again = refusal(mended)
            keys = [one.key for one in again.problems] if again else []
            assert problem.key not in keys, f"{line}\nleads to: {again}"


def values(text: str) -> Any:
    return yaml.safe_load(text)


def test_the_test_follows_each_form_of_advice() -> None:
    base = BASES["tpuv3_c2"]
    assert values(followed(base, "num_cores", "x", "write 3") or "")["num_cores"] == 3
    assert "scheduler" not in values(followed(base, "scheduler", "x", "remove the key") or "")
    meant = followed(base, "scheduler", "x", "did you mean 'fifo'?")
    assert values(meant or "")["scheduler"] == "fifo"
    written = followed(base, "num_partition", "2", "write 'partition: {core_0: 1}' or another")
    assert values(written or "")["partition"] == {"core_0": 1}
    assert followed(base, "num_cores", "x", "give more") is None
