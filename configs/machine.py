"""The machine: one device whose keys keep every rule."""

from __future__ import annotations

from dataclasses import dataclass

from npu.configs.effective import fingerprint
from npu.configs.machine_keys import MachineKeys
from npu.configs.rules import check


@dataclass(frozen=True, kw_only=True)
class Machine(MachineKeys):
    """One device, complete and valid. Raises `MachineError` when a rule is broken.

    The rules run when it is made, also by `dataclasses.replace`.
    """

    def __post_init__(self) -> None:
        check(self)

    def fingerprint(self) -> str:
        """A sha256 (64 hexadecimal digits) that is equal exactly for equal machines."""
        return fingerprint(self)
