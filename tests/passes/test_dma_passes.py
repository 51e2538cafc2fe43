"""npu-distribute to npu-place leave every value as it was, whatever the shape."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

PASSES = [
    ("npu-distribute", {}),
    ("npu-insert-dma", {}),
    ("npu-double-buffer", {"machine": "8x8"}),
    ("npu-place", {"machine": "8x8"}),
]

sizes = st.integers(1, 13)
tiles = st.tuples(*[st.integers(1, 8)] * 3)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(m=sizes, n=sizes, k=sizes, tile=tiles, subtile=tiles, transposed=st.booleans())
def test_every_pass_keeps_the_values_of_a_matmul(kernels, m, n, k, tile, subtile, transposed):
    text = kernels.matmul(m, n, k, tile, subtile, transposed=transposed)
    inputs = kernels.matmul_inputs(m, n, k, transposed)
    module = kernels.parse(text)
    before = kernels.run(module, inputs)
    np.testing.assert_allclose(before, kernels.expected(inputs, transposed), rtol=1e-4, atol=1e-4)
    for name, options in PASSES:
        module = kernels.apply(module, name, **options)
        np.testing.assert_array_equal(kernels.run(module, inputs), before, err_msg=name)
