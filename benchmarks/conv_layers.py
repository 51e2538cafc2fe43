"""The convolutions of ResNet-50 (batch 1, 224 x 224), each alone: cycles against their bound.

    python benchmarks/conv_layers.py [MACHINE [STRATEGY]]

prints the table of docs/mapping.md: the distinct layers, how often the network has each, the
strategy that the mapping chose (or STRATEGY for all that it suits), cycles, the two bounds, and
cycles over the larger one. The bounds know nothing of tiles:

    arrays   ceil(IC * K * K / L) * ceil(OC / L) weight tiles, each loaded once, in max(L, pixels)
             cycles, over the machine's arrays: as if all taps of a pixel lay side by side
    DRAM     the rows of the input that are read, the weights and the result, each moved once, at
             the peak of the bandwidth
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.dialects.npu import KernelOp
from npu.frontend.workloads.conv import conv
from npu.passes.map.device import device_of
from npu.passes.map.strategies import AUTO
from npu.runtime.compiler import compile_text
from npu.runtime.progress import StageClock
from npu.runtime.session import simulate_program

STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
"""Width inside the blocks of each stage, and blocks."""


@dataclass(frozen=True)
class Layer:
    """A convolution of one image (channels, size, size)."""

    size: int
    inputs: int
    outputs: int
    kernel: int
    stride: int

    @property
    def padding(self) -> int:
        """That of a kernel which keeps the size."""
        return self.kernel // 2

    @property
    def result_size(self) -> int:
        """Rows, and columns, of the result."""
        return (self.size + 2 * self.padding - self.kernel) // self.stride + 1

    @property
    def numbers(self) -> tuple[int, ...]:
        """Those of the workload's name."""
        sizes = (1, self.size, self.size, self.inputs, self.outputs)
        return (*sizes, self.kernel, self.stride, self.padding)

    def array_cycles(self, machine: Machine) -> float:
        """Cycles that the arrays need at least."""
        size = machine.array_size
        tiles = -(-self.inputs * self.kernel**2 // size) * -(-self.outputs // size)
        return tiles * max(size, self.result_size**2) / machine.num_systolic_array_per_core

    def dram_bytes(self) -> int:
        """Bytes that have to move."""
        rows = min(self.size, self.result_size * self.kernel)
        weights = self.inputs * self.outputs * self.kernel**2
        result = self.outputs * self.result_size**2
        return 4 * (self.inputs * rows * self.size + weights + result)


def layers() -> Iterator[Layer]:
    """All convolutions, in the order of the network."""
    yield Layer(224, 3, 64, 7, 2)
    channels, size = 64, 56
    for number, (width, blocks) in enumerate(STAGES):
        for block in range(blocks):
            stride = 2 if number > 0 and block == 0 else 1
            yield Layer(size, channels, width, 1, 1)
            yield Layer(size, width, width, 3, stride)
            if block == 0:
                yield Layer(size, channels, 4 * width, 1, stride)
            size //= stride
            yield Layer(size, width, 4 * width, 1, 1)
            channels = 4 * width


def row(layer: Layer, count: int, machine: Machine, strategy: str) -> str:
    """One line of the table."""
    program, _ = conv(*layer.numbers)
    try:
        compiled = compile_text(program.text, machine, conv_strategy=strategy)
    except UserError:
        compiled = compile_text(program.text, machine)
    mapping = next(op.mapping for op in compiled.module.ops if isinstance(op, KernelOp))
    assert mapping is not None
    cycles = simulate_program(compiled, StageClock()).total_cycles
    array = layer.array_cycles(machine)
    dram = layer.dram_bytes() / device_of(machine).dram_bytes_per_cycle
    ratio = cycles / max(array, dram)
    tiles = " ".join(f"{loop.dim} {loop.tile}" for loop in mapping.data.loops.values())
    chosen = (mapping.data.strategy or "product", tiles)
    figures = (f"{cycles:,}", f"{array:,.0f}", f"{dram:,.0f}", f"{ratio:.2f}")
    name = f"`conv_{'x'.join(map(str, layer.numbers))}`"
    return f"| {' | '.join((name, str(count), *chosen, *figures))} |"


def main() -> None:
    """Prints the table."""
    machine = load(sys.argv[1] if len(sys.argv) > 1 else "tpuv3")
    strategy = sys.argv[2] if len(sys.argv) > 2 else AUTO
    print("| layer | times | strategy | tile | cycles | arrays | DRAM | over its bound |")
    print("|---|---|---|---|---|---|---|---|")
    for layer, count in Counter(layers()).items():
        print(row(layer, count, machine, strategy), flush=True)


if __name__ == "__main__":
    main()
