"""Operators that a library registers when it is loaded, which are none of PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from npu.frontend.torch.decompositions.grouped import rows_by_group

OPERATORS: dict[str, Callable[..., Any]] = {
    "transformers.grouped_mm_fallback": rows_by_group,
}
"""By the library's name and the operator's. What looks at values cannot be traced: it is ours."""


def library_operators() -> dict[Any, Callable[..., Any]]:
    """Those of `OPERATORS` that are there."""
    found: dict[Any, Callable[..., Any]] = {}
    for name, rule in OPERATORS.items():
        library, operator = name.split(".")
        packet = getattr(getattr(torch.ops, library), operator, None)
        if packet is not None:
            found[packet.default] = rule
    return found
