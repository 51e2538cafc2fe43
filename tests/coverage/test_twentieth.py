"""Every twentieth operator of PyTorch's database, the same ones every time: none is wrong."""

import re
from hashlib import sha256

import pytest

from npu.configs.loader import load
from tests.coverage.judge import judged
from tests.coverage.outcome import FAULTS, State
from tests.coverage.run import MACHINE, PAGE
from tests.coverage.samples import operators, samples_of, takes

PART, SHARES, SAMPLES = 20, 6, 1
ROW = re.compile(r"^\| (?P<operator>\S+) \| (?P<right>\d+)/(?P<count>\d+) \|", re.MULTILINE)


def number_of(operator):
    return int.from_bytes(sha256(operator.encode()).digest()[:4], "big")


def wholly_right():
    """The operators of which the page says that all samples of float32 are right."""
    rows = ROW.finditer(PAGE.read_text(encoding="utf-8"))
    return {row["operator"] for row in rows if row["right"] == row["count"]}


@pytest.mark.parametrize("share", range(SHARES))
def test_share(share):
    right, machine = wholly_right(), load(MACHINE)
    part = [one for one in operators() if number_of(one) % (PART * SHARES) == share * PART]
    assert part
    problems = []
    for operator in part:
        if not takes(operator, "float32"):
            continue
        for sample in samples_of(operator, "float32", SAMPLES):
            outcome = judged(sample, machine)
            is_lost = operator in right and outcome.state is not State.RIGHT
            if outcome.state in FAULTS or is_lost:
                problems.append(f"{sample.name}: {outcome.state.value} {outcome.reason}")
    assert not problems, "\n".join(problems)
