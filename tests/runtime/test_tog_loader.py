"""Text of the `tog` dialect to the simulator's program, and the messages of what is wrong."""

import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin
from xdsl.parser import Parser

from npu.configs.errors import UserError
from npu.configs.loader import load as load_machine
from npu.dialects.tog import Tog
from npu.runtime.tog.loader import load_module, load_tog, parse_tog
from npu.togsim.graph import (
    Access,
    Add,
    Bounds,
    Buffer,
    Const,
    DmaDim,
    Iv,
    Kernel,
    Launch,
    Load,
    Loop,
    Matmul,
    Min,
    Mod,
    Mul,
    Product,
    Program,
    Store,
    Tensor,
    TileFunction,
    Vector,
    Wait,
)
from npu.togsim.graph.expr import evaluate
from npu.togsim.simulate import simulate

SCALE = """// a comment with tog.load in it
builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @scale(%x: memref<516xf32>, %y: memref<516xf32>) attributes {torch_ops = ["aten.mul"]} {
    %X = tog.buffer at 128 : memref<2x256xf32, "spad">
    tog.function @scale_c0 cases [(4) = 31, (256) = 40]
    tog.parallel (%i, %j) = (0, 0) to (516, 1) step (256, 1) {
      %t = tog.load %x at %i * 4 walk [min(256, 516 - %i) : 4] \
to %X slot(%i mod 2)[0][min(256, 516 - %i)]
      tog.wait %t
      tog.vector @scale_c0(min(256, 516 - %i)) reads [%X[0][256]] writes [%X[0][256]]
      %u = tog.store %X[0][256] to %y at 8 walk [256 : 4]
    }
  }
  tog.tensor @x at 0x100000000 bytes 2064
  tog.tensor @y at 0x100001000 bytes 2064
  %r0 = tog.launch @scale(@x, @y)
  %r1 = tog.launch @scale(@y, @x) after (%r0) ops ["aten.add", "aten.mul"] lines ["mlp.py:12"]
}
"""

TAIL = Min(Const(256), Add(Mul(Iv("i"), -1), Const(516)))
WHOLE = Access("X", Const(0), (Const(0),), (Const(256),))
SLOTTED = Access("X", Mod(Iv("i"), 2), (Const(0),), (TAIL,))
BODY = (
    Load("t", 0, Mul(Iv("i"), 4), (DmaDim(TAIL, 4),), 4, SLOTTED),
    Wait("t"),
    Vector("scale_c0", (TAIL,), (WHOLE,), (WHOLE,)),
    Store("u", 1, Const(8), (DmaDim(Const(256), 4),), 4, WHOLE),
)
EXPECTED = Program(
    version=2,
    tensors=(Tensor("x", 0x1_0000_0000, 2064), Tensor("y", 0x1_0000_1000, 2064)),
    kernels=(
        Kernel(
            "scale",
            ("x", "y"),
            (Buffer("X", 2, (256,), 4, 128),),
            (TileFunction("scale_c0", {(4,): 31, (256,): 40}),),
            (Loop("i", 0, 516, 256, (Loop("j", 0, 1, 1, BODY, parallel=True),), parallel=True),),
        ),
    ),
    launches=(
        Launch(0, (0, 1), torch_ops=("aten.mul",)),
        Launch(0, (1, 0), (0,), torch_ops=("aten.add", "aten.mul"), torch_lines=("mlp.py:12",)),
    ),
)


def test_a_text_becomes_the_program_it_says(tmp_path: Path) -> None:
    file = tmp_path / "scale.tog.mlir"
    file.write_text(SCALE)
    assert parse_tog(SCALE) == EXPECTED
    assert load_tog(file) == EXPECTED


