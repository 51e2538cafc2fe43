"""npu-group, npu-map and npu-tile leave every value as it was, whatever the shape."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npu.configs.errors import UserError
from tests.examples import examples

EVERY_PASS = [("npu-group", {}), ("npu-map", {"machine": "8x8"}), ("npu-tile", {"machine": "8x8"})]


class Stage0:
    """Writes a function of `linalg.generic` operations line by line."""

    def __init__(self, *shapes):
        self.shapes = list(shapes)
        self.lines: list[str] = []
        self.of = {f"%a{i}": shape for i, shape in enumerate(shapes)}

    @staticmethod
    def type(shape) -> str:
        return f"tensor<{'x'.join(map(str, shape))}xf32>"

    def name(self, shape) -> str:
        name = f"%v{len(self.of)}"
        self.of[name] = tuple(shape)
        return name

    def fill(self, shape, value) -> str:
        empty, constant, name = self.name(shape), f"%k{len(self.of)}", self.name(shape)
        self.lines += [
            f"{empty} = tensor.empty() : {self.type(shape)}",
            f"{constant} = arith.constant {value} : f32",
            (
                f"{name} = linalg.fill ins({constant} : f32) outs({empty} : {self.type(shape)}) "
                f"-> {self.type(shape)}"
            ),
        ]
        return name

    def generic(self, kinds, inputs, shape, out, body, init=0.0, result="%r") -> str:
        """`inputs` are (value, loops); `body` uses %x0, %x1, ... and %o, and defines `result`."""
        loops = ", ".join(f"d{i}" for i in range(len(kinds)))
        maps = [
            f"affine_map<({loops}) -> ({', '.join(f'd{d}' for d in walked)})>"
            for walked in (*(w for _, w in inputs), out)
        ]
        types = {"p": "parallel", "r": "reduction"}
        start, name = self.fill(shape, init), self.name(shape)
        arguments = ", ".join([*(f"%x{i}: f32" for i in range(len(inputs))), "%o: f32"])
        iterators = ", ".join(f'"{types[k]}"' for k in kinds)
        self.lines.append(
            f"{name} = linalg.generic {{indexing_maps = [{', '.join(maps)}], "
            f"iterator_types = [{iterators}]}} "
            f"ins({', '.join(v for v, _ in inputs)} : "
            f"{', '.join(self.type(self.of[v]) for v, _ in inputs)}) "
            f'outs({start} : {self.type(shape)}) attrs = {{npu.torch_op = "aten.op"}} {{\n'
            f"^bb0({arguments}):\n{body}\nlinalg.yield {result} : f32\n}} -> {self.type(shape)}"
        )
        return name

    def pointwise(self, body, *inputs, shape=None) -> str:
        shape = self.of[inputs[0]] if shape is None else shape
        loops = range(len(shape))
        pairs = [(v, loops if len(self.of[v]) == len(shape) else [len(shape) - 1]) for v in inputs]
        return self.generic("p" * len(shape), pairs, shape, loops, body)

    def contract(self, a, a_loops, b, b_loops, shape, out, kinds) -> str:
        body = "%t = arith.mulf %x0, %x1 : f32\n%r = arith.addf %o, %t : f32"
        return self.generic(kinds, [(a, a_loops), (b, b_loops)], shape, out, body)

    def rows(self, x, op, init) -> str:
        shape = self.of[x]
        body = f"%r = arith.{op} %x0, %o : f32"
        loops = range(len(shape))
        kinds = "p" * (len(shape) - 1) + "r"
        return self.generic(kinds, [(x, loops)], shape[:-1], loops[:-1], body, init)

    def with_rows(self, x, row, body) -> str:
        shape = self.of[x]
        loops = range(len(shape))
        pairs = [(x, loops), (row, loops[:-1])]
        return self.generic("p" * len(shape), pairs, shape, loops, body)

    def text(self, *results) -> str:
        inputs = ", ".join(f"%a{i}: {self.type(s)}" for i, s in enumerate(self.shapes))
        types = ", ".join(self.type(self.of[r]) for r in results)
        body = "\n".join(self.lines)
        return (
            f"func.func @main({inputs}) -> ({types}) {{\n{body}\n"
            f"func.return {', '.join(results)} : {types}\n}}"
        )


ADD = "%r = arith.addf %x0, %x1 : f32"
MUL = "%r = arith.mulf %x0, %x1 : f32"
SUB = "%r = arith.subf %x0, %x1 : f32"
TANH = "%r = math.tanh %x0 : f32"
EXP = "%r = math.exp %x0 : f32"
RELU = "%z = arith.constant 0.0 : f32\n%r = arith.maximumf %x0, %z : f32"


def agrees(kernels, text: str, groups: int | None = None, tolerance: float = 1e-5):
    """Every pass keeps what `text` computes; returns the module at the end."""
    from npu.runtime.reference import run_module

    module = kernels.parse(text)
    main = next(op for op in module.ops if op.name == "func.func")
    random = np.random.default_rng(0)
    inputs = [
        random.standard_normal(type_.get_shape(), np.float32) for type_ in main.function_type.inputs
    ]
    before = run_module(module, inputs)
    for name, options in EVERY_PASS:
        module = kernels.apply(module, name, **options)
        for got, wanted in zip(run_module(module, inputs), before, strict=True):
            scale = max(np.abs(wanted).max(), 1e-6)
            np.testing.assert_allclose(got / scale, wanted / scale, atol=tolerance, err_msg=name)
    found = [op for op in module.ops if op.name == "npu.kernel"]
    assert groups is None or len(found) == groups
    return module


sizes = st.integers(1, 21)


@examples(6, 25)
@given(m=sizes, n=sizes, k=sizes, transposed=st.booleans(), flipped=st.booleans())
def test_matmul_with_bias_and_relu(kernels, m, n, k, transposed, flipped):
    f = Stage0((m, k), (n, k) if transposed else (k, n), (n,))
    b_loops = (1, 2) if transposed else (2, 1)
    sides = [("%a0", (0, 2)), ("%a1", b_loops)]
    (a, a_loops), (b, b_loops) = sides[::-1] if flipped else sides
    x = f.contract(a, a_loops, b, b_loops, (m, n), (0, 1), "ppr")
    agrees(kernels, f.text(f.pointwise(RELU, f.pointwise(ADD, x, "%a2"))), groups=1)


@examples(4, 15)
@given(b=st.integers(1, 4), m=sizes, n=sizes, k=sizes)
def test_batch_matmul(kernels, b, m, n, k):
    f = Stage0((b, m, k), (b, k, n))
    x = f.contract("%a0", (0, 1, 3), "%a1", (0, 3, 2), (b, m, n), (0, 1, 2), "pppr")
    agrees(kernels, f.text(x), groups=1)


@pytest.mark.parametrize(
    ("a", "b", "out"),
    [
        pytest.param("mk", "k", "m", id="matrix times vector"),
        pytest.param("k", "kn", "n", id="vector times matrix"),
        pytest.param("pmk", "kn", "pmn", id="two m loops"),
        pytest.param("mkq", "nkq", "mn", id="two k loops"),
        pytest.param("mk", "pnk", "mpn", id="two n loops"),
        pytest.param("mbk", "nbk", "bmn", id="batches not in front"),
        pytest.param("mk", "kn", "nm", id="result transposed"),
        pytest.param("mk", "mk", "m", id="an inner product"),
        pytest.param("bmk", "bk", "bm", id="an outer product of batches"),
    ],
)
def test_contractions_of_many_kinds(kernels, a, b, out):
    extents = dict(zip("bpmnkq", (3, 2, 9, 11, 10, 4), strict=True))
    reduced = [d for d in dict.fromkeys(a + b) if d not in out]
    loops = [*out, *reduced]
    f = Stage0([extents[d] for d in a], [extents[d] for d in b])
    x = f.contract(
        "%a0",
        [loops.index(d) for d in a],
        "%a1",
        [loops.index(d) for d in b],
        [extents[d] for d in out],
        range(len(out)),
        "p" * len(out) + "r" * len(reduced),
    )
    agrees(kernels, f.text(x), groups=1)


@examples(3, 10)
@given(order=st.permutations(range(3)), shape=st.tuples(st.integers(1, 4), sizes, sizes, sizes))
def test_a_permuted_copy_behind_a_batch_matmul(kernels, order, shape):
    b, m, n, k = shape
    f = Stage0((b, m, k), (b, k, n), [(b, m, n)[d] for d in order])
    x = f.contract("%a0", (0, 1, 3), "%a1", (0, 3, 2), (b, m, n), (0, 1, 2), "pppr")
    loops = [order.index(d) for d in range(3)]
    y = f.generic("ppp", [(x, loops)], f.shapes[2], range(3), "", result="%x0")
    # The batch may not become the innermost dimension: then the copy is a kernel of its own.
    agrees(kernels, f.text(f.pointwise(ADD, y, "%a2")), groups=2 if order[2] == 0 else 1)


def test_residual_and_second_result_share_the_kernel(kernels):
    f = Stage0((9, 12), (12, 10), (9, 10))
    x = f.contract("%a0", (0, 2), "%a1", (2, 1), (9, 10), (0, 1), "ppr")
    y = f.pointwise(ADD, x, "%a2")
    agrees(kernels, f.text(x, f.pointwise(TANH, y)), groups=1)


@pytest.mark.parametrize(("has_other_reader", "stored"), [(True, 1), (False, 1)])
def test_what_a_reduction_reads_is_not_stored_beside_its_operand(kernels, has_other_reader, stored):
    """A row's terms are made where they are added up, or in the epilogue: never both stored."""
    f = Stage0((9, 12), (12, 10))
    x = f.contract("%a0", (0, 2), "%a1", (2, 1), (9, 10), (0, 1), "ppr")
    total = f.rows(f.pointwise(MUL.replace("%x1", "%x0"), x), "addf", 0.0)
    y = f.with_rows(x, total, SUB) if has_other_reader else total
    module = agrees(kernels, f.text(y), groups=2)
    product = next(op for op in module.ops if op.name == "npu.kernel")
    assert len(product.body.block.args) == 2 + stored


