"""Any shape, row pitch, kind of size and vector length gives numpy's values."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

rng = np.random.default_rng(5)

SIZES = st.integers(1, 70)


@st.composite
def tile(draw, direction, shape):
    """A description of a tile of `shape` in a buffer at least as large, sizes static or dynamic."""
    buffer = [n + draw(st.integers(0, 3)) for n in shape]
    dynamic = [str(d) for d in range(len(shape)) if draw(st.booleans())]
    sizes, outer = ("x".join(map(str, numbers)) for numbers in (shape, buffer))
    suffix = f" dynamic {','.join(dynamic)}" if dynamic else ""
    return f"{direction} {sizes} of {outer}{suffix}"


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    data=st.data(),
    a=SIZES,
    b=st.integers(1, 9),
    c=SIZES,
    vlen=st.sampled_from([128, 512, 4096, 65536]),
)
def test_elementwise_broadcast_and_reduction(run, kernel, generic, machine, data, a, b, c, vlen):
    shapes = [(a, b, c), (c,), (a, b, 1), (c, a), (a, b, c), (a, b), (c,)]
    maps = ["d0, d1, d2", "d2", "d0, d1, 0", "d2, d0", "d0, d1, d2", "d0, d1", "d2"]
    tiles = [data.draw(tile("out" if i > 3 else "in", s)) for i, s in enumerate(shapes)]
    body = generic(
        tiles, "0 1 2 3 -> 4", "; ".join(maps[:5]), "ppp", "%x %y %z %t %o",
        "%p = arith.mulf %x, %y : f32\n%q = arith.subf %p, %z : f32\n"
        "%r = arith.maximumf %q, %t : f32\nlinalg.yield %r : f32",
    )  # fmt: skip
    for output, kinds, op in ((5, "ppr", "maximumf"), (6, "rrp", "addf")):
        body += generic(
            tiles, f"4 -> {output}", f"d0, d1, d2; {maps[output]}", kinds, "%v %acc",
            f"%w = arith.{op} %v, %acc : f32\nlinalg.yield %w : f32",
        )  # fmt: skip
    arrays = [rng.standard_normal(shape, dtype=np.float32) for shape in shapes]
    x, y, z, t, _, rows, columns = arrays
    values = np.maximum(x * y - z, t.T[:, None, :])
    got = run(kernel(tiles, body), arrays, machine(vlen=vlen))
    np.testing.assert_array_equal(got[4], values)
    np.testing.assert_array_equal(got[5], np.maximum(rows, values.max(2)))
    sums = columns + values.astype(np.float64).sum((0, 1))
    np.testing.assert_allclose(got[6], sums, rtol=0, atol=1e-6 * a * b * 4)
