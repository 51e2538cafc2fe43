"""The listing of tile functions: the instructions that run, each below its operation."""

import pytest

from npu.codegen.compile import compile_module
from npu.codegen.listing import emit_listing

FILL, EXP = "linalg.fill ins(%f1) outs(%1)", "linalg.generic ins(%0) outs(%1): math.exp, arith.addf"


@pytest.fixture
def module(kernel, generic, fill, parse):
    """A kernel whose tile function `f` fills a row and adds exponentials to it."""
    tiles = ["in 700", "out 700"]
    body = fill(tiles, 1, "1.0 ") + generic(
        tiles, "0 -> 1", "d0; d0", "p", "%a %c",
        "%e = math.exp %a : f32\n%r = arith.addf %e, %c : f32\nlinalg.yield %r : f32",
    )  # fmt: skip
    return parse(kernel(tiles, body))


def instructions(image, name):
    """How many instructions a function of an image has."""
    start = image.symbols[name] - image.base
    at, count = start, 0
    while at < start + image.sizes[name]:
        is_whole = image.data[at] & 3 == 3  # else it is a compressed one of two bytes
        at, count = at + (4 if is_whole else 2), count + 1
    return count


def test_it_has_the_instructions_that_run(module, machine):
    lines = emit_listing(module, machine()).splitlines()
    assert lines[0] == "f:"
    code = [line for line in lines[1:] if line.startswith("\t")]
    assert len(code) == instructions(compile_module(module, machine()), "f")


def test_each_instruction_stands_below_its_operation(module, machine):
    below: dict[str, list[str]] = {}
    operation = ""
    for line in emit_listing(module, machine()).splitlines():
        if line.startswith("# "):
            operation = line[2:]
        elif line.startswith("\t"):
            below.setdefault(operation, []).append(line.split()[0])
    found = {text: {name for name in names if name[0] == "v"} for text, names in below.items()}
    assert {"vsetvli", "vmv.v.x", "vse32.v"} <= found[FILL]
    assert "vfmadd.vv" not in found[FILL]
    assert {"vle32.v", "vminu.vx", "vfmadd.vv", "vfadd.vv"} <= found[EXP]
    assert set(found) == {"", FILL, EXP}
