"""What the compiler is made of: a name for its code that changes whenever that does."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOMS = ("configs", "dialects", "passes", "codegen", "runtime", "frontend")
"""The rooms whose code decides what a program becomes."""

CODE_GENERATOR = ("configs", "dialects", "codegen")
"""The rooms whose code decides what a kernel becomes."""

PACKAGES = ("llvmlite", "numpy", "torch", "torch_mlir", "xdsl")
"""What they rely on."""


@cache
def code_version(rooms: tuple[str, ...] = ROOMS) -> str:
    """The sha256 of all Python files of the rooms and of the packages' versions."""
    found = hashlib.sha256()
    for name in PACKAGES:
        found.update(f"{name} {_version(name)}\n".encode())
    for room in rooms:
        for folder in sorted(import_module(f"npu.{room}").__path__):
            for path in sorted(Path(folder).rglob("*.py")):
                found.update(f"{room}/{path.relative_to(folder).as_posix()}\0".encode())
                found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
