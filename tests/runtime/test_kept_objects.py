"""Objects of kernels: one each, found again by content alone, made anew when damaged."""

import json
import os
import subprocess
import sys

import pytest
from xdsl.dialects.builtin import ModuleOp

from npu.codegen import kernel_object
from npu.codegen.compile import compile_module
from npu.codegen.image import Image
from npu.configs.loader import load
from npu.runtime.cache_folder import CACHE_VARIABLE
from npu.runtime.compiler import compile_text
from npu.runtime.entry_cache import CacheWarning
from npu.runtime.kept_objects import KeptObjects

RELU = """
%e{n} = tensor.empty() : tensor<{size}xf32>
%r{n} = linalg.generic {{indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
    iterator_types = ["parallel"]}} ins(%{read} : tensor<{size}xf32>)
    outs(%e{n} : tensor<{size}xf32>) attrs = {{npu.torch_op = "aten.{op}"}} {{
^bb0(%p: f32, %o: f32):
  %z = arith.constant {floor} : f32
  %s = arith.maximumf %p, %z : f32
  linalg.yield %s : f32
}} -> tensor<{size}xf32>
"""


def program(*floors: float, op: str = "relu", size: int = 24, name: str = "x") -> str:
    """A maximum with each constant of an argument called `name`: a kernel each."""
    type_ = f"tensor<{size}xf32>"
    parts = [
        RELU.format(n=n, read=name, floor=floor, op=op, size=size) for n, floor in enumerate(floors)
    ]
    types = ", ".join([type_] * len(floors))
    results = ", ".join(f"%r{n}" for n in range(len(floors)))
    body = "".join(parts) + f"func.return {results} : {types}"
    return f"builtin.module {{ func.func @main(%{name}: {type_}) -> ({types}) {{ {body} }} }}"


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The names of the kernels whose objects are made, in a cache folder of the test's own."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    names: list[str] = []
    real = kernel_object.make_object

    def noted(kernel, settings, **options):
        names.append("library" if kernel is None else kernel.sym_name.data)
        return real(kernel, settings, **options)

    monkeypatch.setattr(kernel_object, "make_object", noted)
    return names


def image_of(text: str, machine: str = "8x8") -> Image:
    return compile_text(text, machine).image


def alone(module: ModuleOp, machine: str = "8x8") -> Image:
    return compile_module(module, load(machine))


def test_a_kernel_is_made_once_for_all_programs_that_have_it(made):
    image_of(program(0.0, 1.0, name="input"))
    assert made == ["library", "relu_24", "relu_24_1"]
    del made[:]
    again = compile_text(program(0.0, 2.0, 1.0, name="other"), "8x8")
    image = again.image
    assert made == ["relu_24_1", "relu_24_2"]  # that of 1.0 has another name now
    del made[:]
    assert image == alone(again.module)
    assert len(made) == 4


def test_what_is_read_back_is_what_was_made(made):
    first = image_of(program(0.5, 1.5))
    assert made
    del made[:]
    assert image_of(program(0.5, 1.5)) == first
    assert made == []
    assert {location.text.split(":")[0] for location in first.locations} == {
        "@relu_24", "@relu_24_1", "@relu_24_c0", "@relu_24_1_c0",
    }  # fmt: skip


def test_all_that_enters_the_code_is_in_the_key(made, monkeypatch):
    image_of(program(0.0))
    for change in ("floor", "size", "vlen", "special functions", "llvm", "code"):
        del made[:]
        if change == "llvm":
            monkeypatch.setattr(kernel_object.target, "version", lambda: "1.2.3")
        if change == "code":
            monkeypatch.setattr("npu.runtime.kept_objects.code_version", lambda _: "another")
        text = program(-0.0 if change == "floor" else 0.0, size=40 if change == "size" else 24)
        module = compile_text(text, "8x8").module
        machine = load("8x8")
        if change == "vlen":
            machine = load("tpuv3")
            assert machine.riscv_vlen_bits != load("8x8").riscv_vlen_bits
        special = "instruction" if change == "special functions" else "polynomial"
        compile_module(module, machine, special_functions=special, store=KeptObjects())
        assert made, f"another {change} is another kernel"


@pytest.mark.parametrize("damage", ["cut", "other", "nothing"])
def test_a_damaged_entry_is_made_anew(made, tmp_path, damage):
    image = image_of(program(0.0))
    entries = sorted((tmp_path / "objects").rglob("*.json"))
    assert len(entries) == 2
    for path in entries:
        text = path.read_text()
        entry = json.loads(text)
        entry["object"]["elf"] = entry["object"]["elf"].replace("A", "B")
        path.write_text({"cut": text[:-9], "other": json.dumps(entry), "nothing": ""}[damage])
    del made[:]
    with pytest.warns(CacheWarning, match="the code of kernels is generated again"):
        assert image_of(program(0.0)) == image
    assert made == ["library", "relu_24"]
    del made[:]
    assert image_of(program(0.0)) == image
    assert made == []


def test_a_folder_that_cannot_be_written_is_told_once(made, tmp_path):
    (tmp_path / "objects").write_text("a file")
    with pytest.warns(CacheWarning) as told:
        image_of(program(0.0, 1.0, 2.0))
    assert len([one for one in told if "cannot write" in str(one.message)]) == 1
    assert len(made) == 4


@pytest.mark.slow
def test_several_processes_fill_one_cache(tmp_path):
    script = (
        "import sys, hashlib; from npu.runtime.compiler import compile_text;"
        "image = compile_text(sys.stdin.read(), '8x8').image;"
        "print(hashlib.sha256(image.data).hexdigest())"
    )
    environment = os.environ | {CACHE_VARIABLE: str(tmp_path)}
    text = program(*range(6))
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    assert len({one.communicate(text)[0] for one in started}) == 1
    assert [one.returncode for one in started] == [0, 0, 0]
