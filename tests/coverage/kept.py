"""Outcomes that are known already: the last of each sample, with the code that made it.

A run that was stopped goes on where it was, and one of changed code need not repeat what was right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from npu.configs.machine import Machine
from npu.runtime.cache_folder import cache_folder
from npu.runtime.code_version import code_version
from npu.runtime.entry_cache import EntryCache
from npu.runtime.spike.library import library_path
from tests.coverage.outcome import Outcome, State
from tests.coverage.samples import Sample


class KeptOutcomes:
    """The last outcomes of samples on one machine, in the folder of caches."""

    def __init__(self, machine: Machine, name: str) -> None:
        """`name` is what the machine was asked for as; its description may change."""
        self._name, self._description = name, machine.fingerprint()
        self._cache = EntryCache(
            cache_folder() / "coverage",
            "cache of outcomes",
            "the sample is run again",
            "outcome",
            _is_outcome,
        )

    def get(self, sample: Sample) -> Outcome | None:
        """The last outcome of a sample, None if it is not known."""
        found = self._cache.get(self._inputs(sample))
        if found is None:
            return None
        is_earlier = found["code"] != self._version
        return Outcome(State(found["state"]), found["reason"], found["details"], is_earlier)

    def put(self, sample: Sample, outcome: Outcome) -> None:
        """Keeps an outcome of this code, in the place of what was known."""
        value = {
            "state": outcome.state.value,
            "reason": outcome.reason,
            "details": outcome.details,
            "code": self._version,
        }
        self._cache.put(self._inputs(sample), value)

    def _inputs(self, sample: Sample) -> Mapping[str, object]:
        return {
            "operator": sample.operator,
            "type": sample.dtype,
            "sample": sample.number,
            "arguments": sample.digest,
            "machine": self._name,
        }

    @property
    def _version(self) -> str:
        """All that an outcome depends on but the sample: the code, and what the machine is."""
        return f"{_code()} {self._description}"


@cache
def _code() -> str:
    """The digest of what runs a sample: the compiler, our library of Spike, this folder."""
    files = [library_path(), *sorted(Path(__file__).parent.glob("*.py"))]
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return hashlib.sha256("".join([code_version(), *digests]).encode()).hexdigest()


def _is_outcome(value: object) -> bool:
    """Whether something is an outcome as `put` writes it."""
    if not isinstance(value, dict):
        return False
    entry = cast("dict[Any, Any]", value)
    states = {state.value for state in State}
    return entry.get("state") in states and all(
        isinstance(entry.get(key), str) for key in ("reason", "details", "code")
    )
