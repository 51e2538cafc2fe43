"""What npu-opt says of a mistake names the line of the operation, and ends in one message."""

from pathlib import Path

import pytest

from npu.passes.npu_opt import main

FOUR = "tensor<4x9xf32>"
IDENTITY = "affine_map<(i, j) -> (i, j)>"


def generic(map_: str, loops: str = '"parallel", "parallel"') -> str:
    """A copy that reads by `map_`, on line 3."""
    return f"""func.func @main(%x: {FOUR}) -> {FOUR} {{
  %e = tensor.empty() : {FOUR}
  %r = linalg.generic {{indexing_maps = [{map_}, {IDENTITY}],
      iterator_types = [{loops}]}}
      ins(%x : {FOUR}) outs(%e : {FOUR}) {{
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }} -> {FOUR}
  func.return %r : {FOUR}
}}
"""


def said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str | bytes, *options: str
) -> str:
    path = tmp_path / "bad.mlir"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SystemExit) as ended:
        main([str(path), *options])
    error = capfd.readouterr().err
    assert ended.value.code == 1, error
    assert error.startswith("error: ")
    assert "Traceback" not in error
    assert len(error) < 4000
    return error


@pytest.mark.parametrize(
    ("map_", "says"),
    [
        (
            "affine_map<(i, j) -> (i mod 2, j)>",
            "has (d0 mod 2), which is no constant plus multiples",
        ),
        ("affine_map<(i, j) -> (i, j floordiv 2)>", "has (d1 floordiv 2), which is no constant"),
    ],
)
def test_a_map_that_is_not_taken_is_named(tmp_path, capfd, map_: str, says: str) -> None:
    error = said(tmp_path, capfd, generic(map_), "-p", "npu-group")
    assert "bad.mlir:3: linalg.generic: indexing map 0, " in error
    assert says in error


@pytest.mark.parametrize(
    ("passes", "says"),
    [
        ("npu-map", "bad.mlir:3: npu-map: linalg.generic stands outside of all groups"),
        ("npu-place", "bad.mlir:3: @main: linalg.generic stands outside of all kernels"),
        ("npu-group,npu-tile", "bad.mlir:3: "),
        ("npu-group,npu-map,npu-tile,npu-double-buffer", "bad.mlir:3: npu-double-buffer: kernel"),
        ("npu-group,npu-map,npu-tile,npu-insert-dma,npu-derive-tog", "bad.mlir:3: npu-derive-tog"),
    ],
)
def test_passes_in_the_wrong_order(tmp_path, capfd, passes: str, says: str) -> None:
    text = generic("affine_map<(i, j) -> (i, j)>").replace("linalg.yield %a", TANH)
    assert says in said(tmp_path, capfd, text, "-p", passes)


TANH = "%t = math.tanh %a : f32\n    linalg.yield %t"


def test_a_window_that_fits_no_scratchpad_names_its_operation(tmp_path, capfd) -> None:
    maps = [f"affine_map<(i, j, k) -> ({read})>" for read in ("i, j + k", "k", "i, j")]
    inputs, kinds = "tensor<4x4000008xf32>, tensor<4000000xf32>", ["parallel"] * 2 + ["reduction"]
    text = f"""func.func @main(%x: tensor<4x4000008xf32>) -> tensor<4x9xf32> {{
  %e = tensor.empty() : tensor<4x9xf32>
  %w = tensor.empty() : tensor<4000000xf32>
  %r = linalg.generic {{indexing_maps = [{", ".join(maps)}],
    iterator_types = [{", ".join(f'"{kind}"' for kind in kinds)}]}}
    ins(%x, %w : {inputs}) outs(%e : tensor<4x9xf32>) {{
  ^bb0(%a: f32, %b: f32, %o: f32):
    %t = arith.maximumf %a, %o : f32
    linalg.yield %t : f32
  }} -> tensor<4x9xf32>
  return %r : tensor<4x9xf32>
}}"""
    error = said(tmp_path, capfd, text, "-p", "npu-group,npu-map{machine=8x8}")
    assert "bad.mlir:4: npu-map: group" in error
    assert "does not fit the scratchpad" in error
    assert "one window (4000000)" in error


INSIDE = "%a = scf.if %c -> (f32) {{\n    {}\n  }} else {{\n    scf.yield %x : f32\n  }}"


