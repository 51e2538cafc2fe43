"""Which operation code comes from: in images, and in the messages of traps."""

import dataclasses
import re

import pytest
from xdsl.dialects.builtin import ModuleOp

from npu.codegen.compile import compile_module, emit_llvm
from npu.codegen.device import DMA_STUBS
from npu.codegen.digest import digests
from npu.codegen.image import DRAM_BASE
from npu.codegen.kernel_object import Settings, SpecialFunctions, make_object
from npu.codegen.link import link
from npu.codegen.object_file import RelocatableObject, read_object
from npu.configs.machine import Machine
from npu.dialects.isa import dma_stub
from npu.dialects.npu import KernelOp
from npu.runtime.spike.spike import Spike
from npu.runtime.spike.trap import SpikeTrap

BUFFER = 'memref<1x16x16xf32, "spad">'
TILE = 'memref<16x16xf32, strided<[16, 1]>, "spad">'
DRAM = "memref<16x16xf32>"
BODY = f"""
    npu.compute @add_tile ins(%x_tile : {TILE}) outs(%y_tile : {TILE}) {{
    ^bb0(%x_in: {TILE}, %y_out: {TILE}):
      linalg.generic {{indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>,
          affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}}
          ins(%x_in : {TILE}) outs(%y_out : {TILE}) {{
      ^bb0(%p: f32, %q: f32):
        %sum = arith.addf %p, %p : f32
        linalg.yield %sum : f32
      }}
      npu.yield
    }}"""
LOAD = f"""%loaded = npu.dma_load %x[0, 0] sizes [16, 16] to %x_tile : {DRAM} to {TILE}
    npu.wait %loaded"""
ARRAY = f"""
    %w = npu.preload %x_tile : {TILE}
    npu.matmul %x_tile, %w into %y_tile : {TILE}, {TILE}"""


def kernel_text(*parts: str, name: str = "k") -> str:
    """A kernel of `parts`, with tiles %x_tile at 0 and %y_tile at 2 MiB of the scratchpad."""
    lines = [f"npu.kernel @{name}(%x: {DRAM}) {{"]
    for tile, offset in (("x", 0), ("y", 2 << 20)):
        lines += [
            f"%{tile}_buffer = npu.alloc {{offset = {offset} : i64}} : {BUFFER}",
            f"%{tile}_tile = memref.subview %{tile}_buffer[0, 0, 0] [1, 16, 16] [1, 1, 1] :",
            f"{BUFFER} to {TILE}",
        ]
    return "\n".join([*lines, *parts, "npu.return", "}"])


@pytest.fixture
def compiled(parse, machine):
    return lambda *parts: compile_module(parse(kernel_text(*parts)), machine())


def objects_without_locations(
    module: ModuleOp, machine: Machine, special: SpecialFunctions = "polynomial"
) -> list[RelocatableObject]:
    """The device library and the one kernel of a module."""
    (kernel,) = (op for op in module.ops if isinstance(op, KernelOp))
    settings = Settings(machine.riscv_vlen_bits, special)
    made = [make_object(one, settings, has_locations=False) for one in (None, kernel)]
    return [read_object(one.elf) for one in made]


def trapped(image, machine, *, reserve=True) -> tuple[str, int]:
    """The message and the pc of the trap in a call of `k`."""
    with Spike(machine) as spike:
        spike.load(image)
        if reserve:
            spike.reserve(DRAM_BASE, 4096)
        with pytest.raises(SpikeTrap) as caught:
            spike.call("k", [0, 1, DRAM_BASE])
    assert caught.value.state is not None
    return str(caught.value), caught.value.state.pc


def place(message: str, text: str) -> int:
    """The pc in the line of `message` for the operation `text`."""
    (line,) = [line for line in message.splitlines() if line.startswith(f"  at {text} (pc ")]
    return int(line.rpartition("(pc ")[2][:-1], 16)


def test_a_transfer_out_of_range_names_the_load(compiled, machine) -> None:
    image = compiled(LOAD)
    message, pc = trapped(image, machine(), reserve=False)
    assert f"pc {pc:#x} in function 'npu.dma.load'" in message
    call = place(message, "@k: npu.dma_load %x[0, 0] to %x_tile")
    assert image.symbol_at(call) == "k"


def test_a_preload_larger_than_the_array_names_the_preload(compiled, machine) -> None:
    message, pc = trapped(compiled(LOAD, ARRAY), machine(lanes=8))
    assert f"pc {pc:#x} in function 'npu_preload'" in message
    assert place(message, "@k: npu.preload %x_tile") != pc


def test_a_matmul_without_weights_names_the_matmul(compiled, machine) -> None:
    image = compiled(LOAD, ARRAY)
    data = bytearray(image.data)
    at = image.symbols["npu_preload"] - image.base
    data[at : at + 2] = bytes.fromhex("8280")  # c.ret: no weights reach the array
    broken = dataclasses.replace(image, data=bytes(data))
    message, _ = trapped(broken, machine())
    place(message, "@k: npu.matmul %x_tile, %w into %y_tile")


