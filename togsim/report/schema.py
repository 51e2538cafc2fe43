"""The published schema of the JSON result, and the page of its figures."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from npu.togsim.dram import DramTraceResult
from npu.togsim.report.result import Result
from npu.togsim.report.result_json import schema_text, tables


def result_schema() -> dict[str, Any]:
    """`result.schema.json`, a JSON Schema (draft 2020-12)."""
    path = files("npu.togsim.report") / "result.schema.json"
    return json.loads(path.read_text(encoding="utf-8"))


def made_schema() -> str:
    """The text that `result.schema.json` must have."""
    return schema_text(Result, "togsim result")


def made_dram_trace_schema() -> str:
    """The text that `dram_trace.schema.json` must have."""
    return schema_text(DramTraceResult, "togsim dram result")


def figures_page() -> str:
    """The text of docs/result.md: every figure of the JSON result and its meaning."""
    return _HEAD + "\n".join(tables(Result))


_HEAD = """# Figures of a result

<!-- Made by `make docs` from the dataclasses of togsim/report/result.py: edit those. -->

Every value of the JSON that `togsim run --json FILE` writes and `Result.to_json()` returns, by the
kind of thing it describes. The schema is `togsim/report/result.schema.json`; what the figures mean
together is told in [statistics.md](statistics.md).

"""
