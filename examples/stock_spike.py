"""Run the NPU's own instructions in the stock `spike` command: DMA, the systolic array, exit code.

    python examples/stock_spike.py            # prints the command and its exit code
    python examples/stock_spike.py 0 32768    # with vector registers of 32,768 bits

The program loads inputs and weights from DRAM to the scratchpad by DMA, streams them through the
array, stores the product by DMA and compares it with the expected words; docs/stock-spike.md
explains the steps. A first argument other than 0 is added to the expected words, to see it fail;
a second one is a VLEN from 8192 to 65536, wider than an ISA string can say.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import ModuleOp

from npu.codegen.compile import compile_module
from npu.codegen.device import MATMUL, PRELOAD
from npu.codegen.image import DRAM_BASE, SPAD_BASE, STACK_TOP
from npu.configs.loader import load
from npu.dialects.dma_descriptor import pack_descriptor
from npu.runtime.elf import Segment, write_elf
from npu.runtime.spike.library import library_path, spike_data
from npu.runtime.start_code import DIFFERS, Call, Comparison, start_code

try:
    import fdt
except ModuleNotFoundError:
    sys.exit("error: the package fdt is not installed: run `make build`, or `pip install fdt`")

M, K, N = 5, 7, 6
ISA = "rv64gcv_zvl256b_zvfh_zfh_zvfbfmin_zfbfmin_zba_zbb"
MEANINGS = {0: "the product is right", DIFFERS: "the product is wrong"}
START, TOHOST, DESCRIPTORS = 0x8700_0000, 0x8700_2000, 0x8700_3000
MEMORY = "-m0x80000000:0x9000000,0xd0000000:0x40000,0x100000000:0x10000"
INPUTS, WEIGHTS, RESULTS, EXPECTED = (DRAM_BASE + 0x1000 * i for i in range(4))
SPAD_INPUTS, SPAD_WEIGHTS, SPAD_RESULTS = (SPAD_BASE + 0x1000 * i for i in range(3))

# One property a line: the parser of `fdt` wants it so.
DEVICE_TREE = f"""/dts-v1/;
/ {{
  #address-cells = <2>;
  #size-cells = <2>;
  cpus {{
    #address-cells = <1>;
    #size-cells = <0>;
    timebase-frequency = <10000000>;
    cpu@0 {{
      device_type = "cpu";
      reg = <0>;
      status = "okay";
      compatible = "riscv";
      riscv,isa = "{ISA}";
      mmu-type = "riscv,sv57";
      interrupt-controller {{
        #interrupt-cells = <1>;
        interrupt-controller;
        compatible = "riscv,cpu-intc";
      }};
    }};
  }};
}};
"""


def rows(array: NDArray[np.float32], dram: int, spad: int) -> bytes:
    """The descriptor that moves a whole row-major array."""
    strides = array.strides
    return pack_descriptor(
        dram_address=dram, spad_address=spad, element_bytes=4, tag=0, size=array.shape,
        dram_stride_bytes=strides, spad_stride_bytes=strides,
    )  # fmt: skip


def program(expected_offset: float) -> bytes:
    """The ELF file, with `expected_offset` added to what it expects."""
    image = compile_module(ModuleOp([]), load("8x8"))  # the device library alone
    f = image.symbols
    inputs = np.arange(M * K, dtype=np.float32).reshape(M, K) / np.float32(8)
    weights = np.arange(K * N, dtype=np.float32).reshape(K, N) / np.float32(4)
    product = (inputs @ weights + np.float32(expected_offset)).astype(np.float32)
    moves = [
        rows(inputs, INPUTS, SPAD_INPUTS),
        rows(weights, WEIGHTS, SPAD_WEIGHTS),
        rows(product, RESULTS, SPAD_RESULTS),
    ]
    at = [DESCRIPTORS + 256 * i for i in range(len(moves))]
    calls = [
        Call(f["npu.dma.load"], (at[0],)),
        Call(f["npu.dma.load"], (at[1],)),
        Call(f["npu.dma.wait"], (0,)),
        Call(f[PRELOAD], (SPAD_WEIGHTS, 4 * N, K, N)),
        Call(f[MATMUL], (SPAD_INPUTS, 4 * K, SPAD_RESULTS, 4 * N, M, K, N, 0)),
        Call(f["npu.dma.store"], (at[2],)),
    ]
    comparison = Comparison(RESULTS, EXPECTED, M * N)
    start = start_code(calls, comparison, stack_top=STACK_TOP, tohost=TOHOST)
    dram = {INPUTS: inputs, WEIGHTS: weights, EXPECTED: product}
    segments = [
        Segment(image.base, image.data),
        Segment(START, start),
        Segment(TOHOST, bytes(16)),
        *(Segment(a, move) for a, move in zip(at, moves, strict=True)),
        *(Segment(a, values.tobytes()) for a, values in dram.items()),
    ]
    return write_elf(segments, START, {**f, "tohost": TOHOST, "fromhost": TOHOST + 8})


def main() -> int:
    """Builds the program, runs it, and returns spike's exit code."""
    offset = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    extension = f"npu_vlen{sys.argv[2]}" if len(sys.argv) > 2 else "npu"
    with tempfile.TemporaryDirectory() as folder:
        elf, blob = Path(folder) / "program.elf", Path(folder) / "machine.dtb"
        elf.write_bytes(program(offset))
        blob.write_bytes(fdt.parse_dts(DEVICE_TREE).to_dtb(version=17))
        command = [
            str(spike_data() / "bin" / "spike"), f"--extlib={library_path()}",
            f"--extension={extension}",
            f"--isa={ISA}", MEMORY, f"--dtb={blob}", str(elf),
        ]  # fmt: skip
        print(" ".join(command))
        code = subprocess.run(command, check=False, timeout=60).returncode
    print(f"exit code {code}: {MEANINGS.get(code, 'spike could not run, or the program trapped')}")
    return code


if __name__ == "__main__":
    sys.exit(main())
