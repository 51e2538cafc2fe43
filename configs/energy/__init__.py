"""What each kind of action costs in energy: tables read from YAML files, some of them shipped here.

table = load_energy_table("hbm2_7nm")            # shipped
table = load_energy_table("my/energy.yaml")      # a file
"""

from npu.configs.energy.table import (
    ACTIONS,
    EnergyCost,
    EnergyTable,
    load_energy_table,
    parse_energy_table,
    shipped_energy_tables,
)

__all__ = [
    "ACTIONS",
    "EnergyCost",
    "EnergyTable",
    "load_energy_table",
    "parse_energy_table",
    "shipped_energy_tables",
]
