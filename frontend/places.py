"""Where operations come from: MLIR's locations, as places in the user's files.

The importer locates what node 17 of a PyTorch graph becomes at ``"torch-node":17:0``; a text of the
user's is located at ``"-":14:3``. Locations may be nested in others; the innermost comes first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Operation

if TYPE_CHECKING:
    from npu.frontend.torch.origin import Origin

LOCATION = "npu.location"
"""The attribute in which the worker leaves an operation's location."""

NODE_FILE = "torch-node"
"""The file name in locations that number nodes of a PyTorch graph."""

_IN_TEXT = re.compile(r'"-":(\d+):(\d+)')
_AT_NODE = re.compile(rf'"{NODE_FILE}":(\d+):')


@dataclass(frozen=True)
class Places:
    """What the locations of one text mean."""

    name: str
    """What messages call the text: a file's path, or "the model"."""

    origins: Sequence[Origin] = ()
    """The PyTorch call behind each node that a location numbers."""

    operators: Sequence[str] = ()
    """The operator of each of these nodes in the decomposed graph: ``aten.clamp``."""

    def origin(self, location: str) -> Origin | None:
        """The PyTorch call that a location leads to."""
        found = _AT_NODE.search(location)
        return self.origins[int(found[1])] if found else None

    def lowered_from(self, location: str) -> str:
        """The operator of the decomposed graph that a location leads to, or nothing."""
        found = _AT_NODE.search(location)
        return self.operators[int(found[1])] if found else ""

    def where(self, location: str) -> str:
        """A location for messages: file, line, and the PyTorch operator or the column."""
        origin = self.origin(location)
        if origin is not None:
            return f"{origin.where}: {origin.torch_op}"
        found = _IN_TEXT.search(location)
        return f"{self.name}:{found[1]}:{found[2]}" if found else self.name

    def where_is(self, op: Operation) -> str:
        """The place of an operation that still has its location."""
        return self.where(location_of(op))


def location_of(op: Operation) -> str:
    """The location that the worker left, or nothing."""
    location = op.attributes.get(LOCATION)
    return location.data if isinstance(location, StringAttr) else ""
