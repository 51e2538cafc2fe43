"""One kernel for all groups that are equal but for names and origin."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import cast

from xdsl.dialects.builtin import MemRefType
from xdsl.ir import Attribute

from npu.dialects.npu import GroupOp, KernelOp
from npu.passes.group.indexed import indexed_work
from npu.passes.group.sort import block_of
from npu.passes.group.structure import structure_of
from npu.passes.kernel.symbols import unique
from npu.passes.map.device import Device
from npu.passes.tile.indexed import launched_of
from npu.passes.tile.kernel import Parts, kernel_of
from npu.passes.tile.launched import Launched
from npu.passes.tile.sort import sorted_in_blocks


@dataclass(frozen=True)
class Call:
    """One launch of those that a group becomes: nearly always the only one."""

    kernel: str
    arguments: tuple[int, ...]
    """Which of the group's inputs and outputs, counted in a row, the kernel takes."""
    shapes: tuple[tuple[int, ...], ...]
    """The shape in which it takes each."""
    left: tuple[Attribute, ...] = ()
    """The types of further ones: of what a stage leaves for a later one, where that is watched."""


class Kernels:
    """The kernels of a module, made as groups ask for them."""

    def __init__(self, device: Device, taken: set[str], *, watch: bool) -> None:
        """`taken` are the names of other symbols; `watch` as `kernel_of` has it."""
        self.made: list[KernelOp] = []
        self._device, self._watch = device, watch
        self._taken = set(taken)
        self._calls: dict[Hashable, list[Call]] = {}
        self._repeated: dict[str, GroupOp] = {}
        """The first group of each name that has a body."""
        self._works: dict[GroupOp, Hashable] = {}
        """What each group with a body is, mapping included."""

    def calls_of(self, group: GroupOp, parts: Parts) -> list[Call]:
        """The kernels of a mapped group that stores its results to `parts`, as they are launched.

        Raises UserError if the mapping does not suit the group.
        """
        name = group.sym_name.data
        if group.body is not None:
            self._works[group] = (structure_of(group), group.mapping)
            self._repeated.setdefault(name, group)
        owner = self._repeated[name] if group.body is None else group
        key = (self._works[owner], tuple(parts))
        if key not in self._calls:
            made = self._made(owner, parts)
            self.made += [one.kernel for one in made]
            self._calls[key] = [_call(one) for one in made]
        return self._calls[key]

    def _made(self, group: GroupOp, parts: Parts) -> list[Launched]:
        """The kernels of a group that has a body."""
        name = unique(group.sym_name.data, self._taken)
        if indexed_work(group) is not None:
            return launched_of(group, name, self._device)
        if block_of(group) is not None:
            return sorted_in_blocks(group, name)
        every = tuple(range(len(group.inputs) + len(group.outputs)))
        kernel = kernel_of(group, name, parts, self._device, watch=self._watch)
        return [Launched(kernel, every)]


def _call(made: Launched) -> Call:
    types = made.kernel.body.block.arg_types
    given = types[: len(made.arguments)]
    shapes = tuple(tuple(cast("MemRefType[Attribute]", type_).get_shape()) for type_ in given)
    return Call(made.kernel.sym_name.data, made.arguments, shapes, tuple(types[len(given) :]))
