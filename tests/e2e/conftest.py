"""The whole way of one model on one machine: eager PyTorch, the reference executor and Spike agree.

A test module lists `FUNCTIONS` (name: a function of tensors and the shapes of its inputs) and
`MODULES` (name: what makes a module, and shapes). A test that takes `whole` runs once for each of
them; of one that takes `stage_machine` too, each case runs on one of `TURNS`, the next case on the
next. A test that takes `machine` runs once for each of `MACHINES` and carries the marker `slow`:
`make test-full` runs it.
"""

import itertools
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from npu.configs.loader import load
from npu.frontend.eager import expected
from npu.frontend.torch.import_model import import_model
from npu.passes.group.check import main_of
from npu.runtime.compiler import MAPPED_STAGE, compile_text, make_context, parse
from npu.runtime.progress import StageClock
from npu.runtime.reference import adversaries, run_module
from npu.runtime.session import simulate_program, spike_run
from npu.runtime.value_check import check_values
from npu.runtime.value_check.program import twins_of

ARRAY_SIZES = (8, 32, 128, 256)
VLENS = (256, 1024, 4096, 32768)
MACHINES = tuple(itertools.product(ARRAY_SIZES, VLENS))
"""Array size and VLEN in bits."""

STAGE_MACHINE = (32, 1024)
"""Where the text of every stage is executed, unless it is another's turn."""

TURNS = ((8, 256), STAGE_MACHINE, (128, 32768), (256, 4096))
"""One machine of each array size; every VLEN is among them."""

SHARES = 3
"""A quick test of a case reads every third stage back, that of the next case the ones between."""


def machine_with(lanes=128, vlen=4096, **keys):
    """tpuv3 with another array size and VLEN, and further fields replaced by `keys`."""
    return replace(load("tpuv3"), vpu_num_lanes=lanes, riscv_vlen_bits=vlen, **keys)


class Whole:
    """A model imported once, to be run on any machine."""

    def __init__(self, model, inputs):
        self.imported = import_model(model.eval(), inputs)
        self.expected = expected(model, inputs, self.imported.changes)
        self.share = None
        """Which of `SHARES` of the stages are read back; None for all of them."""

    def compile(self, machine):
        return compile_text(self.imported.text, machine)

    def values_agree(self, machine, *, has_twin=True):
        """The reference executor on the final form and Spike give what eager PyTorch does."""
        program = self.compile(machine)
        self.final_form_agrees(program, has_twin=has_twin)
        return program

    def final_form_agrees(self, program, *, has_twin=True):
        """As `values_agree`, for a program compiled already."""
        final = run_module(program.module, self.imported.values, cores=program.machine.num_cores)
        self._compare(final, self._twins(program), "the reference executor")
        self._check_orders(program, final)
        self._check_spike(program, has_twin=has_twin)

    def _check_orders(self, program, outputs):
        """Transfers that are as late or as early as can be leave every bit as it is."""
        for order in adversaries(1):
            found = run_module(
                program.module, self.imported.values, cores=program.machine.num_cores, order=order
            )
            for number, (one, output) in enumerate(zip(found, outputs, strict=True)):
                np.testing.assert_array_equal(one, output, err_msg=f"output {number}, {order}")

    def every_stage_agrees(self, machine, *, has_twin=True):
        """The text of every stage, read back, computes what eager PyTorch does; so does Spike.

        With a `share`, of the stages whose turn it is; what comes out is run in any case.
        `has_twin` says that the model runs in float64 as well: none that makes float32 constants.
        """
        program = self.compile(machine)
        twins = self._twins(program)
        for name in list(program.stages)[self.share :: 1 if self.share is None else SHARES]:
            module = parse(make_context(), program.stages[name], name)
            outputs = run_module(module, self.imported.values, cores=machine.num_cores)
            self._compare(outputs, twins, name)
        outputs = run_module(program.module, self.imported.values, cores=machine.num_cores)
        self._compare(outputs, twins, "the program")
        self._check_orders(program, outputs)
        self._check_spike(program, has_twin=has_twin)
        return program

    def _check_spike(self, program, *, has_twin=True):
        """What `npu run` checks."""
        run = spike_run(program, self.imported.values, StageClock())
        imported = self.imported
        check = check_values(
            program, imported.values, run, self.expected, imported.rounded_positions
        )
        assert check.passed, check.first_fault
        if not has_twin:
            return
        assert check.float64_is_the_references, check.float64
        assert all(output.note is None for output in check.outputs), check.outputs

    def _twins(self, program):
        """The outputs in float64, and how far rounding moves them."""
        main = main_of(program.stage_module(MAPPED_STAGE))
        return twins_of(main, self.imported.values, program.machine.array_size)

    def _compare(self, outputs, twins, what):
        """Each of `outputs` is as close to float64 as rounding leaves it."""
        for number, (output, twin) in enumerate(zip(outputs, twins, strict=True)):
            alike = (output == twin.value) | (np.isnan(output) & np.isnan(twin.value))
            alike = alike | twin.open if output.dtype.kind != "f" else alike
            difference = np.abs(output[~alike] - twin.value[~alike]).max(initial=0.0)
            assert difference <= twin.limit, f"{what}: output {number} differs by {difference:.2e}"

    def simulate(self, machine):
        """The simulation's result, each unit in one state at a time from start to end."""
        return self.simulate_compiled(self.compile(machine))

    def simulate_compiled(self, program):
        """As `simulate`, for a program compiled already."""
        result = simulate_program(program, StageClock())
        states_fill_the_time(result)
        return result


