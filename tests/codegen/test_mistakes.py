"""What has no lowering is named, all of it at once."""

import pytest

from npu.codegen.compile import compile_module
from npu.configs.errors import UserError


@pytest.fixture
def message(parse, machine):
    """The message of the error that compiling a kernel ends in."""

    def of(text):
        with pytest.raises(UserError) as caught:
            compile_module(parse(text), machine())
        return str(caught.value)

    return of


def test_all_unsupported_operations_of_a_body(message, kernel, generic) -> None:
    tiles = ["in 20", "out 20"]
    body = generic(
        tiles, "0 -> 1", "d0; d0", "p", "%a %c",
        "%i = arith.fptosi %a : f32 to i32\n%y = math.cbrt %a : f32\n"
        "%z = math.fpowi %y, %i : f32, i32\n"
        "linalg.yield %z : f32",
    )  # fmt: skip
    text = message(kernel(tiles, body))
    for expected in ("k: f: math.cbrt", "math.fpowi whose exponent", "math.exp"):
        assert expected in text


def test_a_map_that_is_no_projection(message, kernel, generic) -> None:
    tiles = ["in 40", "in 20", "out 20"]
    body = generic(
        tiles, "0 1 -> 2", "d0 mod 7; d0; d0", "p", "%a %b %c",
        "%x = arith.addf %a, %b : f32\nlinalg.yield %x : f32",
    )  # fmt: skip
    assert "an index is a sum of multiples of dimensions" in message(kernel(tiles, body))


def test_elements_other_than_f32(message, kernel, generic) -> None:
    tiles = ["in 20", "out 20"]
    body = generic(tiles, "0 -> 1", "d0; d0", "p", "%a %c", "linalg.yield %a : f32")
    assert "vector code works on f32" in message(kernel(tiles, body).replace("f32", "f64"))


def test_buffers_that_are_not_placed_or_do_not_fit(message) -> None:
    text = """npu.kernel @k() {
  %a = npu.alloc : memref<1x64xf32, "spad">
  %b = npu.alloc {offset = 16777152 : i64} : memref<1x64xf32, "spad">
  npu.return
}"""
    found = message(text)
    assert "run npu-place first" in found
    assert "ends at byte 16777408 of a scratchpad of 16777216" in found


def test_an_operation_that_no_kernel_holds(message) -> None:
    text = """npu.kernel @k() {
  %x = arith.constant 1.0 : f32
  %y = arith.addf %x, %x : f32
  npu.return
}"""
    assert "k: arith.addf in a kernel; supported are affine.apply" in message(text)


def test_array_operands_need_contiguous_rows(message) -> None:
    gaps = 'memref<64x8xf32, strided<[64, 8]>, "spad">'
    text = f"""npu.kernel @k() {{
  %a = npu.alloc {{offset = 0 : i64}} : memref<1x64x64xf32, "spad">
  %s = memref.subview %a[0, 0, 0] [1, 64, 8] [1, 1, 8] : memref<1x64x64xf32, "spad"> to {gaps}
  %w = npu.preload %s : {gaps}
  npu.return
}}"""
    assert "expected rows of f32 or bf16 or f16 with an inner stride of 1" in message(text)
