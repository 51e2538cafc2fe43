"""Arithmetic on groups of f64, as special functions want it: what is rounded to f32 is the result.

An f32 is a normal number in f64, and neither its square nor a power of it leaves the range, so that
functions need no care for denormal numbers, overflow, or digits that cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from npu.codegen.llvm_ir import F64, I64, Constant, Value, f32, f64
from npu.codegen.rvv import Rvv

ROUND = 1.5 * 2**52
"""Added to a number of at most 2^51, it leaves the nearest whole number in the last bits."""

MANTISSA_BITS = 52


@dataclass(frozen=True)
class Wide:
    """Emits f64 instructions on vl lanes; a right operand may be a scalar, given as a number."""

    rvv: Rvv
    vl: Value

    def of(self, x: Value) -> Value:
        """A group of f32 in f64."""
        return self.rvv.widen(x, self.vl)

    def narrow(self, x: Value) -> Value:
        """A group of f64 rounded to f32."""
        return self.rvv.narrow(x, self.vl)

    def splat(self, number: float) -> Value:
        """`number` in every lane."""
        return self.rvv.splat(f64(number), self.vl)

    def _binary(self, name: str, x: Value, y: Value | float) -> Value:
        return self.rvv.binary(name, x, f64(y) if isinstance(y, float) else y, self.vl)

    def add(self, x: Value, y: Value | float) -> Value:
        """x + y."""
        return self._binary("vfadd", x, y)

    def subtract(self, x: Value | float, y: Value | float) -> Value:
        """x - y."""
        if isinstance(x, float):
            return self._binary("vfrsub", y, x)
        return self._binary("vfsub", x, y)

    def multiply(self, x: Value, y: Value | float) -> Value:
        """x y."""
        return self._binary("vfmul", x, y)

    def divide(self, x: Value | float, y: Value) -> Value:
        """x / y."""
        if isinstance(x, float):
            return self._binary("vfrdiv", y, x)
        return self._binary("vfdiv", x, y)

    def size(self, x: Value) -> Value:
        """|x|."""
        return self._binary("vfsgnjx", x, x)

    def turned(self, x: Value, y: Value) -> Value:
        """`x`, negated where `y` is negative."""
        return self._binary("vfsgnjx", x, y)

    def root(self, x: Value) -> Value:
        """The square root."""
        return self.rvv.unary("vfsqrt", x, self.vl, self.rvv.wide)

    def fused(
        self, x: Value | float, y: Value, addend: Value | float, *, name: str = "vfmacc"
    ) -> Value:
        """x y + addend, rounded once; `name` as of `Rvv.multiply_add`."""
        if isinstance(addend, float):
            addend = self.splat(addend)
        left = f64(x) if isinstance(x, float) else x
        return self.rvv.multiply_add(name, addend, left, y, self.vl)

    def polynomial(self, coefficients: Sequence[float], x: Value) -> Value:
        """Horner's scheme; lowest power first, at least two coefficients."""
        *lower, last = coefficients
        total: Value | float = last
        for coefficient in reversed(lower):
            total = self.fused(total, x, coefficient)
        return total

    def where(self, mask: Value, chosen: Value | float, otherwise: Value) -> Value:
        """`chosen` where the mask is set."""
        chosen = f64(chosen) if isinstance(chosen, float) else chosen
        return self.rvv.merge(otherwise, chosen, mask, self.vl)

    def compare(self, name: str, x: Value, y: Value | float) -> Value:
        """A mask; `name` as of `Rvv.compare`."""
        return self.rvv.compare(name, x, f64(y) if isinstance(y, float) else y, self.vl)

    def limited(self, x: Value, low: float, high: float) -> Value:
        """`x` between two bounds; NaN stays."""
        x = self.where(self.compare("vmflt", x, low), low, x)
        return self.where(self.compare("vmfgt", x, high), high, x)

    def bits(self, x: Value) -> Value:
        """The bits of f64 as integers."""
        return self.rvv.builder.bitcast(x, self.rvv.group(I64))

    def from_bits(self, bits: Value) -> Value:
        """The f64 that has these bits."""
        return self.rvv.builder.bitcast(bits, self.rvv.group(F64))

    def integers(self, name: str, x: Value, y: Value | int) -> Value:
        """An instruction on integers of 64 bits, such as ``vsll``."""
        return self.rvv.binary(name, x, Constant(I64, y) if isinstance(y, int) else y, self.vl)

    def from_integers(self, x: Value) -> Value:
        """Integers of 64 bits as f64."""
        return self.rvv.unary("vfcvt.f.x.v", x, self.vl, self.rvv.wide)

    def magnitude(self, x: Value) -> Value:
        """|x| of a group of f32."""
        return size_of(self.rvv, x, self.vl)

    def reaches(self, x: Value, least: float) -> Value:
        """A mask of a group of f32: where it is `least` or more."""
        return self.rvv.compare("vmfge", x, f32(least), self.vl)

    def nearest(self, x: Value, shift: float = ROUND) -> tuple[Value, Value]:
        """The whole number nearest to `x`, and bits whose last ones are that plus shift - ROUND."""
        shifted = self.add(x, shift)
        return self.subtract(shifted, shift), self.bits(shifted)


def square_place(wide: Wide, size: Value, end: float) -> Value:
    """The square of a size from 0 to `end`, from -1 to 1: where even polynomials are fitted."""
    return wide.add(wide.multiply(wide.multiply(size, size), 2 / end**2), -1.0)


def size_of(rvv: Rvv, x: Value, vl: Value) -> Value:
    """|x|."""
    return rvv.binary("vfsgnjx", x, x, vl)


def signed_as(rvv: Rvv, size: Value, x: Value, vl: Value) -> Value:
    """`size` with the sign of `x`, as odd functions want it."""
    return rvv.binary("vfsgnj", size, x, vl)


def replaced(
    rvv: Rvv, name: str, x: Value, bound: float, chosen: float, otherwise: Value, vl: Value
) -> Value:
    """`chosen` where `x` compares with `bound`, all of f32."""
    return rvv.merge(otherwise, f32(chosen), rvv.compare(name, x, f32(bound), vl), vl)
