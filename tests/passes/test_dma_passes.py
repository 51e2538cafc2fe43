"""npu-distribute to npu-place leave every value as it was, whatever the shape."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

from npu.dialects import npu
from npu.runtime.reference import adversaries
from tests.examples import examples

sizes = st.integers(1, 13)
tiles = st.tuples(*[st.integers(1, 8)] * 3)


def passes(machine: str, slots: int | None = None) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("npu-distribute", {}),
        ("npu-insert-dma", {}),
        ("npu-double-buffer", {"machine": machine, "slots": slots}),
        ("npu-place", {"machine": machine}),
    ]


def slots_of(module: ModuleOp) -> list[int]:
    allocs = [op for op in module.walk() if isinstance(op, npu.AllocOp)]
    return [op.buffer.type.get_shape()[0] for op in allocs]


@examples(6, 20)
@given(
    m=sizes,
    n=sizes,
    k=sizes,
    tile=tiles,
    subtile=tiles,
    transposed=st.booleans(),
    slots=st.integers(1, 3),
)
def test_every_pass_keeps_the_values_of_a_matmul(
    kernels: Any, m: int, n: int, k: int, tile: Any, subtile: Any, transposed: bool, slots: int
):
    matmul = kernels.Matmul(m, n, k, tile, subtile, transposed)
    module = kernels.parse(matmul.text())
    before = kernels.run(module, matmul.inputs())
    np.testing.assert_allclose(before, matmul.expected(), rtol=1e-4, atol=1e-4)
    for name, options in passes("8x8", slots):
        module = kernels.apply(module, name, **options)
        np.testing.assert_array_equal(kernels.run(module, matmul.inputs()), before, err_msg=name)
        for order in adversaries(1) if name != "npu-distribute" else ():
            found = kernels.run(module, matmul.inputs(), order=order)
            np.testing.assert_array_equal(found, before, err_msg=f"{name}, {order}")


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_cores_share_the_work_items(kernels: Any, cores: int):
    matmul = kernels.Matmul(13, 11, 9, (4, 3, 4), (2, 3, 4))
    module = kernels.parse(matmul.text())
    before = kernels.run(module, matmul.inputs())
    for name, options in passes("tpuv3_c2"):
        module = kernels.apply(module, name, **options)
    for order in (None, *adversaries()):
        found = kernels.run(module, matmul.inputs(), cores, order)
        np.testing.assert_array_equal(found, before, err_msg=str(order))
    assert slots_of(module) == [2, 2, 2, 2, 2]


def test_a_slot_that_is_read_before_its_load_shows(kernels: Any):
    """The judge itself: a load into the wrong slot leaves NaN where the reader looks."""
    matmul = kernels.Matmul(8, 4, 4, (4, 4, 4), (4, 4, 4))
    module = kernels.parse(matmul.text())
    for name, options in passes("8x8")[:3]:
        module = kernels.apply(module, name, **options)
    load = next(op for op in module.walk() if isinstance(op, npu.DmaLoadOp))
    load.detach()
    for use in list(load.token.uses):
        use.operation.detach()
        use.operation.erase()
    assert np.isnan(kernels.run(module, matmul.inputs())).any()


def test_what_does_not_fit_stays_single_and_says_so(kernels: Any):
    """8x8 has 256 KiB: A takes 64 KiB, B 1 KiB, acc and out 64 KiB, so one cannot double."""
    matmul = kernels.Matmul(1024, 16, 16, (256, 16, 16), (256, 16, 16))
    wide = kernels.Matmul(1024, 64, 64, (256, 64, 16), (256, 64, 16))
    for case, kept in ((matmul, 0), (wide, 1)):
        module = kernels.parse(case.text())
        for name, options in passes("8x8"):
            module = kernels.apply(module, name, **options)
        single = [op for op in module.walk() if "npu.kept_single" in op.attributes]
        assert len(single) == kept


def test_passes_are_deterministic(kernels: Any):
    def compiled() -> str:
        module = kernels.parse(kernels.Matmul(13, 11, 9, (4, 3, 4), (2, 3, 4)).text())
        for name, options in passes("8x8"):
            module = kernels.apply(module, name, **options)
        return str(module)

    assert compiled() == compiled()
