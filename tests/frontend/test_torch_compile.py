"""`torch.compile(model, backend="npu")`: values, reports, and what it says where it cannot."""

import copy
import re
import warnings
from importlib.metadata import entry_points

import pytest
import torch
from torch import nn
from torch.testing import assert_close

import npu.frontend
from npu.configs.errors import Notice, UserError
from npu.configs.loader import load
from npu.frontend import torch_compile
from npu.frontend.torch_compile import graph


@pytest.fixture(autouse=True)
def _fresh():
    torch._dynamo.reset()
    torch_compile._reports.clear()
    with torch.no_grad():
        yield
    torch._dynamo.reset()


def compiled(model, **options):
    return torch.compile(model, backend=torch_compile.npu, options={"machine": "8x8", **options})


def network():
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(4)
    nn.init.normal_(norm.get_buffer("running_mean"))
    return nn.Sequential(nn.Conv2d(3, 4, 3), norm, nn.ReLU(), nn.Flatten(), nn.Linear(36, 5))


def images(count):
    return torch.randn(count, 3, 5, 5, generator=torch.Generator().manual_seed(count))


def test_it_is_a_backend_by_name():
    found = entry_points(group="torch_dynamo_backends")["npu"]
    assert found.load() is torch_compile.npu


def test_values_and_report_of_a_network():
    model = network().eval()
    program = compiled(model)
    assert_close(program(images(2)), model(images(2)))
    report = npu.frontend.last_report()
    kernels = [launch.kernel.root_reference.data for launch in report.launches]
    assert len(kernels) == 2, "the norm is folded into the convolution"
    assert report.machine == load("8x8")
    assert report.total_cycles


def test_other_shapes_and_changed_weights_are_compiled_again():
    model = network().eval()
    program = compiled(model, timing=False)
    for count in (2, 3, 5, 2):
        assert_close(program(images(count)), model(images(count)))
    for name in ("4.weight", "1.weight"):  # the second is folded into the convolution
        before = program(images(2))
        model.get_parameter(name).data.mul_(2)
        assert_close(program(images(2)), model(images(2)))
        assert not torch.equal(program(images(2)), before)
    assert npu.frontend.last_report().total_cycles is None


def test_a_program_is_compiled_and_simulated_once(monkeypatch):
    made = []
    whole = graph.compile_model
    monkeypatch.setattr(graph, "compile_model", lambda *a, **k: made.append(a) or whole(*a, **k))
    program = compiled(torch.relu)
    program(torch.randn(3))
    cycles = npu.frontend.last_report().total_cycles
    program(torch.randn(3))
    assert (len(made), npu.frontend.last_report().total_cycles) == (1, cycles)


def test_results_keep_their_structure_and_types():
    def function(x, rows):
        return {"sum": x.sum(), "rows": [rows + 1, rows > 2], "half": (x * 0.5, None)}

    given = torch.randn(4, 3), torch.arange(5)
    assert_close(compiled(function, timing=False)(*given), function(*given))


def test_a_graph_break_is_told_with_its_line():
    def function(x):
        y = x * 2
        torch._dynamo.graph_break()
        return y + 1

    with pytest.warns(Notice) as told:
        result = compiled(function, timing=False)(torch.ones(3))
    assert result.tolist() == [3, 3, 3]
    said = str(told[0].message)
    assert re.match(r"/.*test_torch_compile\.py:\d+: torch\._dynamo\.graph_break\(\): ", said)
    assert "the graph ends here" in said
    assert "computed by Python, not on the NPU" in said


def test_without_a_break_nothing_is_told():
    with warnings.catch_warnings():
        warnings.simplefilter("error", Notice)
        compiled(torch.relu, timing=False)(torch.ones(3))


def test_an_unsupported_operator_is_named_with_its_line():
    def function(x):
        return torch.linalg.ldl_factor(x).LD

    with pytest.raises(UserError, match=r"not supported:\n  aten\.linalg_ldl_factor_ex") as told:
        compiled(function)(torch.eye(3))
    assert "test_torch_compile.py" in str(told.value)


def test_what_a_model_changes_is_changed(monkeypatch):
    made = []
    whole = graph.compile_model
    monkeypatch.setattr(graph, "compile_model", lambda *a, **k: made.append(a) or whole(*a, **k))
    model = network().train()
    program, eager = compiled(model, timing=False), copy.deepcopy(model)
    for count in (2, 2):
        assert_close(program(images(count)), eager(images(count)))
        for one, other in zip(model.buffers(), eager.buffers(), strict=True):
            assert_close(one, other)
    assert len(made) == 1
    x = torch.ones(3)
    assert compiled(lambda x: x.add_(1), timing=False)(x).tolist() == [2.0, 2.0, 2.0]
    assert x.tolist() == [2.0, 2.0, 2.0]


def test_gradients_are_refused():
    with torch.enable_grad(), pytest.raises(UserError, match=r"torch\.no_grad\(\)"):
        compiled(network().eval())(images(2))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"machin": "8x8"}, r"no option is called 'machin'; did you mean 'machine'\?"),
        ({"machine": "tpuv33"}, "did you mean 'tpuv3'"),
        ({"machine": 3}, "option 'machine' is a int"),
        ({"join": "yes"}, "option 'join' is 'yes'; expected a bool"),
    ],
)
def test_wrong_options(options, said):
    with pytest.raises(UserError, match=said):
        torch.compile(torch.relu, backend=torch_compile.npu, options=options)(torch.ones(3))


def test_modes_are_refused():
    with pytest.raises(UserError, match="modes are those of inductor"):
        torch.compile(torch.relu, backend=torch_compile.npu, mode="max-autotune")(torch.ones(3))


def test_the_machine_of_the_environment(monkeypatch):
    monkeypatch.setenv("NPU_MACHINE", "32x32")
    torch.compile(torch.relu, backend=torch_compile.npu)(torch.ones(3))
    assert npu.frontend.last_report().machine == load("32x32")


def test_no_report_before_a_run():
    with pytest.raises(UserError, match="no model has run"):
        npu.frontend.last_report()
