"""DMA transfers: a descriptor on the stack and a call of the stub that holds the instruction."""

from collections.abc import Sequence

from npu.codegen.llvm_ir import I64, POINTER, VOID, Builder, Value, call_external, i64, ir
from npu.codegen.view import View
from npu.dialects.dma_descriptor import DESCRIPTOR_WORDS, FIELDS
from npu.dialects.npu import DmaLoadOp, DmaStoreOp

_WORD = {field.name: field.word for field in FIELDS}


def descriptor_slot(builder: Builder) -> Value:
    """Stack memory for one descriptor, taken in the entry block so that loops do not grow it."""
    with builder.goto_entry_block():
        slot = builder.alloca(ir.ArrayType(I64, DESCRIPTOR_WORDS), name="descriptor")
    slot.align = 8
    return slot


def transfer(
    builder: Builder,
    op: DmaLoadOp | DmaStoreOp,
    source: View,
    destination: View,
    slot: Value,
    tag: int,
) -> None:
    """Fills the descriptor in `slot` and starts the transfer of `op`.

    The descriptor walks the destination's dimensions; the source's strides are put in that order,
    which is all a permutation is.
    """
    walked = op.permuted
    source_strides = [source.byte_strides[d] for d in walked]
    loading = isinstance(op, DmaLoadOp)
    dram, spad = (source, destination) if loading else (destination, source)
    dram_strides, spad_strides = (
        (source_strides, destination.byte_strides)
        if loading
        else (destination.byte_strides, source_strides)
    )
    words: dict[str, Sequence[Value]] = {
        "dram_address": [dram.address],
        "spad_address": [spad.address],
        "ndims": [i64(len(walked))],
        "element_bytes": [i64(dram.element_bytes)],
        "tag": [i64(tag)],
        "size": destination.sizes,
        "dram_stride_bytes": [i64(s) for s in dram_strides],
        "spad_stride_bytes": [i64(s) for s in spad_strides],
    }
    for name, values in words.items():
        for position, value in enumerate(values, _WORD[name]):
            field = builder.gep(slot, [i64(0), i64(position)], inbounds=True)
            builder.store(value, field)
    stub = "npu.dma.load" if loading else "npu.dma.store"
    call_external(builder, stub, VOID, [builder.bitcast(slot, POINTER)])


def wait(builder: Builder, tag: int) -> None:
    """Waits for the transfers of `tag`."""
    call_external(builder, "npu.dma.wait", VOID, [i64(tag)])
