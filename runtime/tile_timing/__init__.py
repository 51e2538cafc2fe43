"""Cycles of tile functions: run one on the timing processor, and remember the figure.

    with Spike(machine) as spike:
        spike.load(image)
        cycles = TileTimer(spike, image, machine, tile_timing_cache()).cycles(
            "matmul_0_c0", [TileOperand(896), TileOperand(229_376, (256, 224))]
        )

A tile function is timed once for each set of dynamic sizes. Its operands lie in the scratchpad one
after another, aligned as `npu-place` aligns buffers (what fits when placed fits here too), filled
with zeros, so the figure depends on nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache

from npu.codegen.image import SPAD_BASE, Image
from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.dialects.npu.attrs import SPAD_ALIGNMENT
from npu.runtime.spike.library import library_path
from npu.runtime.spike.spike import Spike
from npu.runtime.tile_timing.cycle_cache import TileTimingCache


@dataclass(frozen=True)
class TileOperand:
    """A memref operand of a tile function: the bytes it spans, and its dynamic sizes in order."""

    nbytes: int
    dynamic_sizes: tuple[int, ...] = ()


@cache
def model_version() -> str:
    """The digest of the library with the timing model: another model never reuses a figure."""
    return hashlib.sha256(library_path().read_bytes()).hexdigest()


def timing_inputs(
    machine: Machine, digest: str, operands: Sequence[TileOperand]
) -> Mapping[str, object]:
    """Everything a figure depends on, as plain data: the content key of the cache."""
    return {
        "function": digest,
        "model": model_version(),
        "core_timing": asdict(machine.core_timing),
        "datapath_bits": machine.datapath_bits,
        "vpu_num_lanes": machine.vpu_num_lanes,
        "riscv_vlen_bits": machine.riscv_vlen_bits,
        "operands": [[operand.nbytes, *operand.dynamic_sizes] for operand in operands],
    }


def place(operands: Sequence[TileOperand], spad_bytes: int) -> list[int]:
    """The scratchpad address of each operand. Raises `UserError` when they do not fit together."""
    addresses: list[int] = []
    end = SPAD_BASE
    for operand in operands:
        addresses.append(end)
        end += -(-operand.nbytes // SPAD_ALIGNMENT) * SPAD_ALIGNMENT
    if end > SPAD_BASE + spad_bytes:
        raise UserError(
            f"the operands of one tile function take {end - SPAD_BASE} bytes (each rounded up to "
            f"{SPAD_ALIGNMENT}), expected at most the scratchpad's {spad_bytes}: use smaller "
            "tiles"
        )
    return addresses


@dataclass(frozen=True)
class TileTimer:
    """Times the tile functions of one loaded image. `cache` None times every time."""

    spike: Spike
    image: Image
    machine: Machine
    cache: TileTimingCache | None

    def cycles(self, name: str, operands: Sequence[TileOperand]) -> int:
        """Core cycles of the tile function `name` on such operands, at least 1.

        Raises `UserError` for a name that is no tile function of the image, `SpikeTrap` when it
        traps.
        """
        if name not in self.image.digests:
            known = ", ".join(sorted(self.image.digests)) or "none"
            raise UserError(f"the program has no tile function '{name}'; it has: {known}")
        inputs = timing_inputs(self.machine, self.image.digests[name], operands)
        if self.cache is None:
            return self._measure(name, operands)
        known_cycles = self.cache.get(inputs)
        if known_cycles is not None:
            return known_cycles
        cycles = self._measure(name, operands)
        self.cache.put(inputs, cycles)
        return cycles

    def _measure(self, name: str, operands: Sequence[TileOperand]) -> int:
        arguments: list[int] = []
        addresses = place(operands, self.machine.spad_bytes)
        for operand, address in zip(operands, addresses, strict=True):
            if operand.nbytes:
                self.spike.view(address, operand.nbytes)[:] = 0
            arguments += [address, *operand.dynamic_sizes]
        return self.spike.time_call(name, arguments)


def time_tile_function(
    spike: Spike,
    image: Image,
    name: str,
    operands: Sequence[TileOperand],
    *,
    machine: Machine,
    cache: TileTimingCache | None = None,
) -> int:
    """Cycles of one tile function; see `TileTimer.cycles`."""
    return TileTimer(spike, image, machine, cache).cycles(name, operands)
