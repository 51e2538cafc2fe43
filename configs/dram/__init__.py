"""Detailed DRAM: Ramulator 2 configuration files of both generations, read into plain data.

    model = load_dram_model("hbm2.yaml")       # a DramModel
    model.tick_ps, model.tx_bytes, model.peak_bytes_per_second

docs/dram-files.md tells every key, the presets and what is refused.
"""

from npu.configs.dram.load import load_dram_model, parse_dram_model
from npu.configs.dram.model import Constraint, DramModel

__all__ = ["Constraint", "DramModel", "load_dram_model", "parse_dram_model"]
