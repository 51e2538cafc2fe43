"""The C interface of `libnpu_spike.so` as ctypes structs and typed functions (src/c_api.cpp)."""

from __future__ import annotations

import ctypes
from dataclasses import fields
from functools import cache
from typing import Any

from npu.configs.core_timing import CoreTiming
from npu.runtime.spike.library import load_library

U64 = ctypes.c_uint64


class MemoryMap(ctypes.Structure):
    """Base addresses and sizes in bytes of the ranges of the program's memory."""

    _fields_ = [
        ("image_base", U64),
        ("image_capacity", U64),
        ("stack_base", U64),
        ("stack_bytes", U64),
        ("spad_base", U64),
        ("spad_bytes", U64),
        ("dram_base", U64),
        ("dram_capacity", U64),
    ]


class Timing(ctypes.Structure):
    """`CoreTiming`, field by field in its order."""

    _fields_ = [(field.name, U64) for field in fields(CoreTiming)]


class Parameters(ctypes.Structure):
    """Everything a core is made from."""

    _fields_ = [
        ("map", MemoryMap),
        ("vlen_bits", U64),
        ("lanes", U64),
        ("datapath_bits", U64),
        ("timing", Timing),
    ]


class Result(ctypes.Structure):
    """How a call ended: `status` is 0 returned, 1 trapped, 2 over the instruction budget."""

    _fields_ = [
        ("status", U64),
        ("cause", U64),
        ("pc", U64),
        ("value", U64),
        ("instruction", U64),
        ("instructions", U64),
        ("cycles", U64),
        ("return_address", U64),
    ]


RETURNED, TRAPPED, OVER_BUDGET = 0, 1, 2


@cache
def functions() -> ctypes.CDLL:
    """The library with the types of its functions declared, checked against the structs above."""
    library = load_library()
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "npu_spike_parameters_bytes": (U64, []),
        "npu_spike_result_bytes": (U64, []),
        "npu_spike_create": (
            ctypes.c_void_p,
            [ctypes.POINTER(Parameters), ctypes.c_char_p, ctypes.c_size_t],
        ),
        "npu_spike_destroy": (None, [ctypes.c_void_p]),
        "npu_spike_pointer": (ctypes.c_void_p, [ctypes.c_void_p, U64, U64, ctypes.c_int]),
        "npu_spike_flush": (None, [ctypes.c_void_p]),
        "npu_spike_call": (
            None,
            [
                ctypes.c_void_p,
                U64,
                ctypes.POINTER(U64),
                U64,
                U64,
                ctypes.c_int,
                ctypes.POINTER(Result),
            ],
        ),
        "npu_spike_stop": (None, [ctypes.c_void_p]),
        "npu_spike_last_error": (ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int]),
        "npu_spike_dma_bytes": (U64, [ctypes.c_void_p]),
        "npu_spike_multiply_accumulates": (U64, [ctypes.c_void_p]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    sizes = (library.npu_spike_parameters_bytes(), library.npu_spike_result_bytes())
    if sizes != (ctypes.sizeof(Parameters), ctypes.sizeof(Result)):
        raise RuntimeError(f"libnpu_spike.so is from another version of npu-toolkit: {sizes}")
    return library
