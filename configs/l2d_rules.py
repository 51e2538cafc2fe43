"""The rules of the L2's keys: the string is right, and goes with the rest of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from npu.configs.errors import Problem
from npu.configs.l2d import EXAMPLE, L2ConfigError, parse_l2d_config

if TYPE_CHECKING:
    from npu.configs.machine import Machine


def l2_problems(machine: Machine) -> Iterator[Problem]:
    """What is wrong with the L2 of `machine`, and with it beside the rest."""
    if machine.l2d_type == "nocache":
        yield from _without_l2(machine)
        return
    if machine.l2d_config is None:
        yield Problem(
            "l2d_type",
            "is datacache without l2d_config",
            "the description of one slice too",
            f"add 'l2d_config: \"{EXAMPLE}\"' for 8 MB a slice, or write 'l2d_type: nocache'",
        )
        return
    try:
        model = parse_l2d_config(machine.l2d_config)
    except L2ConfigError as error:
        yield Problem("l2d_config", error.what, error.expected)
        return
    if machine.dram_req_size_byte < 1:
        return  # told by a rule of its own
    wrong = model.request_problem(machine.dram_req_size_byte)
    if wrong:
        yield Problem("l2d_config", wrong, "a slice that goes with the DRAM's requests")


def _without_l2(machine: Machine) -> Iterator[Problem]:
    mend = "remove the key, or write 'l2d_type: datacache' to have that cache"
    for key, none in (("l2d_config", None), ("l2d_hit_latency", 1)):
        value = getattr(machine, key)
        if value != none:
            yield Problem(key, f"is {value} while l2d_type is nocache", "no such figure", mend)
