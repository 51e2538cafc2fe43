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


def _group() -> type[ModulePass]:
    from npu.passes.group import GroupPass  # noqa: PLC0415 (lazy: start-up time)

    return GroupPass


def _map() -> type[ModulePass]:
    from npu.passes.map import MapPass  # noqa: PLC0415 (lazy: start-up time)

    return MapPass


def _tile() -> type[ModulePass]:
    from npu.passes.tile import TilePass  # noqa: PLC0415 (lazy: start-up time)

    return TilePass


DIALECTS: dict[str, Callable[[], Dialect]] = {"npu": _npu, "tog": _tog}

PASSES: dict[str, Callable[[], type[ModulePass]]] = {
    "npu-group": _group,
    "npu-map": _map,
    "npu-tile": _tile,
}

UNIVERSE = Universe(all_dialects=DIALECTS, all_passes=PASSES)
