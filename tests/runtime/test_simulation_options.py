"""`npu run` simulates as `togsim run` does when both are told the same."""

import json
from pathlib import Path
from typing import Any

from npu.frontend.cli import main as npu
from npu.runtime.togsim_cli import main as togsim

MACHINE = "tpuv4_l2"


def run(folder: Path, *options: str) -> tuple[dict[str, Any], str]:
    """The report of `npu run` and the log it leaves, without the line of the time it took."""
    what = ["gemm_40x40x40", "--config", MACHINE, "--no-functional"]
    npu(["run", *what, *options, "--dump", str(folder)])
    report = json.loads((folder / "report.json").read_text())
    del report["seconds"]
    return report, without_time((folder / "togsim.log").read_text())


def without_time(log: str) -> str:
    return "\n".join(line for line in log.splitlines() if "Wall-clock" not in line)


def test_plain_is_equal_and_takes_no_shortcut(tmp_path: Path) -> None:
    assert run(tmp_path / "plain", "--plain") == run(tmp_path / "quick")


def test_a_plan_and_a_table_of_energies_reach_the_simulation(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("plan: [b]\n")
    options = ["--l2-plan", str(plan), "--energy", "hbm2_7nm"]
    report, log = run(tmp_path / "planned", *options)
    graph = tmp_path / "planned" / "graph.mlir"
    other = tmp_path / "togsim.log"
    togsim(["run", str(graph), "--config", MACHINE, *options, "--log", str(other)])
    assert without_time(other.read_text()) == log
    assert report["energy"] is not None
    bare, bare_log = run(tmp_path / "bare")
    assert bare["energy"] is None
    # without the plan nothing goes past the tags
    assert " 0 bypassed" in bare_log
    assert log.count(" 0 bypassed") < bare_log.count(" 0 bypassed")
