"""The linked image: symbols, digests, equal bytes for equal input, relocations."""

import subprocess
import sys

import pytest

from npu.codegen.compile import compile_module, emit_llvm
from npu.codegen.device import DMA_STUBS
from npu.codegen.image import IMAGE_BASE
from npu.codegen.relocate import R_CALL_PLT, R_PCREL_HI20, R_PCREL_LO12_I, R_PCREL_LO12_S, patch
from npu.dialects.isa import dma_stub

LIBRARY = {
    f"{name}{type_}" for name in ("npu_preload", "npu_matmul") for type_ in ("", "_bf16", "_f16")
}


@pytest.fixture
def text(kernel, generic):
    """A kernel with one tile function that scales by a constant."""

    def of(factor="2.0", name="f"):
        tiles = ["in 20x30", "out 20x30"]
        body = f"%s = arith.constant {factor} : f32\n" + generic(
            tiles, "0 -> 1", "d0, d1; d0, d1", "pp", "%a %c",
            "%m = arith.mulf %a, %s : f32\nlinalg.yield %m : f32",
        )  # fmt: skip
        return kernel(tiles, body).replace("@f", f"@{name}")

    return of


def test_symbols_cover_kernels_tile_functions_and_stubs(text, parse, machine) -> None:
    image = compile_module(parse(text()), machine())
    assert image.base == IMAGE_BASE
    assert {"k", "f", *LIBRARY, *DMA_STUBS} == set(image.symbols)
    assert list(image.digests) == ["f"]
    for name in ("k", "f"):
        assert image.symbol_at(image.symbols[name] + image.sizes[name] - 2) == name
    for name in DMA_STUBS:
        at = image.symbols[name] - image.base
        words = tuple(int.from_bytes(image.data[i : i + 4], "little") for i in (at, at + 4))
        assert words == dma_stub(name)


def test_equal_input_gives_equal_bytes_in_another_process(text, parse, machine) -> None:
    source = text()
    here = compile_module(parse(source), machine())
    assert compile_module(parse(source), machine()) == here
    llvm = emit_llvm(parse(source), machine())
    script = (
        "import hashlib, sys; from npu.codegen.target import emit_object;"
        "print(hashlib.sha256(emit_object(sys.stdin.read())).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script], input=llvm, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(seen) == 1


def test_a_digest_is_of_the_content(text, parse, machine) -> None:
    def digest(factor, name="f"):
        return compile_module(parse(text(factor, name)), machine()).digests[name]

    assert digest("2.0") == digest("2.0", "another_name")
    assert digest("2.0") != digest("3.1")


def test_digests_do_not_depend_on_neighbours(text, parse, machine) -> None:
    alone = compile_module(parse(text("3.1", "g")), machine()).digests["g"]
    second = text("3.1", "g").replace("@k", "@k2")
    both = compile_module(parse(text("2.0") + second), machine()).digests
    assert both["g"] == alone


def test_vector_lengths_differ_by_whether_all_is_one_strip(text, parse, machine) -> None:
    """8 registers of 1024 bits hold 256 of the 600 elements, those of 4096 bits all."""
    strips = {compile_module(parse(text()), machine(vlen=v)).data for v in (128, 256, 1024)}
    whole = {compile_module(parse(text()), machine(vlen=v)).data for v in (4096, 8192)}
    assert len(strips) == len(whole) == 1
    assert strips != whole


def test_relocations_patch_the_fields_of_their_instructions() -> None:
    def patched(kind, value, words=1):
        image = bytearray(4 * words)
        patch(image, 0, kind, value)
        return [int.from_bytes(image[4 * i : 4 * i + 4], "little") for i in range(words)]

    # The high part is rounded up when the signed low part is negative.
    assert patched(R_PCREL_HI20, 0x1800) == [0x2000]
    assert patched(R_PCREL_LO12_I, 0x1800) == [0x80000000]
    assert patched(R_PCREL_LO12_S, 0x17FF) == [0x7E000F80]
    assert patched(R_CALL_PLT, 0x1234, 2) == [0x1000, 0x23400000]
    with pytest.raises(ValueError, match="relocation type 99"):
        patch(bytearray(4), 0, 99, 0)
    with pytest.raises(ValueError, match="does not fit"):
        patch(bytearray(4), 0, R_PCREL_HI20, 1 << 40)
