"""From a module of kernels to a linked image: the whole of code generation on one page."""

from collections.abc import Mapping

from xdsl.dialects.builtin import ModuleOp

from npu.codegen.check import check_module
from npu.codegen.debug_info import NoDebugInfo
from npu.codegen.device import DMA_STUBS, add_device_library
from npu.codegen.digest import digests
from npu.codegen.image import IMAGE_BASE, Image, Location
from npu.codegen.kernel_object import (
    KernelObject,
    ObjectStore,
    Settings,
    SpecialFunctions,
    emit_functions,
    new_module,
    objects_of,
    tile_functions,
)
from npu.codegen.line_table import read_line_table
from npu.codegen.link import link
from npu.codegen.object_file import RelocatableObject, read_object
from npu.configs.machine import Machine
from npu.dialects.isa import dma_stub
from npu.dialects.npu import KernelOp


def compile_module(
    module: ModuleOp,
    machine: Machine,
    *,
    special_functions: SpecialFunctions = "polynomial",
    store: ObjectStore | None = None,
) -> Image:
    """Compiles every `npu.kernel` of `module` (final form) into one image.

    exp, tanh and erf become polynomials, or the machine's special-function instructions. Objects
    of kernels are taken from `store`, and put there. Equal modules give equal bytes. Raises
    UserError naming every operation without a lowering.
    """
    check_module(module, machine)
    kernels = _kernels(module)
    made = objects_of(kernels, Settings(machine.riscv_vlen_bits, special_functions), store)
    objects = [read_object(one.elf) for one in made]
    linked = link(objects, {name: dma_stub(name) for name in DMA_STUBS})
    content: dict[str, str] = {}
    for kernel, obj in zip(kernels, objects[1:], strict=True):
        content |= digests(obj, [op.sym_name.data for op in tile_functions(kernel)])
    pairs = zip(made, objects, strict=True)
    found = [place for one, obj in pairs for place in _locations(one, obj, linked.addresses)]
    locations = tuple(sorted(found, key=lambda location: location.start))
    return Image(IMAGE_BASE, linked.data, linked.addresses, linked.sizes, content, locations)


def emit_llvm(
    module: ModuleOp, machine: Machine, *, special_functions: SpecialFunctions = "polynomial"
) -> str:
    """The LLVM IR of `module`, before LLVM's own passes and without debug metadata.

    One module of all functions, to be read; each kernel is compiled in a module of its own.
    """
    check_module(module, machine)
    llvm_module = new_module()
    add_device_library(llvm_module)
    settings = Settings(machine.riscv_vlen_bits, special_functions)
    for kernel in _kernels(module):
        emit_functions(llvm_module, kernel, settings, NoDebugInfo())
    return str(llvm_module)


def _locations(
    made: KernelObject, obj: RelocatableObject, addresses: Mapping[str, int]
) -> list[Location]:
    """The spans of the line table at their addresses in the image, each cut to its function."""
    found: list[Location] = []
    spans = read_line_table(made.elf)
    for function in obj.functions:
        address = addresses[function.name]
        for span in spans:
            if function.holds(span.start):
                start = address + span.start.offset - function.start.offset
                end = min(start + span.size, address + function.size)
                found.append(Location(start, end, made.texts[span.line - 1]))
    return found


def _kernels(module: ModuleOp) -> list[KernelOp]:
    """The kernels in order of appearance."""
    return [op for op in module.ops if isinstance(op, KernelOp)]
