"""Objects of kernels that were compiled before, for any program that has the same kernel."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, cast

from npu.codegen.kernel_object import KernelObject
from npu.runtime.cache_folder import cache_folder
from npu.runtime.code_version import CODE_GENERATOR, code_version
from npu.runtime.entry_cache import EntryCache

MOST_BYTES = 1 << 25
"""The largest entry: the object of a kernel is some 10 KB."""


class KeptObjects:
    """An `ObjectStore` in `NPU_CACHE_DIR`, or in the user's cache folder."""

    def __init__(self) -> None:
        self._cache = EntryCache(
            cache_folder() / "objects",
            "cache of kernels",
            "the code of kernels is generated again",
            "object",
            _is_object,
            MOST_BYTES,
        )

    def get(self, inputs: Mapping[str, object]) -> KernelObject | None:
        """The object of these inputs, None if it is not known."""
        found = self._cache.get(_with_code(inputs))
        if found is None:
            return None
        return KernelObject(b64decode(found["elf"]), tuple(found["texts"]))

    def put(self, inputs: Mapping[str, object], made: KernelObject) -> None:
        """Remembers an object."""
        value = {"elf": b64encode(made.elf).decode("ascii"), "texts": list(made.texts)}
        self._cache.put(_with_code(inputs), value)


def _with_code(inputs: Mapping[str, object]) -> dict[str, object]:
    """All that an object depends on: the code that makes it, too."""
    return {**inputs, "code": code_version(CODE_GENERATOR)}


def _is_object(value: object) -> bool:
    """Whether something is an object as `put` writes it."""
    if not isinstance(value, dict):
        return False
    entry = cast("dict[Any, Any]", value)
    texts: Any = entry.get("texts")
    if not isinstance(entry.get("elf"), str) or not isinstance(texts, list):
        return False
    return all(isinstance(text, str) for text in cast("list[Any]", texts))
