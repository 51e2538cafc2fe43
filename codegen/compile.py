"""From a module of kernels to a linked image: the whole of code generation on one page."""

from collections.abc import Iterator
from typing import Literal

from xdsl.dialects.builtin import ModuleOp

from npu.codegen import target
from npu.codegen.check import check_module
from npu.codegen.device import DMA_STUBS, add_device_library
from npu.codegen.digest import digests
from npu.codegen.image import IMAGE_BASE, Image
from npu.codegen.kernel import emit_kernel
from npu.codegen.link import link
from npu.codegen.llvm_ir import ir
from npu.codegen.object_file import read_object
from npu.codegen.special import INSTRUCTIONS, POLYNOMIALS
from npu.codegen.tile_function import emit_tile_function
from npu.configs.machine import Machine
from npu.dialects.isa import dma_stub
from npu.dialects.npu import ComputeOp, KernelOp

SpecialFunctions = Literal["polynomial", "instruction"]


def compile_module(
    module: ModuleOp, machine: Machine, *, special_functions: SpecialFunctions = "polynomial"
) -> Image:
    """Compiles every `npu.kernel` of `module` (final form) into one image.

    exp, tanh and erf become polynomials, or the machine's special-function instructions.
    Equal modules give equal bytes. Raises UserError naming every operation without a lowering.
    """
    text = emit_llvm(module, machine, special_functions=special_functions)
    obj = read_object(target.emit_object(text))
    linked = link(obj, {name: dma_stub(name) for name in DMA_STUBS})
    names = [op.sym_name.data for op in _tile_functions(module)]
    return Image(IMAGE_BASE, linked.data, linked.addresses, linked.sizes, digests(obj, names))


def emit_llvm(
    module: ModuleOp, machine: Machine, *, special_functions: SpecialFunctions = "polynomial"
) -> str:
    """The LLVM IR of `module`, before LLVM's own passes."""
    check_module(module, machine)
    llvm_module = ir.Module("npu")
    llvm_module.triple = target.TRIPLE
    llvm_module.data_layout = target.data_layout()
    add_device_library(llvm_module)
    special = INSTRUCTIONS if special_functions == "instruction" else POLYNOMIALS
    for op in _tile_functions(module):
        emit_tile_function(llvm_module, op, special)
    for kernel in _kernels(module):
        emit_kernel(llvm_module, kernel)
    return str(llvm_module)


def emit_assembly(
    module: ModuleOp, machine: Machine, *, special_functions: SpecialFunctions = "polynomial"
) -> str:
    """The assembly listing of the program, before linking."""
    return target.emit_assembly(emit_llvm(module, machine, special_functions=special_functions))


def _kernels(module: ModuleOp) -> Iterator[KernelOp]:
    """The kernels in order of appearance."""
    return (op for op in module.ops if isinstance(op, KernelOp))


def _tile_functions(module: ModuleOp) -> Iterator[ComputeOp]:
    """The tile functions in order of appearance."""
    return (op for kernel in _kernels(module) for op in kernel.walk() if isinstance(op, ComputeOp))