def test_gelu_behind_a_matmul_is_one_tile_function(kernels):
    f = Stage0((9, 12), (12, 10))
    x = f.contract("%a0", (0, 2), "%a1", (2, 1), (9, 10), (0, 1), "ppr")
    half = f.pointwise("%h = arith.constant 0.5 : f32\n%r = arith.mulf %x0, %h : f32", x)
    erf = f.pointwise("%r = math.erf %x0 : f32", x)
    one = f.pointwise("%h = arith.constant 1.0 : f32\n%r = arith.addf %x0, %h : f32", erf)
    module = agrees(kernels, f.text(f.pointwise(MUL, half, one)), groups=1)
    assert sum(op.name == "linalg.generic" for op in module.walk()) == 1


def test_accumulating_onto_something_else_than_zeros(kernels):
    f = Stage0((5, 6), (6, 7), (5, 7))
    x = f.contract("%a0", (0, 2), "%a1", (2, 1), (5, 7), (0, 1), "ppr")
    text = f.text(x)
    start = [line for line in f.lines if "linalg.fill" in line][-1].split(" = ")[0]
    agrees(kernels, text.replace(f"outs({start}", "outs(%a2"), groups=1)


@examples(4, 15)
@given(batch=st.integers(1, 3), m=sizes, n=sizes)
def test_softmax(kernels, batch, m, n):
    f = Stage0((batch, m, n))
    top = f.rows("%a0", "maximumf", "0xFF800000")
    powers = f.pointwise(EXP, f.with_rows("%a0", top, SUB))
    total = f.rows(powers, "addf", 0.0)
    y = f.with_rows(powers, total, "%r = arith.divf %x0, %x1 : f32")
    agrees(kernels, f.text(y), groups=1)


