"""Reasons are short and alike everywhere, the page follows from the outcomes alone."""

import pytest

from tests.coverage.outcome import Outcome, State
from tests.coverage.page import Tally, page
from tests.coverage.reasons import LONGEST, shortened

UNSUPPORTED = """\
2 PyTorch operators are not supported:
  aten.sort (2 times)
    /somewhere/net.py:12: x.sort()
  aten.pad: padding by values is not
    /somewhere/net.py:13: pad(x)
Supported: add, sub.
these tensors are not float32, nor int32 or bool:
  result of aten.fft at /somewhere/net.py:14: complex64 (2 times)
  argument x: float64
Convert the model with model.float()."""


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            UNSUPPORTED,
            "not supported: sort, pad (padding by values is not); types: complex64, float64",
        ),
        (
            "/home/one/net.py:3: the model cannot be exported: ValueError: at 0x7f12\nExpected",
            "the model cannot be exported: ValueError: at 0x...",
        ),
        ("output 0 of the model is 3: expected\n", "output 0 of the model is 3: expected"),
    ],
)
def test_reason(message, reason):
    assert shortened(message) == reason


def test_long_reason_is_cut():
    assert len(shortened("word " * 100)) == LONGEST
    assert shortened("word " * 100).endswith(" ...")


RIGHT = Outcome(State.RIGHT)
REFUSED = Outcome(State.REFUSED, "not supported: a|b")
WRONG = Outcome(State.WRONG, "far off", "far off indeed")


def tallies():
    return {
        ("sort", "int32"): Tally({0: REFUSED, 1: REFUSED}),
        ("add", "float32"): Tally({1: RIGHT, 0: RIGHT}),
        ("mul", "float32"): Tally({0: RIGHT, 1: REFUSED}),
        ("sort", "float32"): Tally({0: WRONG, 1: REFUSED}),
    }


def test_page():
    text = page(tallies(), "tpuv3", 5)
    assert "the first 5 samples\n" in text
    assert "| float32 | 3 | 1 | 1 | 0 | 1 | 3 of 6 |" in text
    assert "| int32 | 1 | 0 | 0 | 1 | 0 | 0 of 2 |" in text
    assert "| not supported: a\\|b | 2 |" in text
    assert "| add | 2/2 |  |  |" in text
    assert "| sort | 0/2, 1 wrong | 0/2 | far off; not supported: a\\|b |" in text
    assert text.index("| add ") < text.index("| mul ") < text.index("| sort ")


def test_page_says_of_which_types_one_sample_was_run():
    text = page(tallies(), "tpuv3", 5, ["int32", "bool"])
    assert "the first 5 samples (of int32, bool the first)\nof each" in text


def test_page_says_how_many_samples_other_code_ran():
    assert "earlier" not in page(tallies(), "tpuv3", 5)
    earlier = {("add", "float32"): Tally({0: Outcome(State.RIGHT, is_earlier=True), 1: REFUSED})}
    assert "Of the 2 samples 1 were right with earlier code" in page(earlier, "tpuv3", 5)


def test_page_does_not_depend_on_the_order_of_outcomes():
    backwards = dict(reversed(tallies().items()))
    assert page(backwards, "tpuv3", None) == page(tallies(), "tpuv3", None)
