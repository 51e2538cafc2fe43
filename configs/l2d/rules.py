"""The rules of the L2's keys: the string is right, and goes with the rest of the machine."""

from __future__ import annotations

from collections.abc import Iterator

from npu.configs.errors import Problem
from npu.configs.l2d import L2ConfigError, example_for, parse_l2d_config
from npu.configs.machine_keys import MachineKeys
from npu.configs.partial import is_known
from npu.configs.short import short


def l2_problems(machine: MachineKeys) -> Iterator[Problem]:
    """What is wrong with the L2 of `machine`, and with it beside the rest."""
    if machine.l2d_type == "nocache":
        yield from _without_l2(machine)
        return
    if machine.l2d_config is None:
        example = example_for(_request(machine))
        yield Problem(
            "l2d_type",
            "is datacache without l2d_config",
            "the description of one slice too",
            f"add 'l2d_config: \"{example}\"' for 8 MB a slice, or write 'l2d_type: nocache'",
        )
        return
    try:
        model = parse_l2d_config(machine.l2d_config)
    except L2ConfigError as error:
        for one in error.all:
            yield Problem("l2d_config", one.what, one.expected)
        return
    wrong = model.request_problem(_request(machine))
    if wrong:
        yield Problem("l2d_config", wrong, "a slice that goes with the DRAM's requests")


def _request(machine: MachineKeys) -> int:
    """The bytes of a DRAM request; 32 where another rule tells that they are wrong."""
    size = machine.dram_req_size_byte if is_known(machine, "dram_req_size_byte") else 32
    return size if 4 <= size <= 4096 and not size & (size - 1) else 32


def _without_l2(machine: MachineKeys) -> Iterator[Problem]:
    for key, none in (("l2d_config", None), ("l2d_hit_latency", 1)):
        value: str | int | None = getattr(machine, key) if is_known(machine, key) else none
        if value == none or (isinstance(value, int) and value < 1):  # that is told elsewhere
            continue
        what = f"is {short(value)} while l2d_type is nocache"
        yield Problem(key, what, "no such figure", _mend_without(machine))


def _mend_without(machine: MachineKeys) -> str:
    text = machine.l2d_config if is_known(machine, "l2d_config") else None
    try:
        model = None if text is None else parse_l2d_config(text)
    except L2ConfigError:
        model = None
    if model is None or model.request_problem(_request(machine)):
        return "remove the key"
    return "remove the key, or write 'l2d_type: datacache' to have that cache"
