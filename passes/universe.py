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


def _distribute() -> type[ModulePass]:
    from npu.passes.distribute import DistributePass  # noqa: PLC0415 (lazy: start-up time)

    return DistributePass


def _insert_dma() -> type[ModulePass]:
    from npu.passes.insert_dma import InsertDmaPass  # noqa: PLC0415 (lazy: start-up time)

    return InsertDmaPass


def _double_buffer() -> type[ModulePass]:
    from npu.passes.double_buffer import DoubleBufferPass  # noqa: PLC0415 (lazy: start-up time)

    return DoubleBufferPass


def _place() -> type[ModulePass]:
    from npu.passes.place import PlacePass  # noqa: PLC0415 (lazy: start-up time)

    return PlacePass


def _derive_tog() -> type[ModulePass]:
    from npu.passes.derive_tog import DeriveTogPass  # noqa: PLC0415 (lazy: start-up time)

    return DeriveTogPass


def _compile() -> type[ModulePass]:
    from npu.passes.pipeline import CompilePass  # noqa: PLC0415 (lazy: start-up time)

    return CompilePass


DIALECTS: dict[str, Callable[[], Dialect]] = {"npu": _npu, "tog": _tog}

PASSES: dict[str, Callable[[], type[ModulePass]]] = {
    "npu-group": _group,
    "npu-map": _map,
    "npu-tile": _tile,
    "npu-distribute": _distribute,
    "npu-insert-dma": _insert_dma,
    "npu-double-buffer": _double_buffer,
    "npu-place": _place,
    "npu-derive-tog": _derive_tog,
    "npu-compile": _compile,
}

UNIVERSE = Universe(all_dialects=DIALECTS, all_passes=PASSES)