CONVOLUTION = """builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @conv(%x: memref<8x8xf32>) {
    %X = tog.buffer at 0 : memref<1x9x10xf32, "spad">
    tog.parallel (%i) = (0) to (8) step (3) {
      %t = tog.load %x at %i * 32 - 36 walk [5 : 32 from %i - 1 of 8, 10 : 4 from -1 of 8] \
        to %X[0, 0][5, 10]
      %u = tog.store %X[0, 0][4, 2] to %x at 224 walk [4 : -64 from 7 of 8 by -2, 2 : 0] \
        after (%t)
      tog.preload rows 2 cols 2 from %X[0, 0][2, 2]
      tog.matmul rows [min(3, 8 - %i), 2, 2] from %X[0, 0][9, 9] into %X[0, 0][min(3, 8 - %i), 8]
      tog.matmul rows [3, 2] from %X[0, 0][9, 9] into %X[0, 0][6, 2]
    }
  }
  tog.tensor @x at 0x100000000 bytes 256
  %r = tog.launch @conv(@x)
}
"""


def test_bounds_and_rows_of_several_dimensions() -> None:
    program = parse_tog(CONVOLUTION)
    (loop,) = program.kernels[0].body
    assert isinstance(loop, Loop)
    load, store, _, several, constant = loop.body
    first = Add(Iv("i"), Const(-1))
    assert isinstance(load, Load)
    assert load.dims == (
        DmaDim(Const(5), 32, Bounds(first, 8)),
        DmaDim(Const(10), 4, Bounds(Const(-1), 8)),
    )
    assert isinstance(store, Store)
    assert store.dims == (DmaDim(Const(4), -64, Bounds(Const(7), 8, -2)), DmaDim(Const(2), 0))
    assert (load.after, store.after) == ((), ("t",))
    piece = Min(Const(3), Add(Mul(Iv("i"), -1), Const(8)))
    assert isinstance(several, Matmul)
    assert several.rows == Mul(piece, 4)
    assert isinstance(constant, Matmul)
    assert constant.rows == Const(6)
    result = simulate(program, load_machine("8x8"))
    # rows -1 to 3, 2 to 6, and 5 to 9, of which 4, 5 and 3 exist, 32 bytes each
    assert sum(core.work.load_bytes for core in result.cores) == 12 * 32


def test_sizes_that_vary_together_are_multiplied() -> None:
    text = CONVOLUTION.replace("[min(3, 8 - %i), 2, 2]", "[min(3, 8 - %i), 2, min(4, 9 - %i)]")
    (loop,) = parse_tog(text).kernels[0].body
    assert isinstance(loop, Loop)
    matmul = loop.body[3]
    pieces = [Min(Const(a), Add(Mul(Iv("i"), -1), Const(b))) for a, b in ((3, 8), (4, 9))]
    assert isinstance(matmul, Matmul)
    assert matmul.rows == Mul(Product(*pieces), 2)


def test_shared_work_stands_ahead_of_the_work_items() -> None:
    shared = """    %w = tog.load %y at 0 walk [256 : 4] to %X slot(1)[0][256]
    tog.parallel"""
    text = SCALE.replace("    tog.parallel", shared).replace("tog.wait %t", "tog.wait %w")
    program = parse_tog(text)
    load, items = program.kernels[0].body
    assert load == Load(
        "w", 1, Const(0), (DmaDim(Const(256), 4),), 4, replace(WHOLE, slot=Const(1))
    )
    assert isinstance(items, Loop)
    assert items.parallel
    result = simulate(program, replace(load_machine("8x8"), num_cores=5))
    # three items on five cores, in each of two launches; an item loads its own tile too
    assert [core.instructions.movin for core in result.cores] == [4, 4, 4, 0, 0]


def test_a_module_beside_kernels_is_found() -> None:
    context = Context()
    context.load_dialect(Builtin)
    context.load_dialect(Tog)
    module = Parser(context, "builtin.module {\n" + SCALE + "}").parse_module()
    assert load_module(module) == EXPECTED
    assert parse_tog(str(module)) == EXPECTED


