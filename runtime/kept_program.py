"""Programs that were compiled before: the text of each stage, for a run that asks for cycles only.

What a run proves on Spike is always compiled anew; it leaves behind what it made, by all that this
depends on: the program's text, the machine, the passes and the compiler's own code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from xdsl.dialects.builtin import ModuleOp

from npu.configs.machine import Machine
from npu.runtime.cache_folder import cache_folder
from npu.runtime.code_version import code_version
from npu.runtime.entry_cache import EntryCache

MOST_BYTES = 1 << 28
"""The largest entry: all stages of a network of a thousand kernels take some 50 MB."""


def program_cache() -> EntryCache:
    """The cache of compiled programs in `NPU_CACHE_DIR`, or in the user's cache folder."""
    return EntryCache(
        cache_folder() / "programs",
        "cache of programs",
        "the program is compiled again",
        "texts",
        _are_texts,
        MOST_BYTES,
    )


def _are_texts(value: object) -> bool:
    """Whether something is texts by their names."""
    if not isinstance(value, dict):
        return False
    texts = cast("dict[Any, Any]", value)
    return all(isinstance(one, str) for item in texts.items() for one in item)


class Keep(Enum):
    """What becomes of the stages of a program."""

    NOTHING = "nothing"
    """They are made, and not kept."""

    MADE = "made"
    """They are made, and kept."""

    READ = "read"
    """They are read if they were kept before, else made and kept."""


@dataclass(frozen=True)
class KeptProgram:
    """What is kept of one program for one machine."""

    keep: Keep
    inputs: Mapping[str, object]
    """What it depends on."""

    @classmethod
    def of(cls, keep: Keep, source: str | ModuleOp, machine: Machine, *options: str) -> KeptProgram:
        """That of stage 0, with the options of passes that the machine does not tell."""
        if keep is Keep.NOTHING:
            return cls(keep, {})
        text = source if isinstance(source, str) else f"{source!s}\n"
        inputs = {
            "text": hashlib.sha256(text.encode()).hexdigest(),
            "machine": machine.fingerprint(),
            "options": options,
            "code": code_version(),
        }
        return cls(keep, inputs)

    def get(self, part: str) -> dict[str, str] | None:
        """The texts of a part, by their names; None if none were kept, or are not to be read."""
        if self.keep is not Keep.READ:
            return None
        return program_cache().get({**self.inputs, "part": part})

    def put(self, part: str, texts: Mapping[str, str]) -> None:
        """Keeps a part."""
        if self.keep is not Keep.NOTHING:
            program_cache().put({**self.inputs, "part": part}, dict(texts))


NOTHING_KEPT = KeptProgram(Keep.NOTHING, {})
"""That of a program of which nothing is kept."""
