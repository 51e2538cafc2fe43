"""Elementwise work goes into reductions; what is cheap is repeated for each of its readers."""

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.linalg.ops import GenericOp

from npu.dialects.npu import GroupOp
from npu.frontend.workloads.by_name import workload
from npu.passes.group.contraction import contraction_of
from npu.runtime.compiler import compile_text, make_context, parse


def generic(name, ins, maps, out, kinds, body):
    """One `linalg.generic`; `ins` and `out` are (value, type)."""
    dims = ", ".join(f"d{i}" for i in range(len(kinds)))
    listed = ", ".join(f"affine_map<({dims}) -> ({m})>" for m in maps)
    iterators = ", ".join('"parallel"' if k == "p" else '"reduction"' for k in kinds)
    names = ", ".join(v for v, _ in ins)
    types = ", ".join(t for _, t in ins)
    arguments = ", ".join([*(f"%i{n}: f32" for n in range(len(ins))), "%o: f32"])
    return (
        f"{name} = linalg.generic {{indexing_maps = [{listed}], iterator_types = [{iterators}]}} "
        f"ins({names} : {types}) outs({out[0]} : {out[1]}) {{\n^bb0({arguments}):\n{body}\n"
        f"linalg.yield %r : f32\n}} -> {out[1]}\n"
    )


MATRIX, ROW = "tensor<6x40xf32>", "tensor<6xf32>"


def grouped(lines, arguments, results):
    """The groups of a function of `lines`, after npu-group."""
    signature = ", ".join(f"{name}: {type_}" for name, type_ in arguments)
    types = ", ".join(t for _, t in results)
    values = ", ".join(v for v, _ in results)
    text = (
        f"builtin.module {{\nfunc.func @main({signature}) -> ({types}) {{\n"
        f"%em = tensor.empty() : {MATRIX}\n%er = tensor.empty() : {ROW}\n"
        "%zero = arith.constant 0.0 : f32\n"
        f"%zeros = linalg.fill ins(%zero : f32) outs(%er : {ROW}) -> {ROW}\n"
        f"{lines}func.return {values} : {types}\n}}\n}}\n"
    )
    module = parse(make_context(), compile_text(text, "8x8").stages["npu-group"], "npu-group")
    assert isinstance(module, ModuleOp)
    return [op for op in module.walk() if isinstance(op, GroupOp)]


def generics(group):
    return [op for op in group.walk() if isinstance(op, GenericOp)]


def shape_of(op):
    type_ = op.results[0].type
    assert isinstance(type_, TensorType)
    return type_.get_shape()


def body_names(op):
    return [inner.name for inner in op.body.block.ops][:-1]


TWO = ["d0, d1", "d0, d1"]
SUM = "%r = arith.addf %i0, %o : f32"


def centred(body="%r = arith.subf %i0, %i1 : f32"):
    ins = [("%x", MATRIX), ("%m", ROW)]
    return generic("%c", ins, ["d0, d1", "d0", "d0, d1"], ("%em", MATRIX), "pp", body)


def squares():
    ins = [("%c", MATRIX), ("%c", MATRIX)]
    product = "%r = arith.mulf %i0, %i1 : f32"
    square = generic("%q", ins, [*TWO, "d0, d1"], ("%em", MATRIX), "pp", product)
    return square + generic("%s", [("%q", MATRIX)], ["d0, d1", "d0"], ("%zeros", ROW), "pr", SUM)


ARGUMENTS = [("%x", MATRIX), ("%m", ROW)]


def test_squares_are_added_up_as_they_are_computed():
    (group,) = grouped(centred() + squares(), ARGUMENTS, [("%s", ROW)])
    (only,) = generics(group)
    assert body_names(only) == ["arith.subf", "arith.mulf", "arith.addf"]


def test_cheap_work_is_repeated_for_its_readers():
    halved = generic("%h", [("%c", MATRIX)], TWO, ("%em", MATRIX), "pp",
                     "%r = arith.mulf %i0, %i0 : f32")  # fmt: skip
    lines = centred() + squares() + halved
    (group,) = grouped(lines, ARGUMENTS, [("%s", ROW), ("%h", MATRIX)])
    bodies = sorted(body_names(op) for op in generics(group))
    assert bodies == [
        ["arith.subf", "arith.mulf"],
        ["arith.subf", "arith.mulf", "arith.addf"],
    ]


def test_dear_work_is_computed_once():
    dear = "%d = arith.subf %i0, %i1 : f32\n%r = math.exp %d : f32"
    lines = centred(dear) + squares()
    lines += generic("%h", [("%c", MATRIX)], TWO, ("%em", MATRIX), "pp",
                     "%r = arith.mulf %i0, %i0 : f32")  # fmt: skip
    (group,) = grouped(lines, ARGUMENTS, [("%s", ROW), ("%h", MATRIX)])
    names = [name for op in generics(group) for name in body_names(op)]
    assert names.count("math.exp") == 1


def test_a_result_of_the_group_is_computed_once():
    (group,) = grouped(centred() + squares(), ARGUMENTS, [("%s", ROW), ("%c", MATRIX)])
    names = [name for op in generics(group) for name in body_names(op)]
    assert names.count("arith.subf") == 1


def test_a_sum_of_products_does_not_become_a_contraction():
    """x (m, k) times y (k), summed over k: as one operation it would be a matrix times a vector."""
    product = generic("%q", [("%x", MATRIX), ("%y", "tensor<40xf32>")],
                      ["d0, d1", "d1", "d0, d1"], ("%em", MATRIX), "pp",
                      "%r = arith.mulf %i0, %i1 : f32")  # fmt: skip
    total = generic("%s", [("%q", MATRIX)], ["d0, d1", "d0"], ("%zeros", ROW), "pr", SUM)
    arguments = [("%x", MATRIX), ("%y", "tensor<40xf32>")]
    groups = grouped(product + total, arguments, [("%s", ROW)])
    assert all(contraction_of(op) is None for group in groups for op in generics(group))


def test_a_layer_norm_stores_nothing_in_between():
    text = workload("layernorm_6x40").program.text
    module = parse(make_context(), compile_text(text, "8x8").stages["npu-group"], "")
    whole = [op for op in module.walk() if isinstance(op, GenericOp) and shape_of(op) == (6, 40)]
    assert len(whole) == 1