def test_a_size_below_zero_is_zero() -> None:
    text = SCALE.replace(
        "%X[0][256] to %y at 8 walk [256 : 4]",
        "%X[0][min(8, 500 - %i * 2)] to %y at 8 walk [min(8, 500 - %i * 2) : 4]",
    )
    loop = parse_tog(text).kernels[0].body[0]
    assert isinstance(loop, Loop)
    inner = loop.body[0]
    assert isinstance(inner, Loop)
    store = inner.body[3]
    assert isinstance(store, Store)
    sizes = [evaluate(store.reads.size[0], {"i": i}) for i in (0, 247, 256, 512)]
    assert sizes == [8, 6, 0, 0]


def test_unnamed_values_get_names_that_differ() -> None:
    text = SCALE.replace("%t ", "%0 ").replace("%t\n", "%0\n").replace("%u ", "%1 ")
    loop = parse_tog(text.replace("%j", "%2")).kernels[0].body[0]
    assert isinstance(loop, Loop)
    inner = loop.body[0]
    assert isinstance(inner, Loop)
    load, _, _, store = inner.body
    assert isinstance(load, Load)
    assert isinstance(store, Store)
    assert len({inner.iv, load.token, store.token, loop.iv}) == 4


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "tog.version = 2",
            "tog.version = 3",
            "f:2: tog.version is 3; expected 2 or older; derive",
        ),
        ("{tog.version = 2 : i64}", "{}", "f: no tile-operation graphs; expected a module"),
        (
            " = 31, (256) = 40",
            ", (256)",
            "f:5: kernel 'scale': tile function 'scale_c0' has no cyc",
        ),
        ("(256) = 40", "(256)", "f:5: TF2: either no case has cycles or all have"),
        ("step (256, 1)", "step (0, 1)", "f:6: tog.parallel: TP2: steps must be positive"),
        ("tog.wait %t", "tog.wait %u", "f:8: tog.wait: %u is not defined ahead of its use"),
        ("%x at %i", "%x at %i **", "f:7: Expected integer literal"),
        ("to %y at", "to %q at", "f:10: no such value here"),
        ("tog.store", "tog.stare", "f:10: Operation tog.stare is not registered"),
        ("@scale(@y, @x)", "@scale(@y)", "f:16: tog.launch: TN2: @scale takes 2 tensors, got 1"),
        ("@scale(@y, @x)", "@other(@y)", "f:16: tog.launch: TN1: no tog.graph is called @other"),
        ("@scale_c0(min", "@other(min", "f:9: tog.vector: TV1: no tog.function is called @other"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, message: str) -> None:
    assert old in SCALE
    with pytest.raises(UserError) as caught:
        parse_tog(SCALE.replace(old, new), "f")
    without_column = re.sub(r"^(f:\d+):\d+", r"\1", str(caught.value))
    assert without_column.startswith(message)


def test_nothing_to_run_is_told() -> None:
    with pytest.raises(UserError, match=r"holds no tog\.launch"):
        parse_tog(SCALE[: SCALE.index("  %r0")] + "}")


def test_a_missing_and_a_binary_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file; expected a tile-operation graph"):
        load_tog(tmp_path / "nothing")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot be read"):
        load_tog(tmp_path / "binary")


def test_neither_torch_nor_llvm_is_imported() -> None:
    code = (
        "import sys, npu.runtime.togsim_cli, npu.runtime.tog.loader, npu.togsim.simulate\n"
        "bad = {'torch', 'torch_mlir', 'llvmlite', 'numpy', 'spike'} & set(sys.modules)\n"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_hundred_graphs_parse_quickly() -> None:
    head, rest = SCALE.split("  tog.graph", 1)
    graph, tail = rest.split("  tog.tensor", 1)
    graphs = "".join("  tog.graph" + graph.replace("@scale(", f"@s{i}(") for i in range(100))
    text = head + graphs + "  tog.graph" + graph + "  tog.tensor" + tail
    started = time.process_time()
    assert len(parse_tog(text).kernels) == 101
    assert time.process_time() - started < 2  # 0.2 s; the bound only tells quadratic from linear