@examples(4, 15)
@given(m=sizes, n=sizes)
def test_layer_norm_with_a_residual_in_front(kernels, m, n):
    f = Stage0((m, n), (m, n), (n,), (n,))
    x = f.pointwise(ADD, "%a0", "%a1")
    scale = f"%c = arith.constant {1 / n} : f32\n%r = arith.mulf %x0, %c : f32"
    mean = f.pointwise(scale, f.rows(x, "addf", 0.0))
    centred = f.with_rows(x, mean, SUB)
    variance = f.pointwise(scale, f.rows(f.pointwise(MUL, centred, centred), "addf", 0.0))
    root = f.pointwise(
        "%e = arith.constant 1.0e-5 : f32\n%s = arith.addf %x0, %e : f32\n%r = math.rsqrt %s : f32",
        variance,
    )
    y = f.with_rows(centred, root, MUL)
    agrees(kernels, f.text(f.pointwise(ADD, f.pointwise(MUL, y, "%a2"), "%a3")), groups=1)


@examples(4, 15)
@given(st.permutations(range(3)), st.tuples(sizes, sizes, sizes))
def test_transposes_of_three_dimensions(kernels, order, shape):
    f = Stage0(shape)
    out = [shape[d] for d in order]
    y = f.generic(
        "ppp",
        [("%a0", [order.index(d) for d in range(3)])],
        out,
        range(3),
        "%r = arith.addf %x0, %x0 : f32",
    )
    agrees(kernels, f.text(y), groups=1)


def test_a_tensor_plus_its_transpose(kernels):
    f = Stage0((11, 11))
    pairs = [("%a0", (0, 1)), ("%a0", (1, 0))]
    agrees(kernels, f.text(f.generic("pp", pairs, (11, 11), (0, 1), ADD)), groups=1)


