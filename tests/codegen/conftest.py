"""Runs kernels written in final form on Spike."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pytest
from npu.codegen.compile import compile_module
from npu.codegen.image import DRAM_BASE, TENSOR_ALIGNMENT
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.dialects.npu import KernelOp
from npu.passes.universe import DIALECTS
from npu.runtime.spike.spike import Spike
from numpy.typing import NDArray
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.universe import Universe

Array = NDArray[np.float32]
Run = Callable[..., list[Array]]


def parse(text: str) -> ModuleOp:
    context = Context()
    for name, factory in {**Universe.get_multiverse().all_dialects, **DIALECTS}.items():
        context.register_dialect(name, factory)
    module = Parser(context, text).parse_module()
    module.verify()
    return module


def machine_of(lanes: int, vlen: int) -> Machine:
    return dataclasses.replace(load("tpuv3"), vpu_num_lanes=lanes, riscv_vlen_bits=vlen)


def execute(
    text: str,
    arrays: Sequence[Array],
    machine: Machine,
    special_functions: Literal["polynomial", "instruction"] = "polynomial",
    cores: int = 1,
) -> list[Array]:
    """Runs the first kernel of `text` on all cores in turn; the arrays as they are afterwards."""
    module = parse(text)
    image = compile_module(module, machine, special_functions=special_functions)
    kernel = next(op for op in module.ops if isinstance(op, KernelOp))
    addresses: list[int] = []
    at = DRAM_BASE
    for array in arrays:
        addresses.append(at)
        at += -(-array.nbytes // TENSOR_ALIGNMENT) * TENSOR_ALIGNMENT
    with Spike(machine) as spike:
        spike.load(image)
        for address, array in zip(addresses, arrays, strict=True):
            spike.write(address, array)
        for core in range(cores):
            spike.call(kernel.sym_name.data, [core, cores, *addresses])
        return [
            np.frombuffer(spike.read(address, array.nbytes), np.float32).reshape(array.shape)
            for address, array in zip(addresses, arrays, strict=True)
        ]


@pytest.fixture
def run() -> Run:
    return execute
