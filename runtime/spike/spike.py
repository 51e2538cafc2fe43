"""One simulated core in this process: load an image, call its functions, read memory."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from npu.codegen.image import DRAM_BASE, IMAGE_BASE, SPAD_BASE, STACK_TOP, Image
from npu.configs.errors import UserError
from npu.configs.machine import Machine
from npu.runtime.pieces import copy_in_pieces
from npu.runtime.spike import binding, trap

STACK_BASE = 0x8800_0000
DRAM_CAPACITY = 1 << 40
"""Address space reserved for DRAM tensors unless told otherwise; only what is used takes memory."""

INSTRUCTION_BUDGET = 20_000_000_000
"""Instructions after which a call is taken for an endless loop: minutes at Spike's speed."""

_EXPLANATION_BYTES = 256

_STOP_SECONDS = 0.05
"""Time to wait for a core to stop before telling it again."""

_STOP_ATTEMPTS = 400
"""Twenty seconds: a signal in the very moment of a thread's start leaves no core to wait for."""


def _parameters(machine: Machine, dram_bytes: int) -> binding.Parameters:
    """What the C++ core needs of the machine."""
    return binding.Parameters(
        map=binding.MemoryMap(
            image_base=IMAGE_BASE,
            image_capacity=STACK_BASE - IMAGE_BASE,
            stack_base=STACK_BASE,
            stack_bytes=STACK_TOP - STACK_BASE,
            spad_base=SPAD_BASE,
            spad_bytes=machine.spad_bytes,
            dram_base=DRAM_BASE,
            dram_capacity=max(1, dram_bytes),
        ),
        vlen_bits=machine.riscv_vlen_bits,
        lanes=machine.vpu_num_lanes,
        datapath_bits=machine.vpu_num_lanes * machine.vpu_vector_length_bits,
        timing=binding.Timing(**asdict(machine.core_timing)),
    )


