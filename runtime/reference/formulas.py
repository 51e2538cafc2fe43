"""Formulas of special functions (`npu.codegen.functions.formulas`) in numpy's float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from npu.codegen.functions.formulas import FORMULAS
from npu.codegen.functions.wide import ROUND

Doubles = NDArray[np.float64]

_SPLIT = 2.0**27 + 1
"""Times a number, it tells the upper half of its bits (Veltkamp 1968)."""

_COMPARISONS: dict[str, Callable[..., Any]] = {
    "vmfeq": np.equal,
    "vmflt": np.less,
    "vmfle": np.less_equal,
    "vmfgt": np.greater,
    "vmfge": np.greater_equal,
}

_INTEGERS: dict[str, Callable[..., Any]] = {
    "vsub": np.subtract,
    "vsra": np.right_shift,
    "vsll": np.left_shift,
    "vxor": np.bitwise_xor,
}


def of_formula(name: str) -> Callable[..., Doubles]:
    """The function ``(x, ...) -> y`` on arrays of float64 that a formula says."""
    formula = cast("Callable[..., Doubles]", FORMULAS[name])

    def evaluate(*operands: Doubles) -> Doubles:
        values = np.broadcast_arrays(*(np.asarray(each, np.float64) for each in operands))
        with np.errstate(all="ignore"):
            return formula(_Numbers(), *values)

    return evaluate


class _Numbers:
    """The methods of `Wide`, on arrays."""

    def of(self, x: Doubles) -> Doubles:
        return x

    def splat(self, number: float) -> Doubles:
        return np.array(number)

    def add(self, x: Doubles, y: Any) -> Doubles:
        return x + y

    def subtract(self, x: Any, y: Any) -> Doubles:
        return x - y

    def multiply(self, x: Doubles, y: Any) -> Doubles:
        return x * y

    def divide(self, x: Any, y: Doubles) -> Doubles:
        return x / y

    def size(self, x: Doubles) -> Doubles:
        return np.abs(x)

    magnitude = size

    def turned(self, x: Doubles, y: Doubles) -> Doubles:
        return x * np.copysign(1.0, y)

    def root(self, x: Doubles) -> Doubles:
        return np.sqrt(x)

    def fused(self, x: Any, y: Doubles, addend: Any, *, name: str = "vfmacc") -> Doubles:
        """The product's rounding error comes back, so that a difference is right."""
        product = x * y
        error = _product_error(np.asarray(x), y, product)
        if name == "vfmacc":
            return (product + addend) + error
        if name == "vfmsac":
            return (product - addend) + error
        return (addend - product) - error

    def polynomial(self, coefficients: Sequence[float], x: Doubles) -> Doubles:
        *lower, last = coefficients
        total = np.full_like(x, last)
        for coefficient in reversed(lower):
            total = total * x + coefficient
        return total

    def where(self, mask: NDArray[np.bool_], chosen: Any, otherwise: Doubles) -> Doubles:
        return np.where(mask, chosen, otherwise)

    def compare(self, name: str, x: Doubles, y: Any) -> NDArray[np.bool_]:
        return _COMPARISONS[name](x, y)

    def reaches(self, x: Doubles, least: float) -> NDArray[np.bool_]:
        return x >= least

    def limited(self, x: Doubles, low: float, high: float) -> Doubles:
        return np.clip(x, low, high)

    def bits(self, x: Doubles) -> NDArray[np.int64]:
        return np.ascontiguousarray(x).view(np.int64).reshape(np.shape(x))

    def from_bits(self, bits: NDArray[np.int64]) -> Doubles:
        return np.ascontiguousarray(bits).view(np.float64).reshape(np.shape(bits))

    def integers(self, name: str, x: NDArray[np.int64], y: Any) -> NDArray[np.int64]:
        return _INTEGERS[name](x, np.asarray(y, np.int64))

    def from_integers(self, x: NDArray[np.int64]) -> Doubles:
        return x.astype(np.float64)

    def nearest(self, x: Doubles, shift: float = ROUND) -> tuple[Doubles, NDArray[np.int64]]:
        shifted = x + shift
        return shifted - shift, self.bits(shifted)


def _product_error(x: Any, y: Any, product: Any) -> Any:
    """x y - product, exactly; 0 where that is no number."""
    (x_high, x_low), (y_high, y_low) = _halves(x), _halves(y)
    error = ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low
    return np.where(np.isfinite(error), error, 0.0)


def _halves(x: Any) -> tuple[Any, Any]:
    scaled = x * _SPLIT
    high = scaled - (scaled - x)
    return high, x - high
