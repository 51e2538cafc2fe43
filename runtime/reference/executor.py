"""`run_module`: executes `@main` of a module at any stage of the pipeline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation
from xdsl.traits import SymbolTable

from npu.configs.errors import UserError
from npu.runtime.reference import control, indexed, launches, memory, scalars, structured, transfers
from npu.runtime.reference.frame import Array, Frame, Handler
from npu.runtime.reference.halves import numbers, packed
from npu.runtime.reference.order import Order
from npu.runtime.reference.types import element_type, memory_type, shape_of

HANDLERS: dict[type[Operation], Handler] = {
    **scalars.HANDLERS,
    **structured.HANDLERS,
    **memory.HANDLERS,
    **transfers.HANDLERS,
    **indexed.HANDLERS,
    **control.HANDLERS,
    **launches.HANDLERS,
}
"""The meaning of every operation there is, by its type."""


def run_module(
    module: ModuleOp, inputs: Sequence[Array], *, cores: int = 1, order: Order | None = None
) -> list[Array]:
    """The results of `func.func @main` on `inputs`, which are left unchanged.

    `cores` is the number of cores that the work items of each kernel are dealt to; they run one
    after another, and so do instructions. With an `order` those of a launch take effect in another
    order that the device may take (docs/proof.md); its kernels have the form that `npu-insert-dma`
    makes. Memory that was never written reads as NaN. Raises `UserError` for inputs that do
    not fit `@main`, and for IR that has no meaning here (named with the reason).
    """
    main = SymbolTable.lookup_symbol(module, StringAttr("main"))
    if not isinstance(main, FuncOp):
        raise UserError("the module has no func.func @main; expected one: it is what is executed")
    if cores < 1:
        raise UserError(f"cores is {cores}; expected a positive number of cores")
    types = list(main.function_type.inputs)
    if len(types) != len(inputs):
        raise UserError(f"@main takes {len(types)} inputs, got {len(inputs)}")
    pairs = zip(inputs, types, strict=True)
    arguments = [_argument(number, a, t) for number, (a, t) in enumerate(pairs)]
    frame = Frame(module, HANDLERS, cores, order=order)
    with np.errstate(all="ignore"):
        results = frame.run_block(main.body.block, *arguments)
    return [np.array(numbers(result)) for result in results]


def _argument(number: int, array: Array, type_: Attribute) -> Array:
    """A private copy of an input that fits its type."""
    if array.shape != shape_of(type_) or array.dtype != element_type(type_):
        raise UserError(
            f"input {number} of @main is {array.dtype} of shape {array.shape}; expected {type_}"
        )
    return np.array(packed(array, memory_type(type_)), order="C")
