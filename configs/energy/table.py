"""Tables of energies: what they may hold, and the strict reader of their files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from npu.configs.errors import UserError
from npu.configs.faults import Faults
from npu.configs.near import did_you_mean
from npu.configs.section import Section
from npu.configs.short import short
from npu.configs.text_file import read_text
from npu.configs.yaml.tree import parse_mapping

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

MAX_FIGURE = 1e30
"""Of an energy or a power in its unit."""

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
    shipped = ", ".join(shipped_energy_tables())
    text = read_text(path, f"a YAML file or one of {shipped}", kind="energy table")
    return parse_energy_table(text, str(path))


def parse_energy_table(text: str, file: str) -> EnergyTable:
    """The table that YAML `text` holds; `file` names it in messages. Raises UserError."""
    tree = parse_mapping(text, file, "an energy table", "actions: ...")
    faults = Faults(file)
    root = Section(tree, "", faults)
    costs: dict[str, EnergyCost] = {}
    static: EnergyCost | None = None
    with faults.part():
        costs = _actions(root)
    if "static_power" in root:
        with faults.part():
            static = _cost(root.section("static_power"), "power", POWER_UNITS)
    root.close("an energy table")
    faults.check()
    ordered = tuple((action, costs[action]) for action in ACTIONS if action in costs)
    return EnergyTable(Path(file).name, ordered, static)


def _actions(root: Section) -> dict[str, EnergyCost]:
    expected = f"a mapping from an action to its energy; the actions are {', '.join(ACTIONS)}"
    node = root.need("actions", expected)
    actions = root.as_section("actions", node)
    costs: dict[str, EnergyCost] = {}
    for action in ACTIONS:
        if action in actions:
            with root.faults.part():
                costs[action] = _cost(actions.section(action), "energy", ENERGY_UNITS)
    actions.close("the actions of an energy table")
    return costs


def _find(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    path = Path(text)
    if "/" in text or path.suffix in (".yaml", ".yml"):
        return path
    if text in shipped_energy_tables():
        return SHIPPED_FOLDER / f"{text}.yaml"
    hint = did_you_mean(text, shipped_energy_tables())
    raise UserError(
        f"{short(text)}: no such energy table; expected a YAML file or one of "
        f"{', '.join(shipped_energy_tables())}{f'; {hint}' if hint else ''}"
    )


def _cost(figure: Section, quantity: str, units: dict[str, float]) -> EnergyCost:
    """A line of the table: `{energy: 1.69, unit: pJ, node: 7 nm, source: ...}`, nothing else."""
    number = figure.number(quantity, 0, MAX_FIGURE)
    unit = figure.word("unit", tuple(units))
    node = figure.text("node", "the technology of the figure, such as '7 nm'")
    source = figure.text("source", "a text: where the figure is published")
    figure.close("a figure")
    return EnergyCost(number * units[unit], node, source)
