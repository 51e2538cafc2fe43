"""The entry point by which stock `xdsl-opt` and `npu-opt` find our dialects and passes."""

from collections.abc import Callable
from importlib import import_module

from xdsl.ir import Dialect
from xdsl.passes import ModulePass
from xdsl.universe import Universe


def _npu() -> Dialect:
    from npu.dialects.npu import Npu  # noqa: PLC0415 (lazy: start-up time)

    return Npu


def _tog() -> Dialect:
    from npu.dialects.tog import Tog  # noqa: PLC0415 (lazy: start-up time)

    return Tog


def _pass(module: str, name: str) -> Callable[[], type[ModulePass]]:
    """What loads pass `name` of `npu.passes.<module>` when asked (lazy: start-up time)."""

    def load() -> type[ModulePass]:
        found: type[ModulePass] = getattr(import_module(f"npu.passes.{module}"), name)
        return found

    return load


DIALECTS: dict[str, Callable[[], Dialect]] = {"npu": _npu, "tog": _tog}

PASSES: dict[str, Callable[[], type[ModulePass]]] = {
    "npu-group": _pass("group.group", "GroupPass"),
    "npu-map": _pass("map.map", "MapPass"),
    "npu-tile": _pass("tile.tile", "TilePass"),
    "npu-distribute": _pass("tile.distribute", "DistributePass"),
    "npu-insert-dma": _pass("dma.insert_dma", "InsertDmaPass"),
    "npu-double-buffer": _pass("dma.double_buffer", "DoubleBufferPass"),
    "npu-place": _pass("place.place", "PlacePass"),
    "npu-derive-tog": _pass("tog.derive_tog", "DeriveTogPass"),
    "npu-pad-channels": _pass("group.pad_channels", "PadChannelsPass"),
    "npu-compile": _pass("pipeline", "CompilePass"),
}

UNIVERSE = Universe(all_dialects=DIALECTS, all_passes=PASSES)
