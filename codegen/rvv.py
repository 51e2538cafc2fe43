"""RISC-V vector instructions as LLVM intrinsics with an explicit vector length.

A group has as many elements whatever they are: i32 in as many registers as f32, f64 in twice, i8 in
a fourth of them. Every instruction is emitted with the vl of its strip, so what executes (and what
a timing model counts) does not depend on an optimiser shortening full-length operations. Operand
orders are those of the RISC-V V specification 1.0; intrinsic names and argument orders those of
LLVM 22.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from npu.codegen.llvm_ir import (
    BF16,
    F16,
    F32,
    F64,
    I1,
    I8,
    I16,
    I32,
    I64,
    POINTER,
    VOID,
    Builder,
    ScalableVectorType,
    Type,
    Value,
    call_intrinsic,
    i64,
    loop,
    undefined,
)

Lmul = Literal[1, 2, 4, 8]

DYNAMIC_ROUNDING = 7
"""The `frm` operand that means "the rounding mode of the frm register", which is to nearest."""

HALF_EVEN, TOWARDS_ZERO, DOWN, UP, HALF_AWAY = 0, 1, 2, 3, 4
"""The `frm` operands of other modes."""

_VLMUL = {1: 0, 2: 1, 4: 2, 8: 3}
_SEW32 = 2
_UNDISTURBED, _TAIL_AGNOSTIC = 0, 1
_LANES_PER_REGISTER = 2
"""f32 elements in 64 bits, the unit of LLVM's scalable types on RISC-V."""

_BYTES: dict[Type, int] = {F32: 4, BF16: 2, F16: 2, I32: 4, I16: 2, I8: 1, I64: 8, F64: 8}
"""Bytes from one element in memory to the next, where there is no gap."""

_ROUNDED = {
    "vfadd", "vfsub", "vfrsub", "vfmul", "vfdiv", "vfrdiv", "vfmacc", "vfnmacc", "vfmsac",
    "vfnmsac", "vfsqrt", "vfcvt.x.f.v", "vfcvt.f.x.v", "vfcvt.f.xu.v",
    "vfncvt.f.f.w", "vfncvtbf16.f.f.w", "vfwadd.w", "vfredusum", "vfwredusum", "vfredosum",
}  # fmt: skip
"""Instructions whose intrinsic takes a rounding mode."""


