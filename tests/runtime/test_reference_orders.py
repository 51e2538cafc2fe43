"""The reference executor out of order: tokens, waits and interlocks order, nothing else does."""

from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.parser import Parser
from xdsl.universe import Universe

from npu.configs.errors import UserError
from npu.passes.universe import UNIVERSE
from npu.runtime.reference import Order, adversaries, run_module
from npu.runtime.reference.queues import schedule

Array = np.ndarray[Any, np.dtype[Any]]

DRAM = "memref<4x4xf32>"
PAD = 'memref<4x4xf32, strided<[4, 1]>, "spad">'
ORDERS = adversaries(4)

FILL = f"""npu.compute @fill outs(%w : {PAD}) {{
^bb0(%o: {PAD}):
  %seven = arith.constant 7.0 : f32
  linalg.fill ins(%seven : f32) outs(%o : {PAD})
  npu.yield
}}"""
"""Vector code that writes %w."""


def load(source: str, target: str, rest: str = "") -> str:
    return f"npu.dma_load {source}[0, 0] sizes [4, 4] to {target} {rest} : {DRAM} to {PAD}"


def store(source: str, target: str, rest: str = "") -> str:
    return f"npu.dma_store {source} to {target}[0, 0] sizes [4, 4] {rest} : {PAD} to {DRAM}"


def slot(buffer: str, number: str, slots: int = 1) -> str:
    """A view of one slot of a buffer."""
    type_ = f'memref<{slots}x4x4xf32, "spad">'
    result = PAD if number == "0" else PAD.replace("1]>", "1], offset: ?>")
    return f"memref.subview {buffer}[{number}, 0, 0] [1, 4, 4] [1, 1, 1] : {type_} to {result}"


def module(body: str, offsets: tuple[int, int] | None = None) -> Any:
    """A kernel on %x, %y and %z, %z its result, with views %v and %w of two buffers."""
    placed = ("", "") if offsets is None else [f"{{offset = {at} : i64}}" for at in offsets]
    text = f"""
    npu.kernel @k(%x: {DRAM}, %y: {DRAM}, %z: {DRAM}, %u: {DRAM}) {{
      %b = npu.alloc {placed[0]} : memref<1x4x4xf32, "spad">
      %c = npu.alloc {placed[1]} : memref<1x4x4xf32, "spad">
      %v = {slot("%b", "0")}
      %w = {slot("%c", "0")}
      {body}
      npu.return
    }}
    func.func @main(%x: {DRAM}, %y: {DRAM}) -> {DRAM} {{
      %z = memref.alloc() : {DRAM}
      %u = memref.alloc() : {DRAM}
      npu.launch @k(%x, %y, %z, %u) : ({DRAM}, {DRAM}, {DRAM}, {DRAM})
      func.return %z : {DRAM}
    }}"""
    context = Context()
    dialects = {**Universe.get_multiverse().all_dialects, **UNIVERSE.all_dialects}
    for name, factory in dialects.items():
        context.register_dialect(name, factory)
    found = Parser(context, text).parse_module()
    found.verify()
    return found


X, Y = (np.arange(16, dtype=np.float32).reshape(4, 4) + at for at in (1, 101))


def wrong_in(
    body: str, expected: Array, cores: int = 1, offsets: tuple[int, int] | None = None
) -> int:
    """In how many of the orders the kernel's result is another; in the program's it is right."""
    found = module(body, offsets)
    np.testing.assert_array_equal(run_module(found, [X, Y], cores=cores)[0], expected)
    results = [run_module(found, [X, Y], cores=cores, order=order)[0] for order in ORDERS]
    return sum(not np.array_equal(result, expected) for result in results)


def through_memory(after: str) -> str:
    """x to u, and u to z."""
    return f"""%t = {load("%x", "%v")}
    %s = {store("%v", "%u")}
    %r = {load("%u", "%w", after)}
    %q = {store("%w", "%z")}"""


def test_only_after_orders_a_load_behind_a_store_of_the_same_tensor():
    assert wrong_in(through_memory("after(%s)"), X) == 0
    assert wrong_in(through_memory(""), X) > 0
    assert wrong_in(through_memory("after(%t)"), X) > 0


def overwritten(after: str) -> str:
    """x is read, and overwritten by y: a write after a read in DRAM."""
    return f"""%t = {load("%x", "%v")}
    %r = {load("%y", "%w")}
    %q = {store("%w", "%x", after)}
    %s = {store("%v", "%z")}"""