class Spike:
    """A core of `machine` with the memory of docs/design.md section 3; a context manager.

    Memory persists between calls. The image and DRAM ranges grow as they are written; the
    scratchpad and the stack are there from the start, all zero. The array keeps its state between
    calls unless a call trapped.
    """

    def __init__(self, machine: Machine, *, dram_bytes: int = DRAM_CAPACITY) -> None:
        """`dram_bytes`: address space to reserve for DRAM; a limit on it (`ulimit -v`) counts that.

        Raises `UserError` when the libraries or the host's memory are not there.
        """
        self._library = binding.functions()
        self._image: Image | None = None
        text = ctypes.create_string_buffer(_EXPLANATION_BYTES)
        parameters = _parameters(machine, dram_bytes)
        self._handle: int | None = self._library.npu_spike_create(
            ctypes.byref(parameters), text, _EXPLANATION_BYTES
        )
        if self._handle is None:
            raise UserError(f"Spike cannot start: {text.value.decode()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Frees the core; views of its memory must not be used any more."""
        if self._handle is not None:
            self._library.npu_spike_destroy(self._handle)
        self._handle = None

    def load(self, image: Image) -> None:
        """Puts the image at its base, in place of the one before, and names its functions."""
        if self._image is not None:
            self.view(self._image.base, len(self._image.data))[:] = 0
        self.write(image.base, image.data)
        self._library.npu_spike_flush(self._open())
        self._image = image

    def write(
        self, address: int, data: bytes | bytearray | memoryview | NDArray[np.generic]
    ) -> None:
        """Copies `data` (C order) to `address`; the image and DRAM ranges grow to hold it."""
        source = np.frombuffer(
            np.ascontiguousarray(data) if isinstance(data, np.ndarray) else data, np.uint8
        )
        copy_in_pieces(self.reserve(address, source.nbytes), source)

    def read(self, address: int, nbytes: int) -> bytes:
        """A copy of `nbytes` bytes at `address`."""
        return self.view(address, nbytes).tobytes()

    def view(self, address: int, nbytes: int) -> NDArray[np.uint8]:
        """The memory itself, not a copy, valid until `close`. Raises `UserError` outside memory."""
        return self._bytes(address, nbytes, ensure=False)

    def reserve(self, address: int, nbytes: int) -> NDArray[np.uint8]:
        """As `view`, after making the bytes exist (zero) if they are in the image or DRAM range."""
        return self._bytes(address, nbytes, ensure=True)

    def call(
        self,
        function: str | int,
        arguments: Sequence[int] = (),
        *,
        budget: int = INSTRUCTION_BUDGET,
    ) -> int:
        """Calls a function with 64-bit integers; returns the number of instructions executed.

        Raises `SpikeTrap` when it traps or runs past `budget` instructions.
        """
        return self._call(function, arguments, budget, timed=False).instructions

    def time_call(
        self,
        function: str | int,
        arguments: Sequence[int] = (),
        *,
        budget: int = INSTRUCTION_BUDGET,
    ) -> int:
        """Calls a function as `call` does and returns its cycles by the timing model, at least 1.

        A function that uses the DMA engine or the array raises `SpikeTrap`: those are timed by the
        system simulator.
        """
        return self._call(function, arguments, budget, timed=True).cycles

    @property
    def dma_bytes(self) -> int:
        """Bytes the DMA engine has moved so far."""
        return self._library.npu_spike_dma_bytes(self._open())

    @property
    def multiply_accumulates(self) -> int:
        """Multiply-accumulates the array has done so far."""
        return self._library.npu_spike_multiply_accumulates(self._open())

    def _open(self) -> int:
        if self._handle is None:
            raise ValueError("this Spike is closed")
        return self._handle

    def _bytes(self, address: int, nbytes: int, *, ensure: bool) -> NDArray[np.uint8]:
        handle = self._open()
        pointer = self._library.npu_spike_pointer(handle, address, nbytes, int(ensure))
        if not pointer:
            raise UserError(
                f"no memory of the RISC-V program at {address:#x} for {nbytes} bytes; expected "
                f"the image at {IMAGE_BASE:#x}, the scratchpad at {SPAD_BASE:#x} or DRAM at "
                f"{DRAM_BASE:#x}"
            )
        return np.ctypeslib.as_array((ctypes.c_uint8 * nbytes).from_address(pointer))

    def _stoppable(self, work: Callable[[], None]) -> None:
        """Works on a thread of its own, since Python hears Ctrl-C only between its instructions.

        An exception that a signal raises stops the core before it goes on.
        """
        done = threading.Event()  # an interrupted Thread.join takes the thread for finished

        def work_and_tell() -> None:
            try:
                work()
            finally:
                done.set()

        thread = threading.Thread(target=work_and_tell)
        try:
            thread.start()
            done.wait()
        except BaseException:
            for _ in range(_STOP_ATTEMPTS):  # a stop before the call begins has no effect
                self._library.npu_spike_stop(self._handle)
                if done.wait(_STOP_SECONDS):
                    break
            raise

    def _address(self, function: str | int) -> int:
        if isinstance(function, int):
            return function
        if self._image is None or function not in self._image.symbols:
            known = ", ".join(sorted(self._image.symbols)) if self._image else "no image is loaded"
            raise UserError(f"the program has no function '{function}'; it has: {known}")
        return self._image.symbols[function]

    def _call(
        self, function: str | int, arguments: Sequence[int], budget: int, *, timed: bool
    ) -> binding.Result:
        handle, address = self._open(), self._address(function)
        values = (ctypes.c_uint64 * len(arguments))(*(a & (1 << 64) - 1 for a in arguments))
        result = binding.Result()
        self._stoppable(
            lambda: self._library.npu_spike_call(
                handle, address, values, len(arguments), budget, int(timed), ctypes.byref(result)
            )
        )
        if result.status == binding.RETURNED:
            return result
        called = function if isinstance(function, str) else f"{function:#x}"
        if result.status == binding.OVER_BUDGET:
            raise trap.over_budget(result.pc, result.return_address, budget, self._image, called)
        text: bytes = self._library.npu_spike_last_error(handle, int(timed))
        custom = result.cause in {cause.code for cause in trap.TRAP_CAUSES}
        explanation = text.decode() if custom else ""
        state = trap.TrapState(
            result.cause,
            result.pc,
            result.value,
            result.instruction,
            result.return_address,
            explanation,
        )
        raise trap.trap(state, self._image, called)
