"""Tables of energies: what they may hold, and the strict reader of their files."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from npu.configs.errors import UserError
from npu.configs.yaml_tree import Mapping, Node, Scalar, parse_mapping

ACTIONS = {
    "array_mac_8_bit": "a multiply-accumulate of an array with a weight of one byte",
    "array_mac_16_bit": "a multiply-accumulate of an array with a weight of two bytes",
    "array_mac_32_bit": "a multiply-accumulate of an array with a weight of three or four bytes",
    "array_mac_64_bit": "a multiply-accumulate of an array with a weight of more than four bytes",
    "vector_word_cycle": "32 bits of the vector unit's datapath in one of its active cycles",
    "spad_read_byte": "a byte read from a scratchpad",
    "spad_write_byte": "a byte written to a scratchpad",
    "icnt_byte": "a byte through the network (`icnt_type: simple`)",
    "icnt_byte_hop": "a byte through one channel of the network (`icnt_type: booksim2`)",
    "l2_read_byte": "a byte read from an L2 slice",
    "l2_write_byte": "a byte written to an L2 slice",
    "dram_activation": "the opening, and later closing, of a row (`dram_type: ramulator2`)",
    "dram_read_bit": "a bit read from a DRAM channel, to the pins",
    "dram_write_bit": "a bit written to a DRAM channel, from the pins",
    "dram_refresh": "a refresh of all banks of a channel, or of what it refreshes at once",
}
"""Action -> what one of it is."""

ENERGY_UNITS = {"fJ": 1e-15, "pJ": 1e-12, "nJ": 1e-9, "uJ": 1e-6}
"""Unit -> joules."""

POWER_UNITS = {"mW": 1e-3, "W": 1.0}
"""Unit -> watts."""

SHIPPED_FOLDER = Path(__file__).resolve().parent
"""Where the shipped tables are."""


@dataclass(frozen=True)
class EnergyCost:
    """What one thing costs, and who says so."""

    value: float
    """Joules for an action, watts for static power."""
    node: str
    """Technology of the figure, as `7 nm`."""
    source: str
    """Where the figure is published, and how it follows from what is published there."""


@dataclass(frozen=True)
class EnergyTable:
    """Energies by action; an action without a figure must not occur."""

    name: str = field(compare=False)
    """The file's name, for messages."""
    actions: tuple[tuple[str, EnergyCost], ...]
    """In the order of `ACTIONS`."""
    static_power: EnergyCost | None = None
    """Watts that the device draws whatever it does; None leaves them out."""

    def cost(self, action: str) -> EnergyCost | None:
        """What `action`, one of `ACTIONS`, costs; None when the table does not say."""
        return dict(self.actions).get(action)


def shipped_energy_tables() -> list[str]:
    """The names that `load_energy_table` knows without a path, sorted."""
    return sorted(path.stem for path in SHIPPED_FOLDER.glob("*.yaml"))


def load_energy_table(name_or_path: str | Path) -> EnergyTable:
    """The table of a shipped name or of a YAML file. Raises UserError for what is wrong with it."""
    path = _find(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        shipped = ", ".join(shipped_energy_tables())
        raise UserError(
            f"{path}: no such energy table; expected a YAML file or one of {shipped}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); expected a YAML text file") from error
    return parse_energy_table(text, str(path))


def parse_energy_table(text: str, file: str) -> EnergyTable:
    """The table that YAML `text` holds; `file` names it in messages. Raises UserError."""
    tree = parse_mapping(text, file)
    _known(tree.items, ("actions", "static_power"), file, tree.key_lines)
    actions = tree.items.get("actions")
    if not isinstance(actions, Mapping):
        raise UserError(
            f"{file}:{tree.line}: an energy table needs 'actions', a mapping from an action to its "
            f"energy; the actions are {', '.join(ACTIONS)}"
        )
    _known(actions.items, ACTIONS, f"{file}: actions", actions.key_lines)
    costs = {
        action: _cost(f"{file}: {action}", node, "energy", ENERGY_UNITS)
        for action, node in actions.items.items()
    }
    static = tree.items.get("static_power")
    return EnergyTable(
        Path(file).name,
        tuple((action, costs[action]) for action in ACTIONS if action in costs),
        None if static is None else _cost(f"{file}: static_power", static, "power", POWER_UNITS),
    )


def _find(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    path = Path(text)
    if "/" in text or path.suffix in (".yaml", ".yml"):
        return path
    return SHIPPED_FOLDER / f"{text}.yaml"


def _known(found: Iterable[str], known: Iterable[str], where: str, lines: dict[str, int]) -> None:
    for key in found:
        if key in known:
            continue
        near = difflib.get_close_matches(key, list(known), n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UserError(
            f"{where}: line {lines[key]}: unknown key '{key}'; {hint}expected one of "
            f"{', '.join(known)}"
        )


def _cost(where: str, node: Node, quantity: str, units: dict[str, float]) -> EnergyCost:
    """A line of the table: `{energy: 1.69, unit: pJ, node: 7 nm, source: ...}`, nothing else."""
    keys = (quantity, "unit", "node", "source")
    if not isinstance(node, Mapping):
        raise UserError(f"{where}: line {node.line}: expected the keys {', '.join(keys)}")
    _known(node.items, keys, where, node.key_lines)
    missing = [key for key in keys if key not in node.items]
    if missing:
        raise UserError(
            f"{where}: line {node.line}: '{missing[0]}' is missing; a figure needs "
            f"{', '.join(keys)}"
        )
    number = _number(f"{where}: line {node.key_lines[quantity]}: {quantity}", node.items[quantity])
    texts = {key: _value(node.items[key]) for key in keys[1:]}
    for key, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise UserError(
                f"{where}: line {node.key_lines[key]}: {key} is '{text}'; expected a text"
            )
    unit = str(texts["unit"])
    if unit not in units:
        raise UserError(
            f"{where}: line {node.key_lines['unit']}: unit '{unit}' is not known; expected one of "
            f"{', '.join(units)}"
        )
    return EnergyCost(number * units[unit], str(texts["node"]), str(texts["source"]))


def _number(what: str, node: Node) -> float:
    value = _value(node)
    number = float(value) if isinstance(value, int | float) else -1.0
    if not isinstance(value, bool) and math.isfinite(number) and number >= 0:
        return number
    raise UserError(f"{what} is '{value}'; expected a number of at least 0")


def _value(node: Node) -> object:
    return node.value if isinstance(node, Scalar) else "a list or a mapping"