def states_fill_the_time(result):
    """The cycles of each unit's states sum to the total."""
    assert result.total_cycles > 0
    assert result.launches[-1].end == result.total_cycles
    for core in result.to_dict()["cores"]:
        units = (core["front"], core["execute"], core["vector"], core["dma"], *core["arrays"])
        for unit in units:
            states = {key: n for key, n in unit.items() if key.endswith("_cycles")}
            assert sum(states.values()) == result.total_cycles, states


class Function(nn.Module):
    """A model without weights."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def tensors(*shapes):
    """Standard normal values, the same in every run."""
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(shape, generator=generator) for shape in shapes)


@cache
def function_whole(function, *shapes):
    """A function of tensors, imported once in this process."""
    return Whole(Function(function), tensors(*shapes))


@cache
def module_whole(make, *shapes):
    """The module that `make` makes, with normal weights (norms start with ones and zeros)."""
    torch.manual_seed(1)
    model = make()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=[1, *parameter.shape][-1] ** -0.5)
    return Whole(model, tensors(*shapes))


def cases_of(module):
    """What makes each of a test module's models, and what it makes it of, by name."""
    functions, modules = (getattr(module, name, {}) for name in ("FUNCTIONS", "MODULES"))
    made = {name: (function_whole, case) for name, case in functions.items()}
    return made | {name: (module_whole, case) for name, case in modules.items()}


def pytest_generate_tests(metafunc):
    cases, wanted = cases_of(metafunc.module), metafunc.fixturenames
    if "whole" in wanted and "stage_machine" in wanted:
        metafunc.parametrize(("whole", "stage_machine"), by_turns(cases), indirect=True)
    elif "whole" in wanted:
        metafunc.parametrize("whole", cases.values(), ids=cases.keys(), indirect=True)
    if "machine" in wanted:
        machines = [param((pair,), name_of(pair), is_quick=False) for pair in MACHINES]
        metafunc.parametrize("machine", machines, indirect=True)


def by_turns(cases):
    """Each case on the machine whose turn it is; in the slow set on `STAGE_MACHINE` as well."""
    pairs = [
        (name, case, machine, machine == turn)
        for (name, case), turn in zip(cases.items(), itertools.cycle(TURNS))
        for machine in dict.fromkeys((turn, STAGE_MACHINE))
    ]
    return [param((case, m), f"{name}-{name_of(m)}", is_quick) for name, case, m, is_quick in pairs]


def pytest_collection_modifyitems(items):
    """Tests of one model stand beside each other: the process that runs them imports it once."""
    order = {}
    for item in items:
        order.setdefault(model_of(item), len(order))
    items.sort(key=lambda item: order[model_of(item)])


def model_of(item):
    """What is equal for the tests of one model, and for no others."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return (item.path, params["whole"]) if "whole" in params else item.nodeid


def param(values, name, is_quick):
    return pytest.param(*values, id=name, marks=() if is_quick else pytest.mark.slow)


def name_of(pair):
    return f"array{pair[0]}-vlen{pair[1]}"


@pytest.fixture
def whole(request):
    build, case = request.param
    made = build(*case)
    made.share = None if request.node.get_closest_marker("slow") else request.param_index % SHARES
    return made


@pytest.fixture
def machine(request):
    return machine_with(*request.param)


@pytest.fixture
def stage_machine(request):
    return machine_with(*getattr(request, "param", STAGE_MACHINE))


@pytest.fixture(name="machine_with", scope="session")
def machine_with_fixture():
    return machine_with


@pytest.fixture(name="function_whole", scope="session")
def function_whole_fixture():
    return function_whole


@pytest.fixture(scope="session")
def whole_of():
    """Imports a function of tensors called with these."""
    return lambda function, inputs: Whole(Function(function), inputs)


@pytest.fixture(name="module_whole", scope="session")
def module_whole_fixture():
    return module_whole
