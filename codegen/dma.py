"""DMA transfers: a descriptor on the stack and a call of the stub that holds the instruction."""

from collections.abc import Callable, Mapping, Sequence

from xdsl.dialects.builtin import FloatAttr, IntegerAttr, IntegerType, PackableType
from xdsl.ir import SSAValue

from npu.codegen.llvm_ir import I64, POINTER, VOID, Builder, Value, call_external, i64, ir
from npu.codegen.view import View, address_at, index_value, size_value
from npu.dialects.dma_descriptor import (
    BOUNDED,
    DESCRIPTOR_WORDS,
    FIELDS,
    FROM_END,
    INDEXED,
    combine_code,
)
from npu.dialects.npu import DmaOp, Indexed

_WORD = {field.name: field.word for field in FIELDS}


def descriptor_slot(builder: Builder) -> Value:
    """Stack memory for one descriptor, taken in the entry block so that loops do not grow it."""
    with builder.goto_entry_block():
        slot = builder.alloca(ir.ArrayType(I64, DESCRIPTOR_WORDS), name="descriptor")
    slot.align = 8
    return slot


def transfer(
    builder: Builder,
    op: DmaOp,
    tensor: View,
    view: View,
    value_of: Callable[[SSAValue], Value],
    indices: View | None,
    slot: Value,
    tags: Mapping[SSAValue, int],
) -> None:
    """Fills the descriptor in `slot` and starts the transfer of `op`.

    The descriptor walks the view's dimensions; the tensor's strides are put in that order, which is
    all a permutation is. `value_of` finds index values, `indices` is the view of the indices that a
    gather or a scatter has, `tags` the number of each token.
    """
    box, walked, by = op.box, op.permuted, op.by
    strides = [stride * step for stride, step in zip(tensor.byte_strides, box.steps, strict=True)]
    words: dict[str, Sequence[Value]] = {
        "dram_address": [address_at(builder, tensor, box.offsets, value_of)],
        "spad_address": [view.address],
        "ndims": [i64(len(walked))],
        "element_bytes": [i64(tensor.element_bytes)],
        "tag": [i64(tags[op.token])],
        "size": [size_value(builder, box.sizes[dim], value_of) for dim in walked],
        "dram_stride_bytes": [i64(strides[dim]) for dim in walked],
        "spad_stride_bytes": [i64(stride) for stride in view.byte_strides],
    }
    words["mode"] = [i64(_mode(op.is_bounded, by))]
    if op.is_bounded:
        words |= {
            "fill": [i64(fill_bits(op.fill, tensor.element_bytes))],
            "first": [index_value(box.offsets[dim], value_of) for dim in walked],
            "step": [i64(box.steps[dim]) for dim in walked],
            "extent": [i64(op.tensor_type.get_shape()[dim]) for dim in walked],
        }
    if by is not None and indices is not None:
        combine = combine_code(by.combine, str(op.tensor_type.element_type))
        words |= {
            "index_address": [indices.address],
            "index_dim": [i64(walked.index(by.dim))],
            "index_extent": [i64(op.tensor_type.get_shape()[by.dim])],
            "combine": [i64(combine or 0)],
        }
    for name, values in words.items():
        for position, value in enumerate(values, _WORD[name]):
            field = builder.gep(slot, [i64(0), i64(position)], inbounds=True)
            builder.store(value, field)
    for token in op.after:
        call_external(builder, "npu.dma.after", VOID, [i64(tags[token])])
    stub = "npu.dma.load" if op.is_load else "npu.dma.store"
    call_external(builder, stub, VOID, [builder.bitcast(slot, POINTER)])


def _mode(is_bounded: bool, by: Indexed | None) -> int:
    mode = BOUNDED if is_bounded else 0
    if by is not None:
        mode += INDEXED + (FROM_END if by.from_end else 0)
    return mode


def fill_bits(fill: FloatAttr | IntegerAttr | None, element_bytes: int) -> int:
    """The bits of a load's fill, as an unsigned number of `element_bytes` bytes; 0 for a store."""
    if fill is None:
        return 0
    if isinstance(fill, IntegerAttr):
        width = fill.type.bitwidth if isinstance(fill.type, IntegerType) else 8 * element_bytes
        return fill.value.data % (1 << width)
    assert isinstance(fill.type, PackableType), "element types have a size"
    return int.from_bytes(fill.type.pack([fill.value.data]), "little")


def wait(builder: Builder, tag: int) -> None:
    """Waits for the transfers of `tag`."""
    call_external(builder, "npu.dma.wait", VOID, [i64(tag)])
