"""Vector code of `npu.lookup` and `npu.ends`: indexed loads of a table, the ends of indices."""

from __future__ import annotations

from collections.abc import Sequence

from npu.codegen.llvm_ir import F32, I32, Builder, Constant, Value, i64, pointer
from npu.codegen.rvv import Rvv
from npu.codegen.view import memref_type
from npu.dialects.npu import EndsOp, LookupOp

LEAST, MOST = -(2**31), 2**31 - 1
BYTES, SHIFT = 4, 2
"""Of an element, and of the step from index to index as a power of two."""


def emit_indexed(
    builder: Builder, op: LookupOp | EndsOp, addresses: Sequence[Value], elements: Value
) -> None:
    """Emits `op` on the addresses of its operands, for `elements` indices.

    Groups are of four registers: more of them than a strip needs at a time.
    """
    rvv = Rvv(builder, 4)
    if isinstance(op, LookupOp):
        _lookup(rvv, op, addresses, elements)
    else:
        _ends(rvv, addresses, elements)


def _at(builder: Builder, base: Value, done: Value) -> Value:
    """The pointer to element `done`."""
    return pointer(builder, builder.add(base, builder.mul(done, i64(BYTES))))


def _lookup(rvv: Rvv, op: LookupOp, addresses: Sequence[Value], elements: Value) -> None:
    builder = rvv.builder
    table, indices, out = addresses
    element = F32 if str(memref_type(op.table).element_type) == "f32" else I32

    def strip(done: Value, vl: Value) -> Sequence[Value]:
        given = rvv.load(_at(builder, indices, done), BYTES, vl, I32)
        places = rvv.binary("vsll", _inside(rvv, op, given, vl), i64(SHIFT), vl)
        found = rvv.load_indexed(pointer(builder, table), places, vl, element)
        rvv.store(found, _at(builder, out, done), BYTES, vl)
        return ()

    rvv.strips(elements, (), strip)


def _inside(rvv: Rvv, op: LookupOp, given: Value, vl: Value) -> Value:
    """Indices from 0 on, in the table."""
    index = given
    if op.from_end is not None:
        below = rvv.compare("vmslt", given, Constant(I32, 0), vl)
        index = rvv.masked("vadd", given, given, Constant(I32, op.extent), below, vl)
    index = rvv.binary("vmax", index, Constant(I32, 0), vl)
    return rvv.binary("vmin", index, Constant(I32, op.extent - 1), vl)


def _ends(rvv: Rvv, addresses: Sequence[Value], elements: Value) -> None:
    builder = rvv.builder
    indices, ends = addresses
    all_lanes = rvv.vsetvli(i64(-1))
    start = [rvv.splat(Constant(I32, end), all_lanes) for end in (MOST, LEAST)]

    def strip(done: Value, vl: Value, least: Value, most: Value) -> Sequence[Value]:
        given = rvv.load(_at(builder, indices, done), BYTES, vl, I32)
        return (
            rvv.binary("vmin", least, given, vl, keep=least),
            rvv.binary("vmax", most, given, vl, keep=most),
        )

    least, most = rvv.strips(elements, start, strip)
    for number, (vector, name, neutral) in enumerate(
        ((least, "vredmin", MOST), (most, "vredmax", LEAST))
    ):
        end = rvv.reduce(name, vector, Constant(I32, neutral), all_lanes)
        builder.store(end, _at(builder, ends, i64(number)))
