"""Launches whose times can be worked out in one's head.

All clocks run at 1000 MHz, so that a nanosecond is a cycle. A launch's work item is one call of a
tile function. A core that begins a launch in cycle s decodes the first item in s and starts it in
s + 1; the items of a core run one after the other. So k items of c cycles end at s + 1 + k * c, and
in that very cycle the core begins its next launch.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.configs.machine_keys import Scheduler
from npu.togsim.graph import (
    VERSION,
    Access,
    Buffer,
    Const,
    Iv,
    Kernel,
    Launch,
    Loop,
    Program,
    TileFunction,
    Vector,
)

_PLAIN = replace(load("8x8"), core_freq_mhz=1000, dram_freq_mhz=1000, icnt_freq_mhz=1000)


class Toy:
    """Makes small machines and programs."""

    def machine(
        self, queues: Sequence[int] = (0,), scheduler: Scheduler = "fifo", **changes: object
    ) -> Machine:
        """A machine whose core i is on queue `queues[i]`."""
        return replace(
            _PLAIN,
            num_cores=len(queues),
            num_partition=max(queues) + 1,
            partition=tuple((f"core_{i}", queue) for i, queue in enumerate(queues)),
            scheduler=scheduler,
            **changes,
        )

    def kernel(self, items: int = 1, cycles: int = 10) -> Kernel:
        """`items` work items of `cycles` cycles each."""
        return self.kernel_of([cycles] * items)

    def kernel_of(self, cycles: Sequence[int]) -> Kernel:
        """Work item i takes `cycles[i]` cycles."""
        item = Vector("f", (Iv("w"),), (), (Access("x", Const(0), (Const(0),), (Const(8),)),))
        return Kernel(
            name="k",
            arguments=(),
            buffers=(Buffer("x", 1, (8,), 4, 0),),
            functions=(TileFunction("f", {(i,): c for i, c in enumerate(cycles)}),),
            body=(Loop("w", 0, len(cycles), 1, (item,), parallel=True),),
        )

    def program(self, *launches: tuple[Kernel, Launch]) -> Program:
        """Launches, each with its kernel: the `kernel` number of the launch is filled in."""
        return Program(
            version=VERSION,
            tensors=(),
            kernels=tuple(kernel for kernel, _ in launches),
            launches=tuple(replace(one, kernel=i) for i, (_, one) in enumerate(launches)),
        )


@pytest.fixture(scope="session")
def toy() -> Toy:
    return Toy()
