"""A whole grouped program in float64, and what float32 rounding may make of its outputs.

`exact_outputs` computes without rounding. `noisy_outputs` errs, in every kernel, in every stage of
it, and at every element, by all that rounding may do there, upwards or downwards: how far its
outputs are from the exact ones tells what the program makes of rounding errors. Bounds are not
carried from kernel to kernel: they would grow with each as if all errors conspired, and say nothing
after a few layers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects import func, tensor
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from npu.dialects.npu import GroupOp
from npu.runtime.reference.types import element_type, shape_of
from npu.runtime.rounding.groups import Rounding, run_group
from npu.runtime.rounding.pairs import Doubles, Pairs, exact, rounded

Values = Sequence[NDArray[np.floating[Any]]]

Signs = Callable[[tuple[int, ...]], Doubles]
"""Makes an array of +1 and -1 of a shape."""


def exact_outputs(main: FuncOp, values: Values, array_size: int) -> list[Doubles]:
    """The outputs of a grouped `@main` on float32 `values`, in float64."""
    return _outputs(main, values, array_size, Rounding.NOTHING, lambda found: found["value"])


def noisy_outputs(
    main: FuncOp,
    values: Values,
    array_size: int,
    signs: Signs,
    rounded_positions: Collection[int] = (),
) -> list[Doubles]:
    """As `exact_outputs`, what each stage gives moved by its whole error in the way of `signs`.

    Constants of the program count as rounded, and so do the arguments at `rounded_positions`. What
    may be anything becomes NaN.
    """

    def moved(found: Pairs) -> Doubles:
        doubtful = np.isinf(found["error"])
        error = np.where(doubtful, np.nan, found["error"])
        return found["value"] + signs(found.shape) * error

    given = [
        moved(rounded(value)) if position in rounded_positions else value
        for position, value in enumerate(values)
    ]
    return _outputs(main, given, array_size, Rounding.CONSTANTS_TOO, moved)


def upwards(shape: tuple[int, ...]) -> Doubles:
    """Every error is positive."""
    return np.ones(shape)


def at_random(seed: int) -> Signs:
    """Every error has a sign of its own, the same for the same seed."""
    generator = np.random.default_rng(seed)
    return lambda shape: generator.choice([-1.0, 1.0], size=shape)


def _settled(values: Doubles, result: SSAValue) -> Doubles:
    """Values of a result; a condition that errs is the other one."""
    return np.clip(values, 0, 1) if element_type(result.type) == np.bool_ else values


def _outputs(
    main: FuncOp,
    values: Values,
    array_size: int,
    rounding: Rounding,
    settle: Callable[[Pairs], Doubles],
) -> list[Doubles]:
    """Runs the groups one after another; `settle` makes plain values of what each stage gives."""
    block = main.body.block
    known: dict[SSAValue, NDArray[np.floating[Any]]] = dict(zip(block.args, values, strict=True))
    done: set[Operation] = set()

    def plain(value: SSAValue, found: Pairs) -> Doubles:
        return _settled(settle(found), value)

    for op in block.ops:
        if isinstance(op, func.ReturnOp):
            return [known[value].astype(np.float64) for value in op.operands]
        if isinstance(op, GroupOp):
            inputs = [exact(known[value]) for value in op.inputs]
            found = run_group(op, inputs, array_size, rounding, plain)
            known.update((v, plain(v, f)) for v, f in zip(op.outputs, found, strict=True))
        elif isinstance(op, tensor.EmptyOp):
            # Read from here on only where it has no elements, and is whole without a kernel.
            known[op.tensor] = np.zeros(shape_of(op.tensor.type))
        elif isinstance(op, tensor.ConcatOp):
            parts = [known[value] for value in op.inputs]
            known[op.result] = np.concatenate(parts, op.dim.value.data)
        elif isinstance(op, tensor.ExpandShapeOp | tensor.CollapseShapeOp):
            known[op.results[0]] = known[op.operands[0]].reshape(shape_of(op.results[0].type))
        done.add(op)
        for value in dict.fromkeys(op.operands):
            if all(use.operation in done for use in value.uses):
                known.pop(value, None)
    raise ValueError("@main does not end in func.return")