@pytest.mark.parametrize(
    "body",
    [
        "%a = arith.addf %b, %x : f32\n  %b = arith.addf %a, %x : f32",
        "%a = arith.addf %a, %x : f32\n  %b = arith.addf %a, %x : f32",
        "%a = arith.addf %b, %x : f32\n  %b = arith.addf %x, %x : f32",
        INSIDE.format("scf.yield %a : f32"),
        INSIDE.format("scf.yield %b : f32") + "\n  %b = arith.addf %x, %x : f32",
    ],
)
def test_a_value_used_ahead_of_its_definition(tmp_path, capfd, body: str) -> None:
    text = f"func.func @f(%x: f32, %c: i1) -> f32 {{\n  {body}\n  func.return %a : f32\n}}\n"
    error = said(tmp_path, capfd, text)
    assert "is not defined ahead of its use" in error
    assert "bad.mlir:" in error


BLOCKS = """func.func @f(%c: i1) -> i1 {
  cf.br ^b
^a:
  func.return %d : i1
^b:
  %d = arith.ori %c, %c : i1
  cf.br ^a
}
"""


@pytest.mark.parametrize(
    "text",
    [
        # blocks may stand in any order, and a module's operations may
        BLOCKS,
        '"test.op"(%a) : (i32) -> ()\n%a = "test.op"() : () -> (i32)\n',
        "// only here\nfunc.func @f() {\n  func.return\n}\n",
    ],
)
def test_what_is_in_order(tmp_path, capfd, text: str) -> None:
    (tmp_path / "good.mlir").write_text(text)
    main([str(tmp_path / "good.mlir")])
    assert capfd.readouterr().err == ""


def test_a_block_that_does_not_dominate(tmp_path, capfd) -> None:
    text = (
        "func.func @f(%c: i1) -> i1 {\n  cf.cond_br %c, ^a, ^b\n^a:\n"
        "  %d = arith.ori %c, %c : i1\n  cf.br ^b\n^b:\n  func.return %d : i1\n}\n"
    )
    assert "bad.mlir:7: func.return: %d is not defined ahead" in said(tmp_path, capfd, text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "bad.mlir: holds no operation"),
        ("// nothing\n\n", "bad.mlir: holds no operation"),
        (b"func.func @f() {\n  \xff\xfe\n}\n", "bad.mlir:2: not text"),
        ("builtin.module {\n" * 5000, "nested too deeply"),
        (
            "func.func @f(%x: tensor<" + "9" * 5000 + "xf32>) {\n  func.return\n}\n",
            "bad.mlir:1: a number of 5000 digits is too long",
        ),
        (
            "func.func @f() {\n  %c = arith.constant " + "9" * 4000 + " : i32\n  func.return\n}\n",
            "bad.mlir:2",
        ),
    ],
)
def test_what_is_no_module(tmp_path, capfd, text: str | bytes, says: str) -> None:
    assert says in said(tmp_path, capfd, text)


@pytest.mark.parametrize("extent", ["9223372036854775807", "9223372036854775808", "9" * 30])
def test_a_tensor_beyond_every_memory(tmp_path, capfd, extent: str) -> None:
    type_ = f"tensor<{extent}x5xf32>"
    text = f"func.func @main(%x: {type_}) -> {type_} {{\n  func.return %x : {type_}\n}}\n"
    error = said(tmp_path, capfd, text, "-p", "npu-compile")
    assert "bad.mlir:1: argument 0 of @main" in error
    assert "more than 2^40 elements" in error


@pytest.mark.parametrize(
    "passes",
    [
        "npu-map{machine=" + "9" * 5000 + "}",
        "npu-double-buffer{slots=" + "9" * 5000 + "}",
        "x" * 5000,
    ],
)
def test_long_options_are_shortened(tmp_path, capfd, passes: str) -> None:
    error = said(tmp_path, capfd, "func.func @f() {\n  func.return\n}\n", "-p", passes)
    assert len(error) < 1500
    assert "sys." not in error


def test_a_broken_rule_has_its_line(tmp_path, capfd) -> None:
    text = "\nnpu.kernel @k(%a: memref<?x4xf32>) {\n  npu.return\n}\n"
    assert said(tmp_path, capfd, text).startswith(f"error: {tmp_path}/bad.mlir:2: ")
