"""The published schema of the JSON result."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def result_schema() -> dict[str, Any]:
    """`result.schema.json`, a JSON Schema (draft 2020-12)."""
    return json.loads((files("npu.togsim") / "result.schema.json").read_text(encoding="utf-8"))
