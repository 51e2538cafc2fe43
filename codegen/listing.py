"""Assembly to read: the tile functions of a program, each instruction below its operation.

    softmax_512x512_c0:
    # linalg.generic ins(%in_spad_1, %temp_1) outs(%out_spad_1): arith.subf, math.exp
            vle32.v v8, (a0)
            vfsub.vf        v8, v8, fa5

It is made from the same LLVM IR as the objects, so the instructions are those that run.
"""

import re
from collections.abc import Iterator, Sequence

from xdsl.dialects.builtin import ModuleOp

from npu.codegen import target
from npu.codegen.check import check_module
from npu.codegen.debug_info import DebugInfo
from npu.codegen.kernel_object import (
    Settings,
    SpecialFunctions,
    emit_functions,
    new_module,
    tile_functions,
)
from npu.configs.machine import Machine
from npu.dialects.npu import KernelOp

_PLACE = re.compile(r"\s*\.loc\s+\d+\s+(\d+)")
_LABEL = re.compile(r"([\w.$]+):")
_END = ".Lfunc_end"


def emit_listing(
    module: ModuleOp, machine: Machine, *, special_functions: SpecialFunctions = "polynomial"
) -> str:
    """The annotated assembly of every tile function of `module` (final form), kernel by kernel.

    Raises UserError naming every operation without a lowering.
    """
    check_module(module, machine)
    settings = Settings(machine.riscv_vlen_bits, special_functions)
    kernels = [op for op in module.ops if isinstance(op, KernelOp)]
    return "\n".join(line for kernel in kernels for line in _of_kernel(kernel, settings)) + "\n"


def _of_kernel(kernel: KernelOp, settings: Settings) -> Iterator[str]:
    """The lines of a kernel's tile functions."""
    llvm_module = new_module()
    debug = DebugInfo(llvm_module, kernel)
    emit_functions(llvm_module, kernel, settings, debug)
    names = {op.sym_name.data for op in tile_functions(kernel)}
    lines = target.emit_assembly(str(llvm_module)).splitlines()
    starts = [number for number, line in enumerate(lines) if _label(line) in names]
    for start in starts:
        yield from _of_function(lines[start:], debug.texts)


def _label(line: str) -> str | None:
    """The label that a line defines, as a function's name is without quotes."""
    found = _LABEL.match(line.replace('"', ""))
    return found[1] if found else None


def _of_function(lines: Sequence[str], texts: Sequence[str]) -> Iterator[str]:
    """A function's lines up to its end, with operations in place of their numbers."""
    yield lines[0].split("#")[0].rstrip()
    last = ""
    for line in lines[1:]:
        if line.startswith(_END):
            return
        place = _PLACE.match(line)
        if place:
            number = int(place[1])
            text = texts[number - 1].partition(": ")[2] if number else ""
            if text and text != last:
                yield f"# {text}"
                last = text
        elif _is_code(line):
            yield line.split("#")[0].rstrip()


def _is_code(line: str) -> bool:
    """Whether a line is an instruction or a label that a branch may name."""
    text = line.strip()
    if text.startswith(".LBB"):
        return True
    return bool(text) and text[0].isalpha() and not text.endswith(":")
