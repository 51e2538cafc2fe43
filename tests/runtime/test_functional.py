"""A run on Spike: memory that no launch has written is NaN, and what was kept is all of it."""

import numpy as np
import pytest

from npu.frontend.source import open_source
from npu.runtime.compiler import compile_text
from npu.runtime.functional import main_function
from npu.runtime.progress import StageClock
from npu.runtime.session import spike_outputs, spike_run
from npu.runtime.spike import Spike


@pytest.fixture
def program():
    source = open_source("softmax_5x8")
    return compile_text(source.text, "8x8"), source.program.values


def test_memory_that_no_launch_has_written_is_nan(program, monkeypatch):
    monkeypatch.setattr(Spike, "call", lambda *_, **__: 0)
    compiled, values = program
    (output,) = spike_outputs(compiled, values, StageClock())
    assert np.isnan(output).all()


def test_what_is_kept_is_all_of_memory(program):
    compiled, values = program
    run = spike_run(compiled, values, StageClock())
    main = main_function(compiled.module)
    np.testing.assert_array_equal(run.memory[main.args[0]], values[0])
    assert any(
        array is not run.outputs[0] and (array == run.outputs[0]).all()
        for array in run.memory.values()
        if array.shape == run.outputs[0].shape
    )


def test_memory_is_kept_only_if_asked_for(program):
    compiled, values = program
    assert not spike_run(compiled, values, StageClock(), keep_memory=False).memory
