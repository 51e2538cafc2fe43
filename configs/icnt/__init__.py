"""Networks on chip: BookSim 2 configuration files (.icnt), read into plain data.

    model = load_icnt_model("fly_c2_m32.icnt")     # an IcntModel
    model.num_nodes, model.flits(32)

docs/noc.md tells every key, what is modelled and what is refused.
"""

from npu.configs.icnt.load import load_icnt_model, parse_icnt_model, shipped_icnt
from npu.configs.icnt.model import Allocator, Anynet, IcntModel, Link

__all__ = [
    "Allocator",
    "Anynet",
    "IcntModel",
    "Link",
    "load_icnt_model",
    "parse_icnt_model",
    "shipped_icnt",
]