def test_a_tile_function_outside_memory_names_its_operation_and_its_call(compiled, machine) -> None:
    small = dataclasses.replace(machine(), vpu_spad_size_kb_per_lane=1)
    image = compiled(LOAD, BODY)
    message, pc = trapped(image, small)
    assert "store to an address where there is no memory" in message
    inner = "@add_tile: linalg.generic ins(%x_in) outs(%y_out): arith.addf"
    assert place(message, inner) == pc
    outer = place(message, "@k: npu.compute @add_tile ins(%x_tile) outs(%y_tile)")
    assert image.symbol_at(outer) == "k"
    assert len(message.splitlines()) == 3


def test_a_stopped_program_names_where_it_was(compiled, machine) -> None:
    with Spike(machine()) as spike:
        spike.load(compiled(LOAD, BODY))
        spike.reserve(DRAM_BASE, 4096)
        steps = spike.call("k", [0, 1, DRAM_BASE])
        places = set()
        for budget in range(1, steps - 1):
            with pytest.raises(SpikeTrap) as caught:
                spike.call("k", [0, 1, DRAM_BASE], budget=budget)
            places |= set(re.findall(r"\n  at (@\w+: \S+)", str(caught.value)))
    assert places == {
        "@k: npu.dma_load",
        "@k: npu.wait",
        "@k: npu.compute",
        "@add_tile: linalg.generic",
    }


@pytest.mark.parametrize("parts", [(LOAD,), (LOAD, ARRAY), (LOAD, ARRAY, BODY)])
def test_locations_change_neither_code_nor_digests(parts, parse, machine) -> None:
    module = parse(kernel_text(*parts))
    image = compile_module(module, machine())
    library, plain = objects_without_locations(module, machine())
    linked = link([library, plain], {name: dma_stub(name) for name in DMA_STUBS})
    assert linked.data == image.data
    assert linked.addresses == image.symbols
    assert digests(plain, list(image.digests)) == image.digests
    assert compile_module(parse(kernel_text(*parts)), machine()) == image


@pytest.mark.parametrize("special", ["polynomial", "instruction"])
def test_locations_do_not_change_a_large_tile_function(
    special, parse, machine, kernel, generic
) -> None:
    tiles = ["in 37x131 of 40x150 dynamic 0,1", "in 131", "out 37x131 of 40x150 dynamic 0,1"]
    body = """%b = arith.addf %x, %y : f32
        %e = math.erf %b : f32
        %t = math.tanh %e : f32
        %p = math.exp %t : f32
        %m = arith.mulf %p, %b : f32
        linalg.yield %m : f32"""
    maps = "d0, d1; d1; d0, d1"
    module = parse(kernel(tiles, generic(tiles, "0 1 -> 2", maps, "pp", "%x %y %o", body)))
    image = compile_module(module, machine(), special_functions=special)
    library, obj = objects_without_locations(module, machine(), special)
    assert link([library, obj], {name: dma_stub(name) for name in DMA_STUBS}).data == image.data
    assert digests(obj, ["f"]) == image.digests


def test_locations_lie_in_their_functions_and_in_order(parse, machine) -> None:
    text = kernel_text(LOAD, ARRAY, BODY) + kernel_text(LOAD, name="second")
    image = compile_module(parse(text), machine())
    assert image.location_at(image.symbols["npu_preload"]) is None
    assert image.location_at(image.base - 1) is None
    ends = [0]
    for location in image.locations:
        assert ends[-1] <= location.start < location.end
        ends.append(location.end)
        function = location.text.partition(":")[0].removeprefix("@")
        assert image.symbol_at(location.start) == image.symbol_at(location.end - 1) == function
        assert image.location_at(location.end - 1) == location.text
    assert any(location.text.startswith("@second: npu.dma_load") for location in image.locations)


def test_calls_are_found_by_their_return_address(compiled) -> None:
    image = compiled(LOAD, BODY)
    end = image.base + len(image.data)
    calls = [image.call_before(address) for address in range(image.base, end + 16, 2)]
    assert [c.function for c in calls if c is not None] == [
        "npu.dma.load",
        "npu.dma.wait",
        "add_tile",
    ]
    assert all(c is None or image.symbol_at(c.address) == "k" for c in calls)
    texts = [image.location_at(c.address) for c in calls if c is not None]
    starts = ("@k: npu.dma_load", "@k: npu.wait", "@k: npu.compute")
    assert all(t is not None and t.startswith(s) for t, s in zip(texts, starts, strict=True))
    assert image.call_before(0) is None


def test_long_operations_are_shortened(parse, machine) -> None:
    image = compile_module(
        parse(kernel_text(LOAD).replace("%x_tile", "%" + "long" * 40)), machine()
    )
    (found,) = [entry.text for entry in image.locations if "dma_load" in entry.text]
    assert found.startswith("@k: npu.dma_load %x[0, 0] to %longlong")
    assert found.endswith("...")
    assert len(found) == len("@k: ") + 120


def test_the_listing_for_people_has_no_debug_metadata(parse, machine) -> None:
    assert "!dbg" not in emit_llvm(parse(kernel_text(LOAD)), machine())
