"""The text of every stage of a compilation, printed when somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from typing_extensions import override
from xdsl.dialects.builtin import ModuleOp


class StageTexts(Mapping[str, str]):
    """Text by the name of a stage, in order; a module is kept as it was and printed once."""

    def __init__(self) -> None:
        self._modules: dict[str, ModuleOp] = {}
        self._texts: dict[str, str] = {}

    def hold(self, stage: str, module: ModuleOp) -> None:
        """Remembers `module` itself, which nobody changes."""
        self._modules[stage] = module

    def keep(self, stage: str, module: ModuleOp) -> None:
        """Remembers a copy of `module`, which later passes change."""
        self._modules[stage] = module.clone()

    def module(self, stage: str) -> ModuleOp:
        """The module of a stage, which must not be changed."""
        return self._modules[stage]

    @override
    def __getitem__(self, stage: str) -> str:
        if stage not in self._texts:
            self._texts[stage] = str(self._modules[stage]) + "\n"
        return self._texts[stage]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    @override
    def __len__(self) -> int:
        return len(self._modules)
