"""The entry point by which stock `xdsl-opt` and `npu-opt` find our dialects and passes."""

from collections.abc import Callable

from xdsl.ir import Dialect
from xdsl.passes import ModulePass
from xdsl.universe import Universe


def _npu() -> Dialect:
    from npu.dialects.npu import Npu  # noqa: PLC0415 (lazy: start-up time)

    return Npu


def _tog() -> Dialect:
    from npu.dialects.tog import Tog  # noqa: PLC0415 (lazy: start-up time)

    return Tog


DIALECTS: dict[str, Callable[[], Dialect]] = {"npu": _npu, "tog": _tog}

PASSES: dict[str, Callable[[], type[ModulePass]]] = {}

UNIVERSE = Universe(all_dialects=DIALECTS, all_passes=PASSES)
