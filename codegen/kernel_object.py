"""The code of one kernel: an object file of its own, made of nothing but the kernel.

So equal kernels have equal objects, whatever program they are in, and a store may keep them. The
device library is an object, too: kernels call it, and `link` puts them together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from npu.codegen import target
from npu.codegen.debug_info import DebugInfo, NoDebugInfo
from npu.codegen.device import add_device_library
from npu.codegen.kernel import emit_kernel
from npu.codegen.llvm_ir import Module, ir
from npu.codegen.processes import dealt
from npu.codegen.special import INSTRUCTIONS, POLYNOMIALS
from npu.codegen.tile_function import emit_tile_function
from npu.dialects.npu import ComputeOp, KernelOp

SpecialFunctions = Literal["polynomial", "instruction"]


@dataclass(frozen=True)
class Settings:
    """What code generation is told beside the kernel."""

    vlen: int
    """Bits of a vector register of the machine."""

    special_functions: SpecialFunctions
    """Whether exp, tanh and erf become polynomials or the machine's instructions."""


@dataclass(frozen=True)
class KernelObject:
    """The code of a kernel and its tile functions, or of the device library."""

    elf: bytes
    """A relocatable object file."""

    texts: tuple[str, ...] = ()
    """The operation that each line of its line table stands for, from line 1 on."""


class ObjectStore(Protocol):
    """Keeps the objects of kernels by all that they depend on but this compiler's own code."""

    def get(self, inputs: Mapping[str, object]) -> KernelObject | None:
        """The object of these inputs, None if it is not known."""
        ...

    def put(self, inputs: Mapping[str, object], made: KernelObject) -> None:
        """Remembers an object."""
        ...


def objects_of(
    kernels: Sequence[KernelOp], settings: Settings, store: ObjectStore | None = None
) -> list[KernelObject]:
    """The device library, and behind it the object of each kernel, made where it is not known."""
    sources: list[KernelOp | None] = [None, *kernels]
    keys = [_inputs(source, settings) for source in sources]
    found = [None if store is None else store.get(key) for key in keys]
    missing = [number for number, known in enumerate(found) if known is None]
    made = dealt(lambda turn: make_object(sources[missing[turn]], settings), len(missing))
    for number, one in zip(missing, made, strict=True):
        if store is not None:
            store.put(keys[number], one)
        found[number] = one
    return [one for one in found if one is not None]


def make_object(
    kernel: KernelOp | None, settings: Settings, *, has_locations: bool = True
) -> KernelObject:
    """The object of a kernel, or of the device library where there is none."""
    module = new_module()
    if kernel is None:
        add_device_library(module)
        return KernelObject(target.emit_object(str(module)))
    if not has_locations:
        emit_functions(module, kernel, settings, NoDebugInfo())
        return KernelObject(target.emit_object(str(module)))
    debug = DebugInfo(module, kernel)
    emit_functions(module, kernel, settings, debug)
    return KernelObject(target.emit_object(str(module)), tuple(debug.texts))


def new_module() -> Module:
    """An LLVM module without functions."""
    module = ir.Module("npu")
    module.triple = target.TRIPLE
    module.data_layout = target.data_layout()
    return module


def emit_functions(
    module: Module, kernel: KernelOp, settings: Settings, debug: NoDebugInfo
) -> None:
    """Defines the functions of a kernel: its tile functions and itself."""
    special = INSTRUCTIONS if settings.special_functions == "instruction" else POLYNOMIALS
    for op in tile_functions(kernel):
        emit_tile_function(module, op, special, settings.vlen, debug)
    emit_kernel(module, kernel, debug)


def tile_functions(kernel: KernelOp) -> list[ComputeOp]:
    """The tile functions of a kernel in order of appearance."""
    return [op for op in kernel.walk() if isinstance(op, ComputeOp)]


def _inputs(kernel: KernelOp | None, settings: Settings) -> dict[str, object]:
    """All that an object depends on but the code of this compiler."""
    text = "device library" if kernel is None else str(kernel)
    return {
        "kernel": hashlib.sha256(text.encode()).hexdigest(),
        "vlen": settings.vlen,
        "special_functions": settings.special_functions,
        "llvm": target.version(),
    }