def test_only_after_keeps_a_store_from_what_a_load_still_reads():
    assert wrong_in(overwritten("after(%t)"), X) == 0
    assert wrong_in(overwritten(""), X) > 0


def test_descriptors_of_a_queue_start_in_their_order():
    """The store of z starts when x has been loaded, and that of y into x behind it."""
    z_first = f"""%t = {load("%x", "%v")}
    %r = {load("%y", "%w")}
    %s = {store("%v", "%z")}
    %q = {store("%w", "%x")}"""
    assert wrong_in(z_first, X) == 0


def held(wait: str) -> str:
    """The second load waits for %w by its interlock, and vector code on %w for the store."""
    return f"""%t = {load("%x", "%v")}
    %s = {store("%v", "%u")}
    {wait}
    {FILL}
    %r = {load("%u", "%w")}
    %q = {store("%w", "%z")}"""


def test_a_wait_holds_what_is_executed_behind_it_and_no_transfer():
    assert wrong_in(held("npu.wait %s"), X) == 0
    assert wrong_in(held("npu.wait %t"), X) > 0
    assert wrong_in(held(""), X) > 0
    assert wrong_in(f"{through_memory('')}\nnpu.wait %q", X) > 0


def test_a_transfer_behind_a_wait_does_not_wait():
    body = through_memory("").replace("%r =", "npu.wait %s\n%r =")
    assert wrong_in(body, X) > 0


def rows(core_reads: str) -> str:
    """Item i stores row i of x in u, then reads a row of u for row i of z."""
    row = """to memref<1x4xf32, strided<[4, 1], offset: ?>, "spad">"""
    small = row.removeprefix("to ")
    return f"""npu.parallel (%i) = (0) to (4) step (1) {{
      %j = {core_reads}
      %p = memref.subview %v[%i, 0] [1, 4] [1, 1] : {PAD} {row}
      %o = memref.subview %w[%i, 0] [1, 4] [1, 1] : {PAD} {row}
      %t = npu.dma_load %x[%i, 0] sizes [1, 4] to %p : {DRAM} {row}
      %s = npu.dma_store %p to %u[%i, 0] sizes [1, 4] : {small} to {DRAM}
      %r = npu.dma_load %u[%j, 0] sizes [1, 4] to %o after(%s) : {DRAM} {row}
      %q = npu.dma_store %o to %z[%i, 0] sizes [1, 4] : {small} to {DRAM}
    }}"""


def test_work_items_of_several_cores_know_nothing_of_one_another():
    own = rows("affine.apply affine_map<(d0) -> (d0)>(%i)")
    other = rows("affine.apply affine_map<(d0) -> (d0 floordiv 2 * 2)>(%i)")
    assert wrong_in(own, X, cores=2) == 0
    assert wrong_in(other, X[[0, 0, 2, 2]], cores=1) == 0
    assert wrong_in(other, X[[0, 0, 2, 2]], cores=2) > 0


def test_orders_of_cores_include_one_wholly_ahead_of_the_other():
    """Item 0 stores, item 1 reads what it stored: wrong where core 1 runs first."""
    body = f"""npu.parallel (%i) = (0) to (2) step (1) {{
      %t = {load("%x", "%v")}
      %n = affine.apply affine_map<(d0) -> (-d0 * 4 + 4)>(%i)
      %m = affine.apply affine_map<(d0) -> (d0 * 4)>(%i)
      %a = memref.subview %v[0, 0] [%n, 4] [1, 1]
        : {PAD} to memref<?x4xf32, strided<[4, 1]>, "spad">
      %s = npu.dma_store %a to %u[0, 0] sizes [%n, 4] after(%t)
        : memref<?x4xf32, strided<[4, 1]>, "spad"> to {DRAM}
      %e = memref.subview %w[0, 0] [%m, 4] [1, 1]
        : {PAD} to memref<?x4xf32, strided<[4, 1]>, "spad">
      %r = npu.dma_load %u[0, 0] sizes [%m, 4] to %e after(%s)
        : {DRAM} to memref<?x4xf32, strided<[4, 1]>, "spad">
      %q = npu.dma_store %e to %z[0, 0] sizes [%m, 4]
        : memref<?x4xf32, strided<[4, 1]>, "spad"> to {DRAM}
    }}"""
    assert wrong_in(body, X, cores=1) == 0
    first = [run_module(module(body), [X, Y], cores=2, order=Order("random", s)) for s in range(9)]
    assert any(np.isnan(result).all() for (result,) in first)
    assert any(np.array_equal(result, X) for (result,) in first)


