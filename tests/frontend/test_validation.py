"""`npu validate`: tables are read, errors worked out, all that is written says the same."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from npu.configs.calibration import load_calibration
from npu.configs.errors import UserError
from npu.frontend import cli
from npu.frontend.validation.calibrate import calibrated, fitted
from npu.frontend.validation.command import as_json
from npu.frontend.validation.measured import Measured, read_table, shipped
from npu.frontend.validation.page import page
from npu.frontend.validation.plot import plot
from npu.frontend.validation.score import Score, figures_of
from npu.frontend.validation.table import Column, families, row_cells

ROWS = [
    Score(Measured("gemm_8x8x8", 100, "8x8", others={"peer": 150}), 90, "DRAM 50%"),
    Score(Measured("gemm_9x9x9", 100, "8x8"), 130, "arrays 60%"),
    Score(Measured("gemm_9x9x9", 100, "8x8", launch="chained"), None, "", "not modelled"),
    Score(Measured("sdpa_prefill_b1_hq1_hkv1_s8_d8", 1000, "8x8"), 1000, "arrays 60%"),
]


def test_errors_by_family() -> None:
    found = {one.name: one for one in families(ROWS)}
    assert list(found) == ["gemm", "gemm, chained", "sdpa_prefill", "all"]
    assert found["gemm"].mae == pytest.approx(0.2)
    assert found["gemm"].mae_of("peer") == pytest.approx(0.5)
    assert found["gemm, chained"].mae is None
    assert found["all"].mae == pytest.approx(0.4 / 3)


def test_the_json_the_page_and_the_plot_have_every_row() -> None:
    found = {"8x8": [Column("ours", ROWS)]}
    data = json.loads(json.dumps(as_json(found)))["8x8"]
    errors = [row["simulated"]["ours"]["error"] for row in data["rows"]]
    assert errors == pytest.approx([-0.1, 0.3, None, 0.0])
    assert data["families"][0]["others"] == {"peer": pytest.approx(0.5)}
    text = page(found)
    assert "| gemm_8x8x8 | 100 | 90 | -10.0% | DRAM 50% | +50.0% |" in text
    assert "| gemm_9x9x9 | 100 | - | - | not modelled | - |" in text
    assert "{tables}" not in text
    points = ElementTree.fromstring(plot({"8x8": ROWS})).iter("{http://www.w3.org/2000/svg}title")
    assert next(one.text for one in points) == "gemm_8x8x8: 100 measured, 90 simulated"


def test_a_mode_and_a_calibration_are_columns_beside_ours() -> None:
    found = fitted(ROWS, "launch", "8x8", "xla-tpu")
    columns = [Column("ours", ROWS), Column("calibrated", calibrated(ROWS, found))]
    family = families(ROWS)[0]
    assert family.mae_in(columns[0]) == pytest.approx(0.2)
    assert row_cells([column.scores[0] for column in columns], ("peer",)) == [
        *("gemm_8x8x8", "100", "90", "-10.0%"),
        *(f"{90 + found.launch_cycles}", "+0.0%" if found.launch_cycles == 10 else "-10.0%"),
        *("DRAM 50%", "+50.0%"),
    ]
    assert "| family | rows | error, ours | error, calibrated | peer |" in page({"8x8": columns})


def test_the_launch_time_of_the_least_mean_error() -> None:
    rows = [
        Score(Measured("gemm_8x8x8", 100, "8x8"), 90, ""),
        Score(Measured("gemm_9x9x9", 1000, "8x8"), 980, ""),
        Score(Measured("gemm_7x7x7", 200, "8x8"), 188, ""),
    ]
    found = fitted(rows, "launch", "8x8", "")
    assert found.launch_cycles == 10  # the row of 100 weighs most
    assert found.error_before == pytest.approx((0.1 + 0.02 + 0.06) / 3)
    assert found.error_after == pytest.approx((0.0 + 0.01 + 0.01) / 3)
    too_long = [Score(Measured("gemm_8x8x8", 100, "8x8"), 120, "")]
    assert fitted(too_long, "launch", "8x8", "").launch_cycles == 0
    with pytest.raises(UserError, match="no row was run to which"):
        fitted(ROWS[2:3], "launch", "8x8", "")


def test_a_calibration_is_read_back_and_kept_to_its_machine_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "launch.yaml"
    found = fitted(ROWS, "launch", "8x8", "xla-tpu")
    path.write_text(found.text)
    again = load_calibration(path)
    assert again.text == found.text
    again.check("machines/8x8.yaml", "xla-tpu")
    with pytest.raises(UserError, match="is of machine '8x8', not of 'tpuv3'"):
        again.check("tpuv3", "xla-tpu")
    with pytest.raises(UserError, match="was fitted with --mode xla-tpu"):
        again.check("8x8", "")
    path.write_text("machine: 8x8\nlaunch_cycles: -3\n")
    with pytest.raises(UserError, match="launch_cycles"):
        load_calibration(path)


def test_a_point_on_the_line_is_where_measured_equals_simulated() -> None:
    root = ElementTree.fromstring(plot({"8x8": ROWS}))
    points = [one for one in root.iter("{http://www.w3.org/2000/svg}circle") if len(one)]
    assert len(points) == 3
    x, y = (float(points[-1].attrib[key]) for key in ("cx", "cy"))
    assert x == pytest.approx(600 - y, abs=0.2)


def test_what_bounds_a_run_is_the_busiest_unit() -> None:
    array = {"active_cycles": 40}
    core = {"arrays": [array, array], "vector": {"active_cycles": 30}}
    units = {"cores": [core], "channels": [{"utilization": 0.2}, {"utilization": 0.4}]}
    assert figures_of({"total_cycles": 100, "units": units}) == {
        "cycles": 100,
        "bound": "arrays 40%",
    }
    core["vector"] = {"active_cycles": 90}
    assert figures_of({"total_cycles": 100, "units": units})["bound"] == "vector unit 90%"


def test_the_shipped_tables_are_read() -> None:
    rows = [row for path in shipped() for row in read_table(path)]
    assert {row.machine for row in rows} == {"tpuv3", "tpuv6e"}
    assert {row.type for row in rows if row.machine == "tpuv6e"} == {"bf16"}
    assert {row.launch for row in rows} == {"cold", "chained", "model"}
    assert rows[0].others == {"mnpusim": 2426, "timeloop": 512, "maestro": 522, "scalesim_v3": 1020}


def test_a_run_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("workload,cycles\ngemm_8x8x8,100\nllama_8,7\n")
    command = ["validate", str(table), "--config", "8x8", "--jobs", "1", "--json"]
    cli.main([*command, str(tmp_path / "a.json")])
    assert "gemm_8x8x8" in capsys.readouterr().out
    table.write_text("workload,cycles\ngemm_8x8x8,50\n")
    cli.main([*command, str(tmp_path / "b.json")])
    first, second = (
        json.loads((tmp_path / name).read_text())["8x8"]["rows"] for name in ("a.json", "b.json")
    )
    first, other = (row["simulated"]["ours"] for row in first)
    assert first["cycles"] == second[0]["simulated"]["ours"]["cycles"] > 0
    assert other["reason"].startswith("no workload is called that")


def test_rows_in_a_mode_are_fitted_and_calibrated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, fit, report = tmp_path / "rows.csv", tmp_path / "fit.yaml", tmp_path / "a.json"
    table.write_text("workload,cycles\nsoftmax_9x20,9000\n")
    command = ["validate", str(table), "--config", "8x8", "--jobs", "1", "--mode", "xla-tpu"]
    cli.main([*command, "--calibrate", str(fit)])
    cli.main([*command, "--calibration", str(fit), "--json", str(report)])
    printed = capsys.readouterr().out
    assert "8x8: calibration fit: " in printed
    assert "fitted to softmax_9x20 (mean error" in printed
    (row,) = json.loads(report.read_text())["8x8"]["rows"]
    cycles = {title: one["cycles"] for title, one in row["simulated"].items()}
    assert cycles["ours"] < cycles["xla-tpu"] < cycles["xla-tpu, calibrated"] == 9000
    for wrong, said in (
        (["--mode", "xla"], "no mode is called 'xla'"),
        (["--mode", "xla-tpu", "--config", "tpuv3", "--calibration", str(fit)], "which no row"),
    ):
        with pytest.raises(SystemExit):
            cli.main(["validate", str(table), "--config", "8x8", *wrong])
        assert said in capsys.readouterr().err.replace("\n", " ")
