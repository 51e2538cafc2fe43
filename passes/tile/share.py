"""One kernel for all groups that are equal but for names and origin."""

from __future__ import annotations

from collections.abc import Hashable

from npu.dialects.npu import GroupOp, KernelOp
from npu.passes.group.structure import structure_of
from npu.passes.kernel.symbols import unique
from npu.passes.map.device import Device
from npu.passes.tile.kernel import kernel_of


class Kernels:
    """The kernels of a module, made as groups ask for them."""

    def __init__(self, device: Device, taken: set[str]) -> None:
        """`taken` are the names of other symbols."""
        self.made: list[KernelOp] = []
        self._device = device
        self._taken = set(taken)
        self._names: dict[Hashable, str] = {}
        self._repeated: dict[str, str] = {}
        """The kernel of the first group of each name that has a body."""

    def name_of(self, group: GroupOp) -> str:
        """The kernel of a mapped group. Raises UserError if the mapping does not suit the group."""
        if group.body is None:
            return self._repeated[group.sym_name.data]
        kernel = self._of_own(group)
        self._repeated.setdefault(group.sym_name.data, kernel)
        return kernel

    def _of_own(self, group: GroupOp) -> str:
        """The kernel of a group that has a body."""
        key = (structure_of(group), group.mapping)
        if key not in self._names:
            name = unique(group.sym_name.data, self._taken)
            self.made.append(kernel_of(group, name, self._device))
            self._names[key] = name
        return self._names[key]