@dataclass(frozen=True)
class Rvv:
    """Emits vector code of one register group size (`lmul`, of f32) at the builder's position."""

    builder: Builder
    lmul: Lmul

    def group(self, element: Type) -> Type:
        """The type of a group of `element`."""
        return ScalableVectorType(element, _LANES_PER_REGISTER * self.lmul)

    @property
    def vector(self) -> Type:
        """The type of a group of f32."""
        return self.group(F32)

    @property
    def wide(self) -> Type:
        """The type of as many f64 as a group has f32: twice the registers, so of groups up to 4."""
        return self.group(F64)

    @property
    def integers(self) -> Type:
        """The type of a group of i32."""
        return self.group(I32)

    @property
    def mask(self) -> Type:
        """The type of a mask over a group."""
        return self.group(I1)

    def vsetvli(self, elements: Value) -> Value:
        """vl for `elements` remaining elements (i64)."""
        args = [elements, i64(_SEW32), i64(_VLMUL[self.lmul])]
        return call_intrinsic(self.builder, "riscv.vsetvli", I64, [I64], args)

    def strips(
        self,
        elements: Value,
        carried: Sequence[Value],
        body: Callable[..., Sequence[Value]],
    ) -> list[Value]:
        """Strip-mines `elements` (i64): `body(done, vl, *carried)` on each strip of vl elements.

        `done` elements lie before the strip. Returns the values carried out of the last strip.
        """

        def iterate(done: Value, *values: Value) -> tuple[Value, Sequence[Value]]:
            vl = self.vsetvli(self.builder.sub(elements, done))
            return vl, body(done, vl, *values)

        return loop(self.builder, i64(0), elements, carried, iterate, "strip")

    def load(self, address: Value, stride: int, vl: Value, element: Type = F32) -> Value:
        """vl elements from the pointer `address`, `stride` bytes apart."""
        vector = self.group(element)
        args = [undefined(vector), address]
        overloads = [vector, POINTER, I64]
        if stride == _BYTES[element]:
            return call_intrinsic(self.builder, "riscv.vle", vector, overloads, [*args, vl])
        strided = [*args, i64(stride), vl]
        return call_intrinsic(self.builder, "riscv.vlse", vector, overloads, strided)

    def load_indexed(self, address: Value, offsets: Value, vl: Value, element: Type) -> Value:
        """vl elements, each as many bytes behind the pointer `address` as `offsets` (i32) says."""
        vector = self.group(element)
        args = [undefined(vector), address, offsets, vl]
        overloads = [vector, POINTER, offsets.type, I64]
        return call_intrinsic(self.builder, "riscv.vluxei", vector, overloads, args)

    def store(self, value: Value, address: Value, stride: int, vl: Value) -> None:
        """Stores vl elements at the pointer `address`, `stride` bytes apart."""
        overloads = [value.type, POINTER, I64]
        if stride == _BYTES[value.type.element]:
            call_intrinsic(self.builder, "riscv.vse", VOID, overloads, [value, address, vl])
            return
        args = [value, address, i64(stride), vl]
        call_intrinsic(self.builder, "riscv.vsse", VOID, overloads, args)

    def splat(self, scalar: Value, vl: Value) -> Value:
        """`scalar` in the first vl lanes; the rest is anything."""
        vector = self.group(scalar.type)
        name = "riscv.vfmv.v.f" if scalar.type in (F32, F64) else "riscv.vmv.v.x"
        args = [undefined(vector), scalar, vl]
        return call_intrinsic(self.builder, name, vector, [vector, I64], args)

    def unary(
        self,
        name: str,
        operand: Value,
        vl: Value,
        result: Type | None = None,
        rounding: int = DYNAMIC_ROUNDING,
    ) -> Value:
        """``vfsqrt``, ``vfcvt...``: one vector operand; `result` when it is not a group of f32."""
        result = self.vector if result is None else result
        overloads = [result, I64] if result == operand.type else [result, operand.type, I64]
        args = [undefined(result), operand, *_rounding(name, rounding), vl]
        return call_intrinsic(self.builder, f"riscv.{name}", result, overloads, args)

    def binary(
        self, name: str, left: Value, right: Value, vl: Value, keep: Value | None = None
    ) -> Value:
        """A .vv instruction, or .vf/.vx when `right` is a scalar.

        Lanes past vl keep what `keep` holds, or hold anything when it is absent.
        """
        rest = undefined(left.type) if keep is None else keep
        args = [rest, left, right, *_rounding(name), vl]
        overloads = [left.type, right.type, I64]
        return call_intrinsic(self.builder, f"riscv.{name}", left.type, overloads, args)

    def masked(
        self, name: str, keep: Value, left: Value, right: Value, mask: Value, vl: Value
    ) -> Value:
        """`binary` in the lanes of `mask`; the other lanes, and those past vl, are of `keep`."""
        args = [keep, left, right, mask, *_rounding(name), vl, i64(_UNDISTURBED)]
        overloads = [left.type, right.type, I64]
        return call_intrinsic(self.builder, f"riscv.{name}.mask", left.type, overloads, args)

    def multiply_add(
        self,
        name: str,
        addend: Value,
        left: Value,
        right: Value,
        vl: Value,
        *,
        keeps_tail: bool = False,
    ) -> Value:
        """A product and a sum, rounded once.

        ``vfmacc`` is addend + left * right and ``vfnmacc`` its negative, ``vfmsac`` is left * right
        - addend and ``vfnmsac`` its negative. `left` may be a scalar. Lanes past vl may hold
        anything, or what `addend` holds where it `keeps_tail`.
        """
        policy = _UNDISTURBED if keeps_tail else _TAIL_AGNOSTIC
        args = [addend, left, right, *_rounding(name), vl, i64(policy)]
        overloads = [addend.type, left.type, I64]
        return call_intrinsic(self.builder, f"riscv.{name}", addend.type, overloads, args)

    def compare(self, name: str, left: Value, right: Value, vl: Value) -> Value:
        """``vmfeq``, ``vmfne``, ``vmflt``, ``vmfle``; ``vmfgt``, ``vmfge`` with a scalar.

        Of integers ``vmseq``, ``vmsne``, ``vmslt``, ``vmsle``; ``vmsgt``, ``vmsge`` with a scalar.
        """
        overloads = [left.type, right.type, I64]
        return call_intrinsic(
            self.builder, f"riscv.{name}", self.mask, overloads, [left, right, vl]
        )

    def mask_logic(self, name: str, left: Value, right: Value, vl: Value) -> Value:
        """``vmand``, ``vmor``, ``vmnand``, ``vmnor`` ... of two masks."""
        return call_intrinsic(
            self.builder, f"riscv.{name}", self.mask, [self.mask, I64], [left, right, vl]
        )

    def lane_numbers(self, vl: Value) -> Value:
        """0, 1, 2, ... as i32."""
        args = [undefined(self.integers), vl]
        return call_intrinsic(self.builder, "riscv.vid", self.integers, [self.integers, I64], args)

    def clear_mask(self, vl: Value) -> Value:
        """A mask with no lane below vl set."""
        return call_intrinsic(self.builder, "riscv.vmclr", self.mask, [self.mask, I64], [vl])

    def merge(
        self, otherwise: Value, chosen: Value, mask: Value, vl: Value, keep: Value | None = None
    ) -> Value:
        """`chosen` (a vector or a scalar) where the mask is set, `otherwise` elsewhere.

        Lanes past vl keep what `keep` holds, or hold anything when it is absent.
        """
        name, vector = "vfmerge" if chosen.type in (F32, F64) else "vmerge", otherwise.type
        rest = undefined(vector) if keep is None else keep
        args = [rest, otherwise, chosen, mask, vl]
        overloads = [vector, chosen.type, I64]
        return call_intrinsic(self.builder, f"riscv.{name}", vector, overloads, args)

    def with_first(self, vector: Value, scalar: Value) -> Value:
        """`vector` with its first element replaced by `scalar`."""
        args = [vector, scalar, i64(1)]
        overloads = [vector.type, I64]
        name = "riscv.vfmv.s.f" if scalar.type in (F32, F64) else "riscv.vmv.s.x"
        return call_intrinsic(self.builder, name, vector.type, overloads, args)

    def reduce(self, name: str, vector: Value, start: Value, vl: Value) -> Value:
        """``vfredusum``, ``vredmax`` ... of vl lanes and `start`, of the same type; a scalar."""
        return self.first(self.reduced(name, vector, self.seed(start), vl))

    def seed(self, start: Value) -> Value:
        """A scalar in one lane, where a reduction may start from."""
        return self.with_first(undefined(_one_register(start.type)), start)

    def reduced(self, name: str, vector: Value, seed: Value, vl: Value) -> Value:
        """vl lanes and the one lane of `seed` in one lane; of ``vfwredusum`` the latter is f64."""
        single = seed.type
        args = [undefined(single), vector, seed, *_rounding(name), vl]
        overloads = [single, vector.type, I64]
        return call_intrinsic(self.builder, f"riscv.{name}", single, overloads, args)

    def first(self, vector: Value) -> Value:
        """The first lane, as a scalar."""
        element = vector.type.element
        name = "riscv.vfmv.f.s" if element in (F32, F64) else "riscv.vmv.x.s"
        return call_intrinsic(self.builder, name, element, [vector.type], [vector])

    def widen(self, vector: Value, vl: Value) -> Value:
        """A group of f32 as f64."""
        return self.unary("vfwcvt.f.f.v", vector, vl, self.wide)

    def narrow(self, wide: Value, vl: Value) -> Value:
        """A group of f64 rounded to f32."""
        return self.unary("vfncvt.f.f.w", wide, vl, self.vector)

    def load_one(self, address: Value, element: Type, *, narrow: bool = False) -> Value:
        """The element at the pointer `address` in one lane; `narrow` where it is to be widened."""
        register = ScalableVectorType(element, 1) if narrow else _one_register(element)
        args = [undefined(register), address, i64(1)]
        overloads = [register, POINTER, I64]
        return call_intrinsic(self.builder, "riscv.vle", register, overloads, args)

    def widen_one(self, lane: Value) -> Value:
        """One lane of f32, loaded as narrow, as f64."""
        return self.unary("vfwcvt.f.f.v", lane, i64(1), _one_register(F64))

    def narrow_one(self, lane: Value) -> Value:
        """One lane of f64 rounded to f32."""
        return self.unary("vfncvt.f.f.w", lane, i64(1), ScalableVectorType(F32, 1))

    def store_one(self, lane: Value, address: Value) -> None:
        """Stores one lane at the pointer `address`."""
        overloads = [lane.type, POINTER, I64]
        call_intrinsic(self.builder, "riscv.vse", VOID, overloads, [lane, address, i64(1)])

    def as_integers(self, lanes: Value) -> Value:
        """The bits of f32."""
        return self.builder.bitcast(lanes, self.integers)

    def as_floats(self, bits: Value) -> Value:
        """The f32 that have these bits."""
        return self.builder.bitcast(bits, self.vector)

    def widening_add(self, wide: Value, vector: Value, vl: Value) -> Value:
        """f64 lanes plus f32 lanes; lanes past vl keep what `wide` holds."""
        return self.binary("vfwadd.w", wide, vector, vl, keep=wide)


def _one_register(element: Type) -> Type:
    """The type of a register of `element`, one of whose lanes counts."""
    return ScalableVectorType(element, 1 if element == F64 else _LANES_PER_REGISTER)


def _rounding(name: str, mode: int = DYNAMIC_ROUNDING) -> Sequence[Value]:
    """The rounding operand of `name`, if it takes one."""
    return [i64(mode)] if name in _ROUNDED else []
