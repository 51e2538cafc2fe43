"""Cycles of whole networks stay what they were, so that no mechanism is lost unseen.

To renew a figure after a change that means it: `npu run NAME --no-functional` prints the cycles;
write them here and say in CHANGELOG.md which mechanism changed them.
"""

import json

import pytest

from npu.frontend.cli import main

CYCLES = {"resnet18": 288_603, "resnet50": 644_662, "mobilenet_v2": 537_432}
"""On tpuv3, by the name of the workload."""

ABOVE = 1.03
"""How much more is let pass: small changes of an estimate choose other tiles of a few kernels."""


@pytest.mark.slow
@pytest.mark.parametrize("name", CYCLES)
def test_cycles_of_a_network(name, tmp_path, capsys):
    report = tmp_path / "report.json"
    where = ["--json", str(report), "--dump", str(tmp_path / "dump")]
    main(["run", name, "--config", "tpuv3", "--no-functional", *where])
    assert "cycles" in capsys.readouterr().out
    found = json.loads(report.read_text())["total_cycles"]
    assert found <= CYCLES[name] * ABOVE, f"{found:,} cycles, expected {CYCLES[name]:,}"
