"""Timing of tile functions and its cache."""

import dataclasses
import json
import struct
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from npu.codegen.image import IMAGE_BASE, SPAD_BASE, Image
from npu.configs.core_timing import CoreTiming
from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.runtime.entry_cache import CacheWarning
from npu.runtime.spike import Spike
from npu.runtime.tile_timing import TileOperand, TileTimer, place, time_tile_function
from npu.runtime.tile_timing.cycle_cache import TileTimingCache, tile_timing_cache

# f(address, n, other): n times { load from address; add }: a loop that takes n rounds of 2 cycles
#   ld t0, 0(a0) | addi a1, a1, -1 | bnez a1, -8 | sd t0, 0(a2) | ret
LOOP = [0x00053283, 0xFFF58593, 0xFE059CE3, 0x00563023, 0x00008067]


def image(words: list[int], digest: str = "0" * 64) -> Image:
    data = struct.pack(f"<{len(words)}I", *words)
    return Image(IMAGE_BASE, data, {"f": IMAGE_BASE}, {"f": len(data)}, {"f": digest})


def operands(count: int) -> list[TileOperand]:
    return [TileOperand(100, (count,)), TileOperand(8)]


@pytest.fixture(scope="module")
def machine() -> Machine:
    return load("8x8")


@pytest.fixture
def cache(tmp_path: Path) -> TileTimingCache:
    return tile_timing_cache(tmp_path / "cache")


def timed(
    machine: Machine, cache: TileTimingCache | None, count: int, digest: str = "0" * 64
) -> int:
    program = image(LOOP, digest)
    with Spike(machine) as spike:
        spike.load(program)
        return time_tile_function(
            spike, program, "f", operands(count), machine=machine, cache=cache
        )


def entries(cache: TileTimingCache) -> list[Path]:
    return sorted(path for path in cache.folder.rglob("*") if path.is_file())


def test_operands_are_placed_one_after_another():
    addresses = place([TileOperand(1), TileOperand(65), TileOperand(0), TileOperand(8)], 1 << 20)
    assert [a - SPAD_BASE for a in addresses] == [0, 64, 192, 192]
    with pytest.raises(UserError, match=r"take 128 bytes .* at most the scratchpad's 127"):
        place([TileOperand(1), TileOperand(1)], 127)


def test_cycles_follow_the_dynamic_size(machine: Machine):
    # A round: ld and addi at c, bnez at c + 1, the next round at c + 2. The last falls through:
    # with n rounds bnez is at 2n - 1, and sd and ret with it; sd is done one later.
    assert [timed(machine, None, n) for n in (1, 2, 5)] == [2, 4, 10]


def test_second_call_reads_the_cache(machine: Machine, cache: TileTimingCache):
    assert timed(machine, cache, 3) == 6
    (entry,) = entries(cache)
    text = entry.read_text()
    assert json.loads(text)["cycles"] == 6
    with Spike(machine) as spike:  # nothing is loaded: only the cache can answer
        timer = TileTimer(spike, image(LOOP), machine, cache)
        assert timer.cycles("f", operands(3)) == 6
    assert entry.read_text() == text


def test_key_holds_everything_the_figure_depends_on(machine: Machine, cache: TileTimingCache):
    timed(machine, cache, 3)
    timed(machine, cache, 4)
    timed(machine, cache, 3, digest="1" * 64)
    timed(dataclasses.replace(machine, riscv_vlen_bits=1024), cache, 3)
    timed(dataclasses.replace(machine, vpu_vector_length_bits=512), cache, 3)
    slow = CoreTiming(integer_latency=2)
    assert timed(dataclasses.replace(machine, core_timing=slow), cache, 3) == 9
    assert len(entries(cache)) == 6


def test_what_does_not_matter_shares_an_entry(machine: Machine, cache: TileTimingCache):
    timed(machine, cache, 3)
    timed(dataclasses.replace(machine, dram_latency=1 + (machine.dram_latency or 0)), cache, 3)
    assert len(entries(cache)) == 1


DAMAGES: dict[str, Callable[[str], str]] = {
    "figure": lambda text: text.replace('"cycles": 6', '"cycles": 5'),
    "half": lambda text: text[: len(text) // 2],
    "empty": lambda text: text[:0],
    "list": lambda text: f"[{text}]",
    "checksum": lambda text: text.replace('"checksum": "', '"checksum": "0'),
    "inputs": lambda text: text.replace("riscv_vlen_bits", "vlen"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_corrupted_entry_is_reported_and_made_anew(
    machine: Machine, cache: TileTimingCache, damage: str
):
    timed(machine, cache, 3)
    (entry,) = entries(cache)
    good = entry.read_text()
    entry.write_text(DAMAGES[damage](good))
    with pytest.warns(CacheWarning, match=f"corrupted cache entry {entry}"):
        assert timed(machine, cache, 3) == 6
    assert entry.read_text() == good
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert timed(machine, cache, 3) == 6


def test_a_whole_entry_of_something_else_is_corruption(machine: Machine, cache: TileTimingCache):
    """As a file that was copied to another's name: its own checksum is right."""
    cycles = timed(machine, cache, 5)
    (first,) = entries(cache)
    longer = timed(machine, cache, 50)
    assert longer > cycles
    (second,) = [path for path in entries(cache) if path != first]
    second.write_bytes(first.read_bytes())
    with pytest.warns(CacheWarning, match="discarded the corrupted cache entry"):
        assert timed(machine, cache, 50) == longer


def test_binary_rubbish_is_corruption_too(machine: Machine, cache: TileTimingCache):
    timed(machine, cache, 3)
    (entry,) = entries(cache)
    entry.write_bytes(b"\xff\xfe\0")
    with pytest.warns(CacheWarning, match="corrupted"):
        assert timed(machine, cache, 3) == 6


def test_folder_that_cannot_be_written_is_a_warning(machine: Machine, tmp_path: Path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.warns(CacheWarning, match="cannot write the tile timing cache"):
        assert timed(machine, tile_timing_cache(tmp_path / "cache"), 3) == 6


def test_environment_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path))
    assert tile_timing_cache().folder == tmp_path / "tile-timing"


def test_unknown_tile_function_is_named(machine: Machine):
    with Spike(machine) as spike, pytest.raises(UserError, match="no tile function 'g'; it has: f"):
        TileTimer(spike, image(LOOP), machine, None).cycles("g", [])
