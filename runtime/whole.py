"""What a report says of the whole model: all was simulated and checked, or what was not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from xdsl.dialects.builtin import MemRefType, ModuleOp
from xdsl.ir import BlockArgument

from npu.dialects.dram_tensors import buffer_behind, element_bytes
from npu.dialects.npu import LaunchOp
from npu.runtime.main_function import main_function, outputs_of
from npu.runtime.value_check import ValueCheck
from npu.togsim.report.result import Result


@dataclass(frozen=True)
class Whole:
    """The model in figures."""

    operators: int
    """Different PyTorch operators that launches come from."""

    launches: int
    kernels: int
    """Different ones."""

    flops: int
    """Operations on floats that stage 0 says; a product that is added is two."""

    dram_bytes: int | None
    """What the channels moved; None when nothing was simulated."""

    constants: int
    """Arguments that were computed at import, and their bytes."""

    constant_bytes: int

    missing: tuple[str, ...]
    """What was not simulated, not checked, or not computed."""

    def to_dict(self) -> dict[str, object]:
        """JSON-ready values."""
        return {**asdict(self), "missing": list(self.missing)}

    @property
    def line(self) -> str:
        """All of it in one line."""
        operators = _counted(self.operators, "PyTorch operator")
        launches = _counted(self.launches, "launch", "launches")
        figures = f"{operators} in {launches} of {_counted(self.kernels, 'kernel')}"
        moved = "" if self.dram_bytes is None else f", {self.dram_bytes:,} bytes of DRAM"
        parts = [f"{figures}, {self.flops:,} FLOPs{moved}"]
        if self.constants:
            many = _counted(self.constants, "constant")
            parts.append(f"{many} of {self.constant_bytes:,} bytes computed at import")
        return "; ".join((*parts, *(self.missing or ("all simulated, all checked",))))


def whole_of(
    module: ModuleOp,
    flops: int,
    constants: Sequence[int],
    check: ValueCheck | None,
    simulation: Result | None,
) -> Whole:
    """Of a module in final form; ``constants`` are the positions of arguments made at import."""
    main = main_function(module)
    launches = [op for op in main.body.walk() if isinstance(op, LaunchOp)]
    kernels = [launch.kernel.root_reference.data for launch in launches]
    types = [cast("MemRefType[Any]", main.args[position].type) for position in constants]
    channels = None if simulation is None else simulation.channels
    return Whole(
        len({name for launch in launches for name in launch.origin.torch_ops}),
        len(launches),
        len(set(kernels)),
        flops,
        None if channels is None else sum(channel.bytes for channel in channels),
        len(types),
        sum(type_.element_count() * element_bytes(type_) for type_ in types),
        tuple(_missing(module, kernels, check, simulation)),
    )


def _missing(
    module: ModuleOp, kernels: Sequence[str], check: ValueCheck | None, simulation: Result | None
) -> Iterator[str]:
    """What a report does not say, in words."""
    if simulation is None:
        yield "cycles not simulated"
    else:
        simulated = [launch.kernel for launch in simulation.launches]
        if simulated != list(kernels):
            yield f"{len(simulated)} of {len(kernels)} launches simulated"
    if check is None:
        yield "values not checked"
    elif len(check.kernels) != len(kernels):
        yield f"{len(check.kernels)} of {len(kernels)} launches checked"
    for number, value in enumerate(outputs_of(main_function(module))):
        if isinstance(buffer_behind(value), BlockArgument):
            yield f"output {number} is an argument, which nothing computes"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
