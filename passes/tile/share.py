"""One kernel for all groups that are equal but for names and origin."""

from __future__ import annotations

from collections.abc import Hashable

from npu.dialects.npu import GroupOp, KernelOp
from npu.passes.group.structure import structure_of
from npu.passes.kernel.symbols import unique
from npu.passes.map.device import Device
from npu.passes.tile.kernel import Parts, kernel_of


class Kernels:
    """The kernels of a module, made as groups ask for them."""

    def __init__(self, device: Device, taken: set[str]) -> None:
        """`taken` are the names of other symbols."""
        self.made: list[KernelOp] = []
        self._device = device
        self._taken = set(taken)
        self._names: dict[Hashable, str] = {}
        self._repeated: dict[str, GroupOp] = {}
        """The first group of each name that has a body."""
        self._works: dict[GroupOp, Hashable] = {}
        """What each group with a body is, mapping included."""

    def name_of(self, group: GroupOp, parts: Parts) -> str:
        """The kernel of a mapped group that stores its results to `parts`.

        Raises UserError if the mapping does not suit the group.
        """
        name = group.sym_name.data
        if group.body is not None:
            self._works[group] = (structure_of(group), group.mapping)
            self._repeated.setdefault(name, group)
        owner = self._repeated[name] if group.body is None else group
        key = (self._works[owner], tuple(parts))
        if key not in self._names:
            kernel = unique(name, self._taken)
            self.made.append(kernel_of(owner, kernel, parts, self._device))
            self._names[key] = kernel
        return self._names[key]
