"""Finding and loading the two shared libraries: Spike's own, then ours, through ctypes.

`libnpu_spike.so` has no rpath (its CMakeLists.txt says why): the installed `libriscv.so` is loaded
first with its symbols visible to libraries loaded after it.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from functools import cache
from pathlib import Path

from npu.configs.errors import UserError

LIBRARY_NAME = "libnpu_spike.so"
LIBRARY_VARIABLE = "NPU_SPIKE_LIBRARY"
"""Environment variable: the path of a `libnpu_spike.so` to use in place of the installed one."""


def spike_data() -> Path:
    """The folder of the `spike` distribution that holds `bin/spike` and `lib/libriscv.so`.

    Raises `UserError` when the distribution is not installed.
    """
    spec = importlib.util.find_spec("riscv")
    if spec is None or spec.origin is None:
        raise UserError(
            "the Python package 'spike' (the RISC-V simulator) is not installed; "
            "expected it beside npu-toolkit: run 'pip install --pre spike'"
        )
    return Path(spec.origin).parent / "data"


def library_path() -> Path:
    """Where our library is: by the environment variable, or in the installed package.

    Raises `UserError` when there is none.
    """
    chosen = os.environ.get(LIBRARY_VARIABLE)
    if chosen is not None:
        if not Path(chosen).is_file():
            raise UserError(
                f"{LIBRARY_VARIABLE} is '{chosen}', expected the path of {LIBRARY_NAME}"
            )
        return Path(chosen)
    for entry in sys.path:
        path = Path(entry) / "npu" / "runtime" / "spike" / LIBRARY_NAME
        if path.is_file():
            return path
    raise UserError(
        f"{LIBRARY_NAME} is not built; expected it in an installed npu-toolkit: "
        f"run 'pip install .', or set {LIBRARY_VARIABLE} to its path"
    )


@cache
def load_library() -> ctypes.CDLL:
    """Our library, loaded once a process. Raises `UserError` when it, or Spike, cannot be."""
    riscv = spike_data() / "lib" / "libriscv.so"
    try:
        ctypes.CDLL(str(riscv), mode=ctypes.RTLD_GLOBAL)
        return ctypes.CDLL(str(library_path()))
    except OSError as error:
        raise UserError(
            f"cannot load Spike ({error}); expected {riscv} and {LIBRARY_NAME} built against the "
            "same 'spike' package: reinstall npu-toolkit"
        ) from error
