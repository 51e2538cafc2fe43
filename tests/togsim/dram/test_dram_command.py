"""The command `togsim dram`: what it prints, the files it writes, how it ends."""

import io
import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from npu.runtime import togsim_cli
from npu.togsim.report.schema import made_dram_trace_schema

DATA = Path(__file__).parents[1] / "data" / "dram"
CONFIG = str(DATA / "r20_hbm2_18.yaml")
TRACE = "0 0 R\n0 32 R\n50 0x4000 W\n"


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.txt"
    path.write_text(TRACE)
    return path


def dram(*words: object) -> None:
    togsim_cli.main(["dram", *map(str, words)])


def test_the_table(trace: Path, capsys: pytest.CaptureFixture[str]):
    dram(CONFIG, trace)
    printed = capsys.readouterr().out
    for line in (
        "controller               Generic (rules of Ramulator 2.0)",
        "total ticks              65 of 1111.11 ps",
        "read latency (ticks)     mean 17.50, p50 17, p99 18, min 17, max 18",
        "read rows                1 hits, 1 misses, 0 conflicts",
        "write rows               0 hits, 0 misses, 1 conflicts",
        "commands                 ACT 2, PRE 1, RD 2, WR 1",
    ):
        assert line in printed.splitlines()


def test_plain_prints_the_same(trace: Path, capsys: pytest.CaptureFixture[str]):
    dram(CONFIG, trace)
    quick = capsys.readouterr().out
    dram(CONFIG, trace, "--plain")
    assert capsys.readouterr().out == quick


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("sys.stdin", io.StringIO(TRACE))
    dram(CONFIG, "-")
    assert "3 (2 reads, 1 writes)" in capsys.readouterr().out


def test_json_follows_its_schema(trace: Path, tmp_path: Path):
    dram(CONFIG, trace, "--json", tmp_path / "r.json")
    schema = json.loads((files("npu.togsim.dram") / "dram_trace.schema.json").read_text())
    assert json.loads(made_dram_trace_schema()) == schema
    result = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(result, schema)
    assert result["total_ticks"] == 65
    assert result["commands"] == {"ACT": 2, "PRE": 1, "RD": 2, "WR": 1}
    assert "command_log" not in result


def test_json_without_reads_follows_its_schema_too(tmp_path: Path):
    (tmp_path / "w.txt").write_text("0 0 W\n")
    dram(CONFIG, tmp_path / "w.txt", "--json", tmp_path / "r.json")
    result = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(result, json.loads(made_dram_trace_schema()))
    assert result["read_latency"] is None


def test_commands_of_the_trace(trace: Path, tmp_path: Path):
    dram(CONFIG, trace, "--commands", tmp_path / "c.csv")
    assert (tmp_path / "c.csv").read_text().splitlines() == [
        "tick,command,request,channel,pseudochannel,bankgroup,bank,row,column",
        "1,ACT,R,0,0,0,0,0,0",
        "8,RD,R,0,0,0,0,0,0",
        "10,RD,R,0,0,0,0,0,1",
        "51,PRE,W,0,0,0,0,1,0",
        "58,ACT,W,0,0,0,0,1,0",
        "65,WR,W,0,0,0,0,1,0",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"trace.txt", "c.csv"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((CONFIG, "none.txt"), "none.txt: no such file; expected lines 'cycle address R|W'"),
        (("none.yaml", "-"), "none.yaml: no such file; expected a Ramulator 2 configuration"),
        ((CONFIG, "-", "--json", "no/such/r.json"), "no/such/r.json: cannot be written"),
        ((CONFIG, "-", "--commands", "."), ".: cannot be written"),
    ],
)
def test_mistake(
    words: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        dram(*words)
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith(f"error: {says}")