PRODUCTS = f"""
    %t = {load("%x", "%v")}
    %f = {load("%y", "%w")}
    %zero = arith.constant 0 : index
    %no = arith.cmpi ne, %zero, %zero : index
    %yes = arith.cmpi eq, %zero, %zero : index
    %a = npu.alloc : memref<1x4x4xf32, "spad">
    %acc = {slot("%a", "0")}
    %h = npu.preload %w : {PAD}
    npu.matmul %v, %h into %acc accumulate(%no) : {PAD}, {PAD}
    %g = npu.preload %v : {PAD}
    npu.matmul %v, %g into %acc accumulate(%yes) : {PAD}, {PAD}
    %r = {load("%y", "%v")}
    npu.matmul %v, %g into %acc accumulate(%yes) : {PAD}, {PAD}
    %q = {store("%acc", "%z")}"""


def test_matmuls_on_one_accumulator_add_in_the_order_of_the_program():
    """And the load that follows overwrites neither rows nor weights that are still read."""
    assert wrong_in(PRODUCTS, X @ Y + X @ X + Y @ X) == 0


def test_buffers_that_share_bytes_are_ordered_and_keep_what_the_program_overwrites():
    """Both on the same bytes: harmless when one is done with ahead of the other, else wrong."""
    apart = f"""%t = {load("%x", "%v")}
    %s = {store("%v", "%u")}
    %r = {load("%y", "%w")}
    %q = {store("%w", "%z")}"""
    assert wrong_in(apart, Y, offsets=(0, 0)) == 0
    both = f"%t = {load('%x', '%v')}\n%r = {load('%y', '%w')}\n%q = {store('%v', '%z')}"
    assert wrong_in(both, X, offsets=(0, 64)) == 0
    assert wrong_in(both, Y, offsets=(0, 0)) == 0


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_an_order_is_the_same_in_every_run(order: Order):
    found = module(through_memory(""))
    results = [run_module(found, [X, Y], order=order)[0] for _ in range(3)]
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def test_the_first_seed_is_the_end_of_what_may_be():
    """What is read from u is always there as early as can be, and never as late as can be."""
    found = module(through_memory(""))
    (early,), (late,) = (run_module(found, [X, Y], order=Order(k)) for k in ("early", "late"))
    np.testing.assert_array_equal(early, X)
    assert np.isnan(late).all()


def test_other_seeds_draw():
    found = module(through_memory(""))
    for kind in ("early", "late", "random"):
        results = [run_module(found, [X, Y], order=Order(kind, seed))[0] for seed in range(1, 12)]
        assert any(np.isnan(result).all() for result in results)
        assert any(np.array_equal(result, X) for result in results)


def test_a_transfer_is_late_behind_what_can_be_executed():
    """Vector code that nothing holds goes ahead of a transfer only in the late order."""
    body = f"%t = {load('%x', '%v')}\n{FILL}\n%s = {store('%v', '%z')}"
    found = module(body)
    seen = {kind: first_effect(found, Order(kind)) for kind in ("late", "early")}
    assert seen == {"late": "npu.compute", "early": "npu.dma_load"}


def first_effect(found: Any, order: Order) -> str:
    """What takes effect first, seen by what is still NaN in the scratchpad."""
    seen: list[bool] = []
    whole = schedule.run

    def watched(moments: Any, key: Any) -> None:
        for moment in moments:
            effect, is_transfer = moment.effect, moment.is_transfer
            if effect is not None:
                moment.effect = lambda e=effect, t=is_transfer: (seen.append(t), e())
        whole(moments, key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schedule, "run", watched)
        run_module(found, [X, Y], order=order)
    return "npu.dma_load" if seen[0] else "npu.compute"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"npu.copy %x[0, 0] sizes [4, 4] to %v : {DRAM} to {PAD}", "npu.copy: it has no place"),
        (
            f"%one = arith.constant 1.0 : f32\nlinalg.fill ins(%one : f32) outs(%v : {PAD})",
            "linalg.fill: it has no place in a queue; expected transfers and npu.compute",
        ),
    ],
)
def test_what_no_queue_takes_is_refused(body: str, expected: str):
    run_module(module(body), [X, Y])
    with pytest.raises(UserError) as error:
        run_module(module(body), [X, Y], order=Order("late"))
    assert expected in str(error.value)


def test_an_unknown_order_is_refused():
    with pytest.raises(UserError) as error:
        Order("later")  # pyright: ignore[reportArgumentType]
    assert str(error.value) == "there is no order 'later'; expected one of late, early, random"
