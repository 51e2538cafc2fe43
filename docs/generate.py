"""Write every page of docs/ that is made from code: `make docs`, or `python docs/generate.py`."""

from __future__ import annotations

import importlib
from pathlib import Path

from npu.configs.output import write_output

PAGES = {
    "isa.md": ("npu.dialects.isa_text", "isa_page"),
    "machines.md": ("npu.configs.key_docs", "machines_page"),
    "result.md": ("npu.togsim.report.schema", "figures_page"),
    "../togsim/report/result.schema.json": ("npu.togsim.report.schema", "made_schema"),
    "../togsim/dram/dram_trace.schema.json": ("npu.togsim.report.schema", "made_dram_trace_schema"),
}
"""File, from this folder -> the module and the function without arguments that returns its text."""


def main() -> None:
    """Write the pages beside this file."""
    folder = Path(__file__).parent
    for page, (module, function) in PAGES.items():
        text: str = getattr(importlib.import_module(module), function)()
        write_output(folder / page, text)


if __name__ == "__main__":
    main()
