"""Write every page of docs/ that is made from code: `make docs`, or `python docs/generate.py`."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

PAGES = {
    "isa.md": ("npu.dialects.isa_text", "isa_page"),
    "machines.md": ("npu.configs.key_docs", "machines_page"),
    "result.md": ("npu.togsim.schema", "figures_page"),
    "../togsim/result.schema.json": ("npu.togsim.schema", "made_schema"),
    "../togsim/dram_trace.schema.json": ("npu.togsim.schema", "made_dram_trace_schema"),
}
"""File, from this folder -> the module and the function without arguments that returns its text."""


def main() -> None:
    """Write the pages beside this file, each aside and then renamed."""
    folder = Path(__file__).parent
    for page, (module, function) in PAGES.items():
        text: str = getattr(importlib.import_module(module), function)()
        path = folder / page
        aside = path.with_name(f".{path.name}.new")
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, path)


if __name__ == "__main__":
    main()
