"""`npu run` says WRONG and exits with 1 when anything about the values is spoilt.

Each test spoils one thing behind the product's back: what Spike hands over, the code that is
generated, what a pass makes, the program that is imported.
"""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from xdsl.dialects import arith, math

from npu.codegen.arithmetic import LOWERINGS
from npu.codegen.functions import single
from npu.frontend import run as run_module
from npu.frontend.cli import main
from npu.frontend.source import open_source
from npu.runtime.compiler import compile_text

MODEL = """
import torch
from torch import nn
class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(12, 10)
        self.second = nn.Linear(12, 10)
    def forward(self, x):
        return self.first(x), torch.softmax(self.second(x), -1)
torch.manual_seed(0)
model, inputs = Two().eval(), (torch.randn(9, 12),)
"""


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """(source, compiled program) of `MODEL`, for the tests that spoil neither."""
    path = tmp_path_factory.mktemp("made") / "model.py"
    path.write_text(MODEL)
    source = open_source(str(path))
    return source, compile_text(source.text, "8x8")


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Runs a program without timing; (exit status, what was printed, the report).

    Objects of kernels are kept where no other test looks: the code is not what its files say.
    """
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path / "cache"))

    def run(what):
        if what.endswith("\n"):
            path = tmp_path / "model.py"
            path.write_text(what)
            what = str(path)
        status = 0
        try:
            main(["run", what, "--config", "8x8", "--no-timing", "--dump", str(tmp_path / "dump")])
        except SystemExit as end:
            status = end.code
        printed = capsys.readouterr()
        report = json.loads((tmp_path / "dump" / "report.json").read_text())
        return status, printed.out + printed.err, report

    return run


@pytest.fixture
def wrong(run):
    """As `run`, of what must be found wrong; the fault of each output."""

    def wrong(what=MODEL):
        status, said, report = run(what)
        assert status == 1, said
        assert "WRONG" in said
        assert "the values computed on Spike are wrong: " in said.split("error: ")[1]
        assert not report["check"]["passed"]
        return [output["fault"] for output in report["check"]["outputs"]]

    return wrong


@pytest.fixture
def spoil_run(monkeypatch, made_once):
    """Changes what Spike hands over of `MODEL`: `change(run)` gives another `SpikeRun`."""
    source, program = made_once

    def spoil(change):
        monkeypatch.setattr(run_module, "open_source", lambda _: source)
        monkeypatch.setattr(run_module, "compile_text", lambda *_, **__: program)
        whole = run_module.spike_run
        monkeypatch.setattr(
            run_module, "spike_run", lambda *args, **options: change(whole(*args, **options))
        )

    return spoil


@pytest.fixture
def spoil_outputs(spoil_run):
    """Changes the list of outputs alone."""
    return lambda change: spoil_run(lambda run: replace(run, outputs=change(run.outputs)))


@pytest.fixture
def spoil_memory(spoil_run):
    """Changes what kernels leave in memory, and the outputs with it: `change(results)`."""

    def spoil(change):
        def everywhere(run):
            for array in (*run.memory.values(), *run.outputs):
                if array.shape == (9, 10):
                    change(array)
            return run

        spoil_run(everywhere)

    return spoil


def test_what_is_not_spoilt_is_right(run):
    status, said, report = run(MODEL)
    assert status == 0, said
    assert said.count("ok") == 2
    assert "WRONG" not in said
    check = report["check"]
    assert check["passed"]
    assert check["float64"] == "eager PyTorch in float64"
    assert [kernel["passed"] for kernel in check["kernels"]] == [True] * 2
    assert all(0 < kernel["share_of_limit"] < 1 for kernel in check["kernels"])
    for output in check["outputs"]:
        assert 0 < output["rms_relative_error"] <= output["max_relative_error"] < 1e-6
        assert 0.1 < output["max_ulp"] < 1e4
        assert output["reference"]["max_relative_error"] < 1e-6


def element(position, value):
    def change(array):
        array.flat[position] = value(array.flat[position])

    return change


CHANGES = {
    "a value": element(37, lambda x: x + 1e-3),
    "the first element": element(0, lambda x: x * 1.0001),
    "the last element": element(-1, lambda x: x * 1.0001),
    "a nan": element(41, lambda _: np.nan),
    "an infinity": element(41, lambda _: np.inf),
    "minus infinity at the end": element(-1, lambda _: -np.inf),
    "a sign": element(50, lambda x: -x),
    "a zero": element(50, lambda _: 0.0),
    "a row": lambda array: array.__setitem__(5, array[4]),
    "the last row": lambda array: array.__setitem__(-1, 0.0),
    "a column": lambda array: array.__setitem__((slice(None), -1), array[:, 0]),
    "rows in another order": lambda array: array.__setitem__(slice(None), array[::-1].copy()),
    "everything by a little": lambda array: np.multiply(array, np.float32(1 + 1e-4), out=array),
    "half precision": lambda array: array.__setitem__(slice(None), array.astype(np.float16)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_spoilt_results_of_kernels(spoil_memory, wrong, change):
    spoil_memory(change)
    faults = wrong()
    assert all(fault is not None for fault in faults)
    assert faults[0].startswith("kernel matmul_")


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_spoilt_outputs(spoil_outputs, wrong, change, number):
    def one(outputs):
        change(outputs[number])
        return outputs

    spoil_outputs(one)
    faults = wrong()
    assert [fault is not None for fault in faults] == [number == 0, number == 1]
    assert "in memory" in faults[number]


OTHERS = {
    "swapped outputs": lambda outputs: outputs[::-1],
    "an output too few": lambda outputs: outputs[:1],
    "an output too many": lambda outputs: [*outputs, outputs[0]],
    "no outputs": lambda outputs: outputs[:0],
    "a shape": lambda outputs: [outputs[0], outputs[1].reshape(10, 9)],
    "a transposed shape": lambda outputs: [outputs[0].T, outputs[1]],
    "one dimension": lambda outputs: [outputs[0].ravel(), outputs[1]],
    "a row too few": lambda outputs: [outputs[0][:-1], outputs[1]],
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_other_outputs(spoil_outputs, wrong, change):
    spoil_outputs(change)
    assert any(wrong())


# How much of a coefficient spoils e^r by 4e-5 for |r| <= 0.35; the first one may be less.
COEFFICIENTS = {0: 4e-5, 1: 1.2e-4, 2: 7e-4, 3: 6e-3}


@pytest.mark.parametrize("power", COEFFICIENTS)
@pytest.mark.parametrize("name", ["softmax_33x130", "softmax_5x8", "softmax_7x200"])
def test_a_coefficient_of_exp(monkeypatch, wrong, name, power):
    coefficients = list(single._EXP)
    coefficients[power] *= 1 + COEFFICIENTS[power]
    monkeypatch.setattr(single, "_EXP", tuple(coefficients))
    (fault,) = wrong(name)
    assert fault.startswith(f"kernel {name} in launch 0 (aten.softmax) gives")


@pytest.mark.parametrize(
    ("name", "op", "other"),
    [
        ("layernorm_5x8", arith.SubfOp, arith.AddfOp),
        ("softmax_5x8", arith.DivfOp, arith.MulfOp),
        ("layernorm_5x8", math.RsqrtOp, math.SqrtOp),
    ],
)
def test_code_of_another_operation(monkeypatch, wrong, name, op, other):
    monkeypatch.setitem(LOWERINGS, op, LOWERINGS[other])
    assert wrong(name)[0].startswith(f"kernel {name[:4]}")


@pytest.fixture
def spoil_source(monkeypatch):
    """Changes the program that is compiled; what is expected of it stays."""

    def spoil(change):
        whole = run_module.open_source

        def spoilt(what):
            found = whole(what)
            return replace(found, program=change(found.program))

        monkeypatch.setattr(run_module, "open_source", spoilt)

    return spoil


def other_text(change):
    return lambda program: replace(program, source=change(program.text))


def swap_returns(text):
    return re.sub(r"func.return (%\w+), (%\w+)", r"func.return \2, \1", text)


TEXTS = {
    "a sign": lambda text: re.sub(r"arith.addf (%in\w*, %in)", r"arith.subf \1", text),
    "a product for a quotient": lambda text: text.replace("arith.divf", "arith.mulf"),
    "outputs in another order": swap_returns,
}


@pytest.mark.parametrize("change", TEXTS.values(), ids=TEXTS)
def test_another_program(spoil_source, wrong, change):
    spoil_source(other_text(change))
    assert any("eager PyTorch in float64 gives" in (fault or "") for fault in wrong())


@pytest.mark.parametrize(("old", "new"), [("1.000000e-05", "1.0e-03"), ("rsqrt", "sqrt")])
def test_another_norm(spoil_source, wrong, old, new):
    def change(text):
        assert old in text
        return text.replace(old, new)

    spoil_source(other_text(change))
    assert "numpy in float64 gives" in wrong("layernorm_33x70")[0]


@pytest.mark.parametrize(
    "number",
    [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow), 3],
)
def test_a_weight(spoil_source, wrong, number):
    def change(program):
        arguments = list(program.arguments)
        value = arguments[number].value.copy()
        value.flat[-1] *= 1.001
        arguments[number] = replace(arguments[number], make=lambda: value)
        return replace(program, arguments=tuple(arguments))

    spoil_source(change)
    assert any("eager PyTorch in float64 gives" in (fault or "") for fault in wrong())


ODD = """
import torch
from torch import nn
class Odd(nn.Module):
    '''As kernels of eager PyTorch that give NaN for infinities where the vectors are wide.'''
    def forward(self, x):
        y = torch.exp(x)
        if torch.compiler.is_exporting() or x.dtype is torch.float64:
            return y
        return torch.where(torch.isinf(y), torch.nan, y)
model, inputs = Odd(), (torch.tensor([1.0, 2.0, float("inf")]),)
"""


def test_eager_is_told_to_be_the_odd_one(run):
    status, said, report = run(ODD)
    assert status == 0, said
    (output,) = report["check"]["outputs"]
    assert "eager PyTorch in float32 gives nan at [2], float64 gives inf (1 of 3" in output["note"]
    assert f"note: {output['note']}" in " ".join(said.split())
    assert output["reference"]["max_relative_error"] == "infinite"
    assert output["max_relative_error"] < 1e-6


def test_what_does_not_run_in_float64_is_said(run):
    status, said, report = run(
        "import torch\n"
        "class Single(torch.nn.Module):\n"
        "    def forward(self, x):\n"
        "        return x @ torch.ones(4, 3)\n"
        "model, inputs = Single(), (torch.rand(2, 4),)\n"
    )
    assert status == 0, said
    assert report["check"]["float64"].startswith(
        "the compiled program in float64 (the model does not run in float64: RuntimeError: "
    )
    assert report["check"]["float64"] in " ".join(said.split())
