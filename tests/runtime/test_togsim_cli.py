"""The `togsim` command as a user runs it: once as a process, else called in this one."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from npu.runtime.togsim_cli import main

GRAPH = """builtin.module attributes {tog.version = 2 : i64} {
  tog.graph @copy(%x: memref<64xf32>, %y: memref<64xf32>) {
    %X = tog.buffer at 0 : memref<1x64xf32, "spad">
    %t = tog.load %x at 0 walk [64 : 4] to %X[0][64]
    %u = tog.store %X[0][64] to %y at 0 walk [64 : 4]
  }
  tog.tensor @x at 0x100000000 bytes 256
  tog.tensor @y at 0x100001000 bytes 256
  %r = tog.launch @copy(@x, @y)
}
"""


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "copy.tog.mlir"
    path.write_text(GRAPH)
    return path


Togsim = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def togsim(capfd: pytest.CaptureFixture[str]) -> Togsim:
    """Runs the command in this process, and tells what it printed and its status."""

    def togsim(*args: object) -> subprocess.CompletedProcess[str]:
        words, status = [str(one) for one in args], 0
        capfd.readouterr()
        try:
            main(words)
        except SystemExit as ended:
            status = ended.code
            assert status is None or isinstance(status, int)
        said = capfd.readouterr()
        return subprocess.CompletedProcess(words, status or 0, said.out, said.err)

    return togsim


def test_a_graph_runs_and_leaves_log_and_json(graph: Path, tmp_path: Path) -> None:
    json_file, log_file = tmp_path / "r.json", tmp_path / "r.log"
    words = ["run", graph, "--config", "8x8", "--json", json_file, "--log", log_file]
    command = [sys.executable, "-m", "npu.runtime.togsim_cli", *map(str, words)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(json_file.read_text())
    assert f"Total execution cycles: {result['total_cycles']}" in done.stdout
    assert log_file.read_text() == done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.tog.mlir", "r.json", "r.log"]


def test_runs_are_equal_but_for_wall_time(togsim: Togsim, graph: Path, tmp_path: Path) -> None:
    results: list[dict[str, object]] = []
    for name in ("a.json", "b.json"):
        assert togsim("run", graph, "--config", "8x8", "--json", tmp_path / name).returncode == 0
        results.append(json.loads((tmp_path / name).read_text()))
        results[-1].pop("wall_seconds")
    assert results[0] == results[1]


def test_plain_gives_the_same_result(togsim: Togsim, graph: Path, tmp_path: Path) -> None:
    results: list[dict[str, object]] = []
    for flags in ([], ["--plain"]):
        done = togsim("run", graph, "--config", "8x8", "--json", tmp_path / "r.json", *flags)
        assert done.returncode == 0, done.stderr
        results.append(json.loads((tmp_path / "r.json").read_text()))
        results[-1].pop("wall_seconds")
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("config", "old", "new", "message"),
    [
        ("tpv3", "", "", "error: no shipped machine is called 'tpv3'; did you mean 'tpuv3'?"),
        ("8x8", "walk [64 : 4] to %X", "walk [65 : 4] to %X", "tog.load: TD3: a transfer moves as"),
        (
            "8x8",
            "walk [64 : 4] to %X",
            "walk [0 : 4] to %X",
            "tog.load: TD4: a dimension of a walk",
        ),
        (
            "8x8",
            "at 0 walk [64 : 4] to %X",
            "at 4 walk [64 : 4] to %X",
            "tog.load: TD5: a walk stays",
        ),
        ("8x8", "at 0 :", "at 99999999 :", "error: kernel 'copy': buffer 'X' ends at byte"),
        ("8x8", "tog.load", "tog.laod", "Operation tog.laod is not registered"),
    ],
)
def test_a_mistake_is_one_message_and_status_1(
    togsim: Togsim, graph: Path, config: str, old: str, new: str, message: str
) -> None:
    graph.write_text(GRAPH.replace(old, new) if old else GRAPH)
    done = togsim("run", graph, "--config", config)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_a_file_that_cannot_be_written_is_told(togsim: Togsim, graph: Path, tmp_path: Path) -> None:
    for option in ("--json", "--log"):
        done = togsim("run", graph, "--config", "8x8", option, tmp_path / "no" / "file")
        assert (done.returncode, done.stdout) == (1, "")
        assert "cannot be written" in done.stderr
        assert "Traceback" not in done.stderr


def test_version_is_told(togsim: Togsim) -> None:
    done = togsim("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("togsim ")


def test_several_graphs_run_together_each_with_its_schedule(
    togsim: Togsim, graph: Path, tmp_path: Path
) -> None:
    at_sign = tmp_path / "a@b.mlir"
    at_sign.write_text(GRAPH)
    first, second = f"{graph}@request=one", f"{at_sign}@queue=1,arrival_ns=20,priority=-3"
    done = togsim("run", first, second, at_sign, "--config", "tpuv3_c2_partition",
                  "--json", tmp_path / "r.json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    launches = json.loads((tmp_path / "r.json").read_text())["launches"]
    said = [(one["queue"], one["priority"], one["request"], one["arrival"]) for one in launches]
    # 20 ns at 940 MHz are 18.8 cycles
    assert said == [(0, 0, "one", 0), (1, -3, "", 19), (0, 0, "", 0)]
    assert [one["start"] for one in launches] == [0, 19, launches[0]["end"]]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("queu=1", "'queu' is not known; expected queue, arrival_ns, priority, request; did you"),
        ("queue=1.5", "queue is '1.5'; expected a whole number"),
        ("queue=0,queue=0", "'queue' is given twice; give it once"),
        ("queue=1", "launch 0: is on queue 1; expected a queue from 0 to 0 (the machine's num_p"),
        ("arrival_ns=-1", "launch 0: arrives at -1 ns; expected a time from 0"),
    ],
)
def test_a_wrong_schedule_is_told(togsim: Togsim, graph: Path, given: str, message: str) -> None:
    done = togsim("run", f"{graph}@{given}", "--config", "8x8")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert message in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("A", "--config", "8x8", "B"),
        ("--config", "8x8", "A", "--plain", "B"),
        ("A", "B", "--config", "8x8"),
        ("A", "--config", "8x8", "B", "--plain", "A"),
    ],
)
def test_graphs_may_stand_around_options(
    togsim: Togsim, graph: Path, tmp_path: Path, words: tuple[str, ...]
):
    other = tmp_path / "b.mlir"
    other.write_text(GRAPH)
    named = {"A": f"{graph}@request=a", "B": f"{other}@request=b"}
    done = togsim("run", *(named.get(w, w) for w in words), "--json", tmp_path / "r.json")
    assert done.returncode == 0, done.stderr
    launches = json.loads((tmp_path / "r.json").read_text())["launches"]
    assert [one["request"] for one in launches] == [w.lower() for w in words if w in named]


@pytest.mark.parametrize("wrong", [("--palin",), ("B", "--palin"), ("--palin", "B")])
def test_a_wrong_option_among_graphs_is_told(togsim: Togsim, graph: Path, wrong: tuple[str, ...]):
    done = togsim("run", graph, "--config", "8x8", *wrong)
    assert done.returncode == 2
    assert f"unrecognized arguments: {' '.join(wrong)}" in done.stderr