def test_a_column_sum_and_a_broadcast(kernels):
    f = Stage0((13, 9))
    total = f.generic("pr", [("%a0", (1, 0))], (9,), (0,), ADD.replace("%x1", "%o"))
    y = f.generic("pp", [(total, (1,))], (13, 9), (0, 1), TANH)
    agrees(kernels, f.text(y), groups=2)


def test_six_dimensions_move_four_at_a_time(kernels):
    f = Stage0((2, 3, 2, 3, 2, 3))
    agrees(kernels, f.text(f.pointwise(TANH, "%a0")), groups=1)


def test_filled_and_passed_through_values(kernels):
    f = Stage0((3, 4))
    agrees(kernels, f.text(f.fill((5,), 2.5), f.pointwise(TANH, "%a0"), "%a0"), groups=2)


MAPPED = """func.func @main(%a: tensor<7x5xf32>) -> tensor<7xf32> {{
  %r = npu.group @sum_0 ins(%a : tensor<7x5xf32>) {{
  ^bb0(%x: tensor<7x5xf32>):
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<7xf32>
    %zeros = linalg.fill ins(%zero : f32) outs(%e : tensor<7xf32>) -> tensor<7xf32>
    %sum = linalg.generic {{indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>,
      affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]}}
      ins(%x : tensor<7x5xf32>) outs(%zeros : tensor<7xf32>) {{
    ^bb1(%p: f32, %o: f32):
      %s = arith.addf %p, %o : f32
      linalg.yield %s : f32
    }} -> tensor<7xf32>
    npu.yield %sum : tensor<7xf32>
  }} ops ["aten.sum"] {} : tensor<7xf32>
  func.return %r : tensor<7xf32>
}}"""


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("", "group 'sum_0' has no mapping; run npu-map first"),
        ("par i 3, run vector", "has no loop over 'j'; expected one of each of i, j"),
        ("par i 3, for j 5, for l 1, run vector", "has a loop over 'l'; expected one of"),
        ("par i 3, [for j 5, run vector]", "has no hold of 'in'; expected one of each of in, out"),
        ("par i 3, hold in 2, hold out 2, for j 5", "has no run of 'vector'; expected"),
        ("par i 3, hold in 2, hold out 2, [for j 5, run vector, run vector]", "runs vector, vec"),
        ("for j 5, par i 3, hold in 2, hold out 2, run vector", "reduction loop outside of 'par i"),
        ("par i 3, hold in 2, hold out 2, [par j 5, run vector]", "expected 'for', since j is red"),
        ("for i 3, hold in 2, hold out 2, [for j 5, run vector]", "expected 'par', since i is par"),
        (
            "hold in 2, par i 3, hold out 2, [for j 5, run vector]",
            "outside of the loop over i;",
        ),
        (
            "par i 3, hold out 2, run vector, [for j 5, hold in 2]",
            "has vector in loops over i; ",
        ),
        ("par i 3, [for j 4, hold in 2, hold out 1, run vector]", "has a run of 'vector'; expect"),
        (
            "par i 3, hold in 1, hold out 2, run between_0, [for j 4, run sweep_0]",
            "outside of the loop over j; put it inside",
        ),
        (
            "par i 3, run between_0, [for j 4, hold in 2, hold out 2, run sweep_0]",
            "in the loop over j, of which it does not depend; put it outside",
        ),
        (
            "par i 3, hold in 2, hold out 2, [for j 5, run vector], strategy = folded",
            "has the strategy 'folded', which does not suit: it is no convolution",
        ),
        (
            "par i 3, hold in 2, hold out 2, [for j 5, run vector], strategy = rolled",
            "has the strategy 'rolled'; expected taps, row, folded",
        ),
    ],
)
def test_a_mapping_that_does_not_suit(kernels, mapping, message):
    text = f"mapping <{mapping}>" if mapping else ""
    module = kernels.parse(MAPPED.format(text))
    with pytest.raises(UserError, match=re.escape(message)):
        kernels.apply(module, "npu-tile", machine="8x8")


def test_tiles_larger_than_the_tensor_are_whole(kernels):
    text = "mapping <par i 64, hold in 1, hold out 1, [for j 64 by 32, run vector]>"
    kernels.apply(kernels.parse(MAPPED.format(text)), "npu-tile", machine="8x8")


def test_no_main_function(kernels):
    with pytest.raises(UserError, match="no function @main"):
        kernels.apply(kernels.parse("builtin.module {}"), "npu-group")


def test_a_tensor_operation_outside_of_all_groups(kernels):
    f = Stage0((3, 4))
    with pytest.raises(UserError, match=r"linalg.fill stands outside of all groups"):
        kernels.apply(kernels.parse(f.text(f.pointwise(TANH, "%a0"))), "npu-tile", machine="8x8")
