"""Names of what a group keeps in the scratchpad; a mapping says which of it has how many buffers.

| name | what |
|---|---|
| `rows`, `weights`, `acc` | operands and result of a contraction |
| `in` | another tensor that is loaded |
| `out` | a result that is stored |
| `temp` | what passes between operations |

Further ones of a name are numbered: `in`, `in_1`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from xdsl.ir import BlockArgument, SSAValue

from npu.passes.map.footprint import Role

ROLES = {Role.ROWS: "rows", Role.WEIGHTS: "weights", Role.TEMPORARY: "temp"}
"""Names of operands that are called after their role."""

ACCUMULATOR, INPUT, OUTPUT = "acc", "in", "out"


def operand_names(
    roles: Sequence[Role],
    buffer_of: Mapping[SSAValue, int],
    accumulators: Sequence[SSAValue],
) -> Iterable[str]:
    """The name of each operand, of which `roles` are the roles."""
    names: dict[int, str] = {}
    for value, number in buffer_of.items():
        role = roles[number]
        if value in accumulators:
            names[number] = ACCUMULATOR
        elif role in ROLES:
            names.setdefault(number, ROLES[role])
        else:
            is_loaded = role is Role.INPUT or isinstance(value, BlockArgument)
            names.setdefault(number, INPUT if is_loaded else OUTPUT)
    seen = Counter[str]()
    for number in range(len(roles)):
        name = names[number]
        yield f"{name}_{seen[name]}" if seen[name] else name
        seen[name] += 1
