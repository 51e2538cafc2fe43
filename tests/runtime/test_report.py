"""The report of a run: its schema, what it says without checks or timing, equal runs."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from npu.frontend.cli import main
from npu.runtime.report import report_schema


def run(tmp_path: Path, *options: str) -> dict[str, Any]:
    report = tmp_path / "report.json"
    main(
        [
            "run",
            "softmax_12x40",
            "--config",
            "8x8",
            "--json",
            str(report),
            *options,
            "--dump",
            str(tmp_path / "dump"),
        ]
    )
    return json.loads(report.read_text())


def test_report_follows_its_schema(tmp_path: Path) -> None:
    report = run(tmp_path)
    jsonschema.validate(report, report_schema())
    assert report["check"]["passed"]
    assert report["max_relative_error"] == report["output_errors"][0] < 1e-6
    assert report["total_cycles"] == max(kernel["end"] for kernel in report["kernels"])
    assert report["kernels"][0]["torch_ops"] == ["aten.softmax"]
    assert [part["name"] for part in report["operations"]] == ["aten.softmax"]
    assert report["operations"][0]["cycles"] == report["kernels"][0]["cycles"]
    assert report["energy"] is None
    core = report["units"]["cores"][0]
    assert sum(core["vector"].values()) == report["total_cycles"]


@pytest.mark.parametrize(
    ("option", "absent"),
    [("--no-functional", "max_relative_error"), ("--no-timing", "total_cycles")],
)
def test_what_was_skipped_is_null(tmp_path: Path, option: str, absent: str) -> None:
    report = run(tmp_path, option)
    jsonschema.validate(report, report_schema())
    assert report[absent] is None
    assert [kernel["name"] for kernel in report["kernels"]] == ["softmax_12x40"]


def test_equal_runs_differ_in_seconds_only(tmp_path: Path) -> None:
    first, second = run(tmp_path), run(tmp_path)
    del first["seconds"], second["seconds"]
    assert first == second


def test_a_program_of_views_alone_takes_no_time(tmp_path: Path) -> None:
    source = tmp_path / "view.mlir"
    source.write_text(
        """func.func @main(%x: tensor<4x6xf32>) -> tensor<24xf32> {
          %y = tensor.collapse_shape %x [[0, 1]] : tensor<4x6xf32> into tensor<24xf32>
          return %y : tensor<24xf32>
        }"""
    )
    report = tmp_path / "report.json"
    main(["run", str(source), "--json", str(report), "--dump", str(tmp_path / "dump")])
    found = json.loads(report.read_text())
    assert (found["total_cycles"], found["max_relative_error"], found["kernels"]) == (0, 0.0, [])
