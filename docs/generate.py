"""Write every page of docs/ that is made from code: `make docs`, or `python docs/generate.py`."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

PAGES = {
    "isa.md": ("npu.dialects.isa_text", "isa_page"),
    "machines.md": ("npu.configs.key_docs", "machines_page"),
}
"""Page -> the module and the function without arguments that returns its text."""


def main() -> None:
    """Write the pages beside this file, each aside and then renamed."""
    folder = Path(__file__).parent
    for page, (module, function) in PAGES.items():
        text: str = getattr(importlib.import_module(module), function)()
        aside = folder / f".{page}.new"
        aside.write_text(text, encoding="utf-8")
        os.replace(aside, folder / page)


if __name__ == "__main__":
    main()
