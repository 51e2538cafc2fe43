"""Stock `xdsl-opt` finds our dialects and passes through the distribution's entry point."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from npu.passes.universe import PASSES

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "test" / "lit" / "passes" / "pipeline.mlir"
METADATA = "Metadata-Version: 2.1\nName: npu-toolkit\nVersion: 0\n"


@pytest.fixture
def xdsl_opt(tmp_path):
    """Runs xDSL's own driver where a distribution with the entry points of pyproject.toml is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    info = tmp_path / "npu_toolkit-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA)
    lines: list[str] = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {where}" for name, where in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT / "types")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}

    def run(*args):
        command = [sys.executable, "-m", "xdsl.tools.xdsl_opt", *map(str, args)]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        ).stdout

    return run


def test_it_lists_our_passes(xdsl_opt):
    listed = "".join(xdsl_opt("--help").split())  # its lines break at hyphens
    assert [name for name in PASSES if name not in listed] == []


def test_it_compiles_as_npu_opt_does(xdsl_opt):
    passes = "npu-compile{machine=8x8}"
    ours = [sys.executable, "-m", "npu.passes.npu_opt", str(SAMPLE), "-p", passes]
    expected = subprocess.run(ours, capture_output=True, text=True, check=True).stdout
    assert "tog.graph" in expected
    assert xdsl_opt(SAMPLE, "-p", passes) == expected
