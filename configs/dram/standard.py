"""What a standard is in each generation of Ramulator 2: read from `presets/`, data with sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent / "presets"
"""Where the preset files are: `v2_0_hbm2.yaml` and so on."""

NAMES = ("DDR4", "HBM2", "HBM3", "LPDDR5")
"""Standards that both generations have here."""

UNSET = -1
"""Stands for a timing that a speed bin leaves to the tables of density and width."""


@dataclass(frozen=True)
class Organisation:
    """A device: its density in Mb, its data pins, and the nodes of each level."""

    density: int
    dq: int
    count: tuple[int, ...]


@dataclass(frozen=True)
class Rule:
    """A timing constraint with its latency as a sum of timings; fields as `model.Constraint`."""

    level: str
    preceding: tuple[str, ...]
    following: tuple[str, ...]
    latency: str
    window: int
    sibling: bool


@dataclass(frozen=True, eq=False)
class Standard:
    """One standard of one generation; the preset files explain each field."""

    generation: str
    name: str
    prefetch: int
    channel_width: int
    transfers_per_tick: int
    ticks_per_clock: int
    rounding_transfers: int
    density_levels: tuple[str, ...]
    levels: tuple[str, ...]
    commands: tuple[str, ...]
    command_ticks: tuple[int, ...]
    buses: tuple[tuple[str, ...], ...]
    shifted: bool
    controllers: tuple[str, ...]
    refresh_level: str | None
    sums: Mapping[str, str]
    """`burst`, `read_latency`, `wck_read`, `wck_write`, `aad` as sums of timings."""
    timings: tuple[str, ...]
    organisations: Mapping[str, Organisation]
    speeds: Mapping[str, tuple[int, ...]]
    secondary: Mapping[str, Mapping[str, Any]]
    rules: tuple[Rule, ...]


@cache
def standard(generation: str, name: str) -> Standard:
    """The standard `name` (one of `NAMES`) as `generation` (`2.0` or `2.1`) models it."""
    path = FOLDER / f"v{generation.replace('.', '_')}_{name.lower()}.yaml"
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    ticks = data["command_ticks"]
    commands = tuple(data["commands"])
    sums = ("burst", "read_latency", "wck_read", "wck_write", "aad")
    return Standard(
        generation=generation,
        name=data["standard"],
        prefetch=data["prefetch"],
        channel_width=data["channel_width"],
        transfers_per_tick=data["transfers_per_tick"],
        ticks_per_clock=data["ticks_per_clock"],
        rounding_transfers=data["rounding_transfers"],
        density_levels=tuple(data["density_levels"]),
        levels=tuple(data["levels"]),
        commands=commands,
        command_ticks=tuple(ticks.get(command, 1) for command in commands),
        buses=tuple(tuple(bus) for bus in data.get("buses", ())),
        shifted=data["shifted"],
        controllers=tuple(data["controllers"]),
        refresh_level=None if data["refresh_level"] == "none" else data["refresh_level"],
        sums={key: str(data[key]) for key in sums if key in data},
        timings=tuple(data["timings"]),
        organisations={
            key: Organisation(one["density"], one["dq"], tuple(one["count"]))
            for key, one in data["organisations"].items()
        },
        speeds={key: tuple(figures) for key, figures in data["speeds"].items()},
        secondary=data["secondary"],
        rules=tuple(_rule(entry) for entry in data["constraints"]),
    )


def _rule(entry: list[Any]) -> Rule:
    level, preceding, following, latency, *rest = entry
    return Rule(
        level=level,
        preceding=tuple(preceding),
        following=tuple(following),
        latency=str(latency),
        window=rest[0] if rest else 1,
        sibling=rest[1:] == ["sibling"],
    )
