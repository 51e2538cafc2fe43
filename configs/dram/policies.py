"""The policies of a controller: those that are modelled; others of Ramulator 2 refused by name."""

from __future__ import annotations

import warnings

from npu.configs.dram.assemble import ADDRESS_MAPPERS
from npu.configs.errors import Notice
from npu.configs.section import Section, scalar, shown
from npu.configs.yaml.tree import Scalar, Sequence

MAX_RATIO = 1000
"""Clock ratios relate Ramulator's own clocks; ours follow from the rate."""

_CLOSES_ROWS = "which closes a row after 'cap' accesses: that is not modelled"
_NO_CAP = "no cap: it is the number of accesses after which '{}' closes a row"


def frontend(root: Section, key: str) -> None:
    """Reads the source of traffic: whatever it is, requests come from the simulator."""
    node = root.get(key)
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return
    with root.faults.part():
        section = root.as_section(key, node)
        if "impl" in section and not isinstance(scalar(section.node.items["impl"]), str):
            found = shown(section.node.items["impl"])
            section.tell("impl", f"is {found}", "the name of one of Ramulator's front ends")
        section.integer("clock_ratio", 1, MAX_RATIO, default=1)
        unused = [name for name in section.names() if name not in ("impl", "clock_ratio")]
        if unused:
            _say_unused(section, unused)


def _say_unused(section: Section, unused: list[str]) -> None:
    names = ", ".join(unused[:10]) + (f" and {len(unused) - 10} more" if len(unused) > 10 else "")
    warnings.warn(
        Notice(
            f"{section.faults.file}:{section.node.line}: {names} of '{section.path}': without "
            "effect here, where requests come from the simulator, not from Ramulator's front end"
        ),
        stacklevel=2,
    )


def only(parent: Section, key: str, allowed: tuple[str, ...]) -> str:
    """The `impl` of the mapping at `key`, which has no other keys."""
    with parent.faults.part():
        section = parent.section(key)
        name = section.name("impl", allowed)
        section.close(f"'{name}'")
        return name
    return allowed[0]


def open_rows(parent: Section, key: str, name: str, closing: tuple[str, ...]) -> None:
    """The policy of rows at `key`: `name` keeps them open; those of `closing` do not."""
    with parent.faults.part():
        section = parent.section(key)
        impl = section.get("impl")
        if impl is not None and scalar(impl) in closing:
            expected = f"'{name}': a row stays open until its bank needs another one"
            mend = f"write '{name}'" + (", and remove its cap" if "cap" in section else "")
            section.refuse("impl", f"is {shown(impl)}, {_CLOSES_ROWS}", expected, mend)
        section.name("impl", (name,))
        if "cap" in section:
            what = f"is given to '{name}', which keeps rows open"
            section.tell("cap", what, _NO_CAP.format(closing[0]), "remove the key")
        section.close(f"'{name}'")


def watermarks(controller: Section) -> tuple[float, float]:
    """The (high, low) shares of the write queue at which writes begin and end to go first."""
    before = len(controller.faults)
    high = controller.number("wr_high_watermark", 0, 1, default=0.8)
    low = controller.number("wr_low_watermark", 0, 1, default=0.2)
    if len(controller.faults) > before:
        return high, low
    if low > high:
        expected = f"at most wr_high_watermark ({high:g})"
        controller.tell("wr_low_watermark", f"is {low:g}", expected)
    if low == 0:
        expected = (
            "more than 0: otherwise writes, once they go first, do so for ever and reads starve"
        )
        controller.tell("wr_low_watermark", "is 0", expected)
    return high, low


def mapper(parent: Section, key: str) -> str:
    """The address mapper's name."""
    return only(parent, key, ADDRESS_MAPPERS)


def no_plugins(controller: Section, key: str) -> None:
    """Refuses a list of plugins with anything in it."""
    node = controller.get(key)
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return
    if not isinstance(node, Sequence) or node.items:
        controller.tell(key, "asks for plugins", "none", "remove the key")
