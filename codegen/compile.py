"""From a module of kernels to a linked image: the whole of code generation on one page."""

from collections.abc import Iterator, Sequence
from typing import Literal

from xdsl.dialects.builtin import ModuleOp

from npu.codegen import target
from npu.codegen.check import check_module
from npu.codegen.debug_info import DebugInfo, NoDebugInfo
from npu.codegen.device import DMA_STUBS, add_device_library
from npu.codegen.digest import digests
from npu.codegen.image import IMAGE_BASE, Image, Location
from npu.codegen.kernel import emit_kernel
from npu.codegen.line_table import read_line_table
from npu.codegen.link import Linked, link
from npu.codegen.llvm_ir import Module, ir
from npu.codegen.object_file import RelocatableObject, read_object
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
    check_module(module, machine)
    llvm_module = _new_module()
    debug = DebugInfo(llvm_module, _kernels(module))
    _emit(llvm_module, module, machine, special_functions, debug)
    object_file = target.emit_object(str(llvm_module))
    obj = read_object(object_file)
    linked = link(obj, {name: dma_stub(name) for name in DMA_STUBS})
    names = [op.sym_name.data for op in _tile_functions(module)]
    locations = _locations(object_file, obj, linked, debug.texts)
    content = digests(obj, names)
    return Image(IMAGE_BASE, linked.data, linked.addresses, linked.sizes, content, locations)


def emit_llvm(
    module: ModuleOp, machine: Machine, *, special_functions: SpecialFunctions = "polynomial"
) -> str:
    """The LLVM IR of `module`, before LLVM's own passes and without debug metadata."""
    check_module(module, machine)
    llvm_module = _new_module()
    _emit(llvm_module, module, machine, special_functions, NoDebugInfo())
    return str(llvm_module)


def emit_assembly(
    module: ModuleOp, machine: Machine, *, special_functions: SpecialFunctions = "polynomial"
) -> str:
    """The assembly listing of the program, before linking."""
    return target.emit_assembly(emit_llvm(module, machine, special_functions=special_functions))


def _new_module() -> Module:
    """An LLVM module without functions."""
    llvm_module = ir.Module("npu")
    llvm_module.triple = target.TRIPLE
    llvm_module.data_layout = target.data_layout()
    return llvm_module


def _emit(
    llvm_module: Module,
    module: ModuleOp,
    machine: Machine,
    special_functions: SpecialFunctions,
    debug: NoDebugInfo,
) -> None:
    """Defines every function of the program."""
    add_device_library(llvm_module)
    special = INSTRUCTIONS if special_functions == "instruction" else POLYNOMIALS
    for op in _tile_functions(module):
        emit_tile_function(llvm_module, op, special, machine.riscv_vlen_bits, debug)
    for kernel in _kernels(module):
        emit_kernel(llvm_module, kernel, debug)


def _locations(
    object_file: bytes, obj: RelocatableObject, linked: Linked, texts: Sequence[str]
) -> tuple[Location, ...]:
    """The spans of the line table at their addresses in the image, each cut to its function."""
    found: list[Location] = []
    spans = read_line_table(object_file)
    for function in obj.functions:
        address = linked.addresses[function.name]
        for span in spans:
            if function.holds(span.start):
                start = address + span.start.offset - function.start.offset
                end = min(start + span.size, address + function.size)
                found.append(Location(start, end, texts[span.line - 1]))
    return tuple(sorted(found, key=lambda location: location.start))


def _kernels(module: ModuleOp) -> Iterator[KernelOp]:
    """The kernels in order of appearance."""
    return (op for op in module.ops if isinstance(op, KernelOp))


def _tile_functions(module: ModuleOp) -> Iterator[ComputeOp]:
    """The tile functions in order of appearance."""
    return (op for kernel in _kernels(module) for op in kernel.walk() if isinstance(op, ComputeOp))
