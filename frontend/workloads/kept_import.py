"""Networks that were imported before: PyTorch is then not even started until values are wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from npu.frontend.imported import Argument, Array, Imported
from npu.runtime.cache_folder import cache_folder
from npu.runtime.code_version import code_version
from npu.runtime.entry_cache import EntryCache

KEYS = {"text", "arguments", "outputs"}


def import_cache() -> EntryCache:
    """The cache of imported networks in `NPU_CACHE_DIR`, or in the user's cache folder."""
    return EntryCache(
        cache_folder() / "imports",
        "cache of imports",
        "the network is imported again",
        "import",
        lambda value: isinstance(value, dict) and set(cast("dict[str, Any]", value)) == KEYS,
        1 << 24,
    )


def kept_import(kind: str, shape: tuple[int, ...], make: Callable[[], Imported]) -> Imported:
    """The network `kind` on an input of `shape`, which `make` imports.

    Its text does not depend on who asks, nor on the machine: it is kept by name, shape, and the
    compiler's and PyTorch's versions. Its values are made when they are asked for.
    """
    inputs = {"network": kind, "shape": list(shape), "code": code_version()}
    known = import_cache()
    found = known.get(inputs)
    if found is None:
        made = make()
        known.put(inputs, _kept(made))
        return made
    return _imported(found, make)


def _kept(program: Imported) -> dict[str, object]:
    """A program without its values."""
    arguments = [
        [one.name, one.is_input, one.is_rounded, one.type, one.is_constant]
        for one in program.arguments
    ]
    return {"text": program.text, "arguments": arguments, "outputs": program.output_types}


def _imported(found: dict[str, Any], make: Callable[[], Imported]) -> Imported:
    """The program that was kept, with values from `make`."""

    def value(position: int) -> Array:
        return make().arguments[position].value

    arguments = [
        Argument(name, lambda position=position: value(position), *others)
        for position, (name, *others) in enumerate(found["arguments"])
    ]
    return Imported(found["text"], tuple(arguments), tuple(found["outputs"]))
