"""torchvision beside a PyTorch that its own operators were not built for.

PyPI's torchvision is built for PyTorch with CUDA: beside one for the CPU alone, the library of its
operators (`nms` and their like) does not load. torchvision would do without, as no classifier uses
them, but two lines describe operators that do not exist then, and its import fails with "operator
torchvision::nms does not exist". Here these two are declared, ahead of those lines. A model that
calls one still ends in a message of torchvision's, or of ours: nothing computes them.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch

DESCRIBING = "torchvision._meta_registrations"
"""The module with those lines; torchvision has tried to load its operators by then."""

DESCRIBED = ("nms", "qnms")
OPERANDS = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


@contextmanager
def torchvision_operators() -> Generator[None]:
    """Inside, torchvision can be imported whether or not its operators load."""
    finder = _Declaring()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)


class _Declaring:
    """Finds no module: it is told which is about to be imported."""

    def find_spec(self, name: str, *_where: object) -> None:
        """Called for each module that is not there yet, by the import system."""
        if name == DESCRIBING:
            _declare()


@cache
def _declare() -> Any:
    """Declares what does not exist; the operators are there as long as what is returned."""
    library: Any = torch.library.Library("torchvision", "FRAGMENT")
    for name in DESCRIBED:
        if not hasattr(torch.ops.torchvision, name):
            library.define(name + OPERANDS)
    return library
