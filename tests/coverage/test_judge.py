"""A sample is right, refused, wrong or an error, each for what it is."""

import time

import numpy as np
import pytest
import torch

from npu.configs.loader import load
from tests.coverage import judge
from tests.coverage.judge import judged
from tests.coverage.outcome import State
from tests.coverage.samples import Call, Sample


def sample_of(function, *given, operator="add", **kwargs):
    model = Call(function, (given, kwargs)).eval()
    return Sample(operator, "float32", 0, model, model.given, "")


def judged_sum(**options):
    return judged(sample_of(torch.add, torch.ones(3), torch.ones(3)), load("8x8"), **options)


def test_right():
    assert judged_sum().state is State.RIGHT


def test_tensors_in_lists_are_inputs_and_the_rest_is_constant():
    sample = sample_of(lambda many, alpha: torch.add(*many, alpha=alpha), [torch.ones(3)] * 2, 2)
    assert len(sample.inputs) == 2
    assert judged(sample, load("8x8")).state is State.RIGHT


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda one: one + np.float32(1e-3), "where the program left"),
        (lambda one: np.where(np.arange(3) == 1, np.float32(np.nan), one), "where the program"),
        (lambda one: one[:2], "shapes [2], expected [3]"),
    ],
)
def test_a_value_that_is_off_is_wrong(monkeypatch, spoil, said):
    whole = judge.spike_run

    def spoilt(*args, **kwargs):
        run = whole(*args, **kwargs)
        run.outputs[0] = spoil(run.outputs[0])
        return run

    monkeypatch.setattr(judge, "spike_run", spoilt)
    outcome = judged_sum()
    assert (outcome.state, said in outcome.details) == (State.WRONG, True), outcome


def test_another_type_is_wrong(monkeypatch):
    whole = judge.expected

    def other(model, inputs, changes):
        function = model.operator
        model.operator = lambda *given: function(*given).to(torch.int32)
        return whole(model, inputs, changes)

    monkeypatch.setattr(judge, "expected", other)
    assert judged_sum().reason == "types float32, expected int32"


def test_a_message_is_a_refusal_and_a_traceback_an_error(monkeypatch):
    outcome = judged(sample_of(torch.nonzero, torch.ones(3)), load("8x8"))
    assert outcome.state is State.REFUSED
    assert outcome.reason.startswith("aten.nonzero gives as many elements as its values say")
    monkeypatch.setattr(judge, "compile_text", lambda *_args, **_more: 1 / 0)
    outcome = judged_sum()
    assert (outcome.state, outcome.reason) == (State.ERROR, "ZeroDivisionError: division by zero")
    assert "Traceback" in outcome.details


def test_too_slow_is_a_refusal(monkeypatch):
    def busy(*_args, **_more):
        start = time.process_time()
        while time.process_time() < start + 20:
            try:
                sum(range(1000))
            except Exception:
                continue

    monkeypatch.setattr(judge, "compile_text", busy)
    outcome = judged_sum(limit=0.3)
    assert outcome.state is State.REFUSED
    assert outcome.reason == "too slow: more than 0.3 s of processor time"


def test_only_types_and_shapes_of_memory_as_it_is_are_compared():
    filled = sample_of(torch.full_like, torch.ones(3), 3.0, operator="empty_like")
    filled.model.operator = lambda one, number: torch.full_like(one, number + time.time())
    assert judged(filled, load("8x8")).state is State.RIGHT
