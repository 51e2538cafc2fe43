"""LLVM's RISC-V backend: IR text in, object file or assembly out."""

import threading
from functools import cache
from typing import Any

import llvmlite
import llvmlite.binding as llvmlite_binding

llvm: Any = llvmlite_binding

TRIPLE = "riscv64-unknown-elf"

FEATURES = "+m,+a,+f,+d,+c,+v,+zvl128b,+zba,+zbb,+zfhmin,+zvfhmin,+zfbfmin,+zvfbfmin,+xsfvcp,-relax"
"""RV64GCV with conversions between f32 and the floats of two bytes, and the VCIX encodings. V
itself demands zvl128b and no more, so a program fits every VLEN; -relax keeps relocations to those
a one-pass linker applies."""

_LOCK = threading.Lock()


SCHEDULER_OPTIONS = ("-enable-misched=false", "-disable-lsr")
"""Keep the order in which independent rows were put side by side, and each row's address one
addition from that of the first. The default scheduler puts rows one behind the other again to save
registers, of which `register_pressure` has already taken care; loop strength reduction makes a
chain of their addresses. Softmax of 44 rows of 512: 554 cycles, 648 with strength reduction."""


@cache
def _target_machine() -> Any:
    """The one target machine of the process; LLVM's registries are filled at the first call."""
    for option in SCHEDULER_OPTIONS:
        llvm.set_option("npu", option)
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(TRIPLE)
    return target.create_target_machine(
        cpu="generic-rv64", features=FEATURES, opt=2, reloc="static", codemodel="medium"
    )


def version() -> str:
    """LLVM's version and that of its bindings."""
    numbers = ".".join(map(str, llvm.llvm_version_info))
    return f"{numbers} llvmlite {llvmlite.__version__}"


def data_layout() -> str:
    """The target's data layout, which the IR must state before it is parsed."""
    with _LOCK:
        return str(_target_machine().target_data)


def _optimised(text: str) -> Any:
    """The parsed, verified module after LLVM's -O2 without its vectorisers: ours is vector code."""
    machine = _target_machine()
    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = False
    options.slp_vectorization = False
    options.loop_unrolling = False
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    return module


def emit_object(text: str) -> bytes:
    """The ELF relocatable object of the IR `text`; equal text gives equal bytes."""
    with _LOCK:
        return bytes(_target_machine().emit_object(_optimised(text)))


def emit_assembly(text: str) -> str:
    """The assembly listing of the IR `text`."""
    with _LOCK:
        return str(_target_machine().emit_assembly(_optimised(text)))
