"""The policies of a controller: those that are modelled; others of Ramulator 2 refused by name."""

from __future__ import annotations

from npu.configs.dram.assemble import ADDRESS_MAPPERS
from npu.configs.dram.section import Section
from npu.configs.yaml_tree import Scalar, Sequence

FRONTENDS = ("External", "GEM5", "SimpleO3", "LoadStoreTrace", "ReadWriteTrace")
"""Sources of traffic that a file may name. Traffic comes from our simulator, whichever it is."""

MAX_RATIO = 1000
"""Clock ratios relate Ramulator's own clocks; ours follow from the rate."""


def frontend(root: Section, key: str) -> None:
    """Reads the source of traffic, which says nothing about the memory."""
    if key not in root:
        return
    section = root.section(key)
    section.word("impl", FRONTENDS)
    section.integer("clock_ratio", 1, MAX_RATIO, default=1)
    section.close("a frontend that another simulator drives")


def only(parent: Section, key: str, allowed: tuple[str, ...]) -> str:
    """The `impl` of the mapping at `key`, which has no other keys."""
    section = parent.section(key)
    name = section.word("impl", allowed)
    section.close(f"'{name}'")
    return name


def watermarks(controller: Section) -> tuple[float, float]:
    """The (high, low) shares of the write queue at which writes begin and end to go first."""
    high = controller.number("wr_high_watermark", 0, 1, default=0.8)
    low = controller.number("wr_low_watermark", 0, 1, default=0.2)
    if low > high:
        expected = f"at most wr_high_watermark ({high:g})"
        controller.refuse("wr_low_watermark", f"is {low:g}", expected)
    if low == 0:
        expected = (
            "more than 0: otherwise writes, once they go first, do so for ever and reads starve"
        )
        controller.refuse("wr_low_watermark", "is 0", expected)
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
        controller.refuse(key, "asks for plugins", "none", "remove the key")
