"""Outputs of every command where users put them: links, pipes, devices, their own inputs."""

import json
import os
import stat
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import npu.configs
from npu.frontend import cli
from npu.passes import npu_opt
from npu.runtime import togsim_cli

EMPTY = "builtin.module {\n}\n"
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
CONFIGS = Path(npu.configs.__file__).parent
NPU = (cli.main, ["run", "softmax_2x8", "--config", "8x8", "--no-functional"])
NPU_OPT = (npu_opt.main, ["a.mlir"])
TOGSIM = (togsim_cli.main, ["run", "g.mlir", "--config", "m.yaml"])
DRAM = (togsim_cli.main, ["dram", "dram.yaml", "requests.txt"])
NOC = (togsim_cli.main, ["noc", "n.icnt", "--packet-flits", "1", "--rate", "0.1"])

Command = tuple[Callable[[Sequence[str]], None], list[str]]

OUTPUTS: list[tuple[Command, str]] = [
    (NPU, "--json"),
    (NPU, "--trace"),
    (NPU_OPT, "-o"),
    (TOGSIM, "--json"),
    (TOGSIM, "--log"),
    (TOGSIM, "--trace"),
    (DRAM, "--json"),
    (DRAM, "--commands"),
    (NOC, "--json"),
]
IDS = [" ".join([command[1][0], option]) for command, option in OUTPUTS]
each_output = pytest.mark.parametrize(("command", "option"), OUTPUTS, ids=IDS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the inputs of every command."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path / "cache"))
    Path("a.mlir").write_text(EMPTY)
    Path("g.mlir").write_text(GRAPH)
    Path("requests.txt").write_text("0 0 R\n")
    for name, shipped in [
        ("m.yaml", "machines/8x8.yaml"),
        ("dram.yaml", "ramulator2/ddr4_16gb_1600.yaml"),
        ("n.icnt", "icnt/mesh4x4.icnt"),
    ]:
        Path(name).write_text((CONFIGS / shipped).read_text())
    return tmp_path


def run(command: Command, *more: str) -> None:
    main, words = command
    main([*words, *more])


def refused(command: Command, *more: str, capfd: pytest.CaptureFixture[str]) -> str:
    """What a command says that must end with one message."""
    with pytest.raises(SystemExit) as ended:
        run(command, *more)
    said = capfd.readouterr().err
    assert ended.value.code == 1
    assert said.startswith("error: ")
    assert "Traceback" not in said
    assert said.count("\n") == 1
    return said


@each_output
def test_a_link_and_the_mode_of_its_file_stay(command: Command, option: str):
    Path("run1").write_text("old")
    Path("run1").chmod(0o640)
    Path("latest").symlink_to("run1")
    run(command, option, "latest")
    assert Path("latest").is_symlink()
    assert Path("run1").read_bytes() not in (b"", b"old")
    assert stat.S_IMODE(Path("run1").stat().st_mode) == 0o640


@each_output
def test_a_link_to_nothing_yet_is_followed(command: Command, option: str):
    Path("latest").symlink_to("run2")
    run(command, option, "latest")
    assert Path("latest").is_symlink()
    assert Path("run2").stat().st_size > 0


@each_output
def test_a_pipe_stays_one(command: Command, option: str):
    os.mkfifo("pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(Path("pipe").read_bytes()), daemon=True)
    reader.start()
    run(command, option, "pipe")
    assert Path("pipe").is_fifo()
    reader.join(10)
    assert len(got) == 1
    assert got[0]


@each_output
def test_a_full_disk_is_told(command: Command, option: str, capfd: pytest.CaptureFixture[str]):
    Path("full").symlink_to("/dev/full")
    said = refused(command, option, "full", capfd=capfd)
    assert "No space left on device); expected room on the disk" in said
    assert Path("full").readlink() == Path("/dev/full")


@each_output
def test_a_file_with_two_names_keeps_them(command: Command, option: str):
    Path("one").write_text("old")
    Path("two").hardlink_to("one")
    run(command, option, "one")
    assert Path("two").read_bytes() == Path("one").read_bytes() != b"old"


@each_output
def test_dash_is_standard_output_and_nothing_else_is_on_it(
    command: Command, option: str, capfdbinary: pytest.CaptureFixture[bytes]
):
    run(command, option, "file")
    capfdbinary.readouterr()
    run(command, option, "-")
    said = capfdbinary.readouterr().out
    assert not Path("-").exists()
    if option == "--json":
        assert json.loads(said).keys() == json.loads(Path("file").read_bytes()).keys()
    elif option == "--log":  # but for the seconds
        assert said.splitlines()[:-1] == Path("file").read_bytes().splitlines()[:-1]
    else:
        assert said == Path("file").read_bytes()


INPUTS = [
    *((command, option, "m.yaml", "the machine") for command, option in OUTPUTS[3:6]),
    *((command, option, "g.mlir", "a graph") for command, option in OUTPUTS[3:6]),
    (NPU_OPT, "-o", "a.mlir", "the input"),
    (DRAM, "--json", "dram.yaml", "the configuration"),
    (DRAM, "--commands", "requests.txt", "the trace"),
    (NOC, "--json", "n.icnt", "the network"),
]


@pytest.mark.parametrize("through", ["name", "link", "hard link"])
@pytest.mark.parametrize(("command", "option", "name", "what"), INPUTS)
def test_an_input_is_no_output(
    command: Command,
    option: str,
    name: str,
    what: str,
    through: str,
    capfd: pytest.CaptureFixture[str],
):
    before = Path(name).read_text()
    given = Path("given" if through != "name" else name)
    if through == "link":
        given.symlink_to(name)
    if through == "hard link":
        given.hardlink_to(name)
    said = refused(command, option, str(given), capfd=capfd)
    assert f"{option} {given}: is {what}, which would be lost; choose another" in said
    assert Path(name).read_text() == before


@pytest.mark.parametrize("option", ["--json", "--trace"])
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("p.mlir", "the program"),
        ("m.yaml", "the machine"),
        ("e.yaml", "the table of energies"),
        ("deep/d.yaml", "a Ramulator 2 configuration"),
    ],
)
def test_an_input_of_npu_run_is_no_output(
    option: str, name: str, what: str, capfd: pytest.CaptureFixture[str]
):
    Path("p.mlir").write_text("func.func @main() { return }")
    Path("m.yaml").write_text(
        (CONFIGS / "machines/8x8_ramulator2.yaml")
        .read_text()
        .replace("../ramulator2/", "deep/d.yaml #")
    )
    Path("deep").mkdir()
    Path("deep/d.yaml").write_text((CONFIGS / "ramulator2/ddr4_16gb_1600.yaml").read_text())
    Path("e.yaml").write_text((CONFIGS / "energy/ddr4_45nm.yaml").read_text())
    command = (cli.main, ["run", "p.mlir", "--config", "m.yaml", "--energy", "e.yaml"])
    assert f"{option} {name}: is {what}" in refused(command, option, name, capfd=capfd)


def test_a_machine_that_a_pass_reads_is_no_output(capfd: pytest.CaptureFixture[str]):
    passes = (npu_opt.main, ["a.mlir", "-p", 'npu-tile{machine="m.yaml"}'])
    assert "-o m.yaml: is the machine" in refused(passes, "-o", "m.yaml", capfd=capfd)


def test_a_stage_that_is_picked_up_is_not_overwritten(capfd: pytest.CaptureFixture[str]):
    run(NPU, "--dump", "out", "--no-timing")
    stage = Path("out/00-linalg.mlir")
    before = stage.read_text()
    again = (cli.main, ["run", str(stage), "--config", "8x8", "--no-functional", "--dump", "out"])
    said = refused(again, capfd=capfd)
    assert "--dump out/00-linalg.mlir: is the program, which would be lost" in said
    assert stage.read_text() == before


@pytest.mark.parametrize("second", ["same", "./same", "link", "hard link"])
@pytest.mark.parametrize(
    ("command", "first", "other"),
    [(TOGSIM, "--json", "--log"), (TOGSIM, "--trace", "--json"), (DRAM, "--json", "--commands")],
)
def test_two_outputs_are_two_files(
    command: Command, first: str, other: str, second: str, capfd: pytest.CaptureFixture[str]
):
    Path("link").symlink_to("same")
    if second == "hard link":
        Path("same").write_text("old")
        Path("hard link").hardlink_to("same")
    said = refused(command, first, "same", other, second, capfd=capfd)
    assert "goes to the same file; choose another" in said


def test_a_report_and_the_run_s_folder_are_two_places(capfd: pytest.CaptureFixture[str]):
    said = refused(NPU, "--dump", "out", "--json", "out/togsim.log", capfd=capfd)
    assert "--json out/togsim.log: --dump goes to the same file" in said


def test_a_device_may_take_several_outputs():
    """Through links: a test must not risk the computer's own."""
    for name in ("one", "two", "three"):
        Path(name).symlink_to("/dev/null")
    run(TOGSIM, "--json", "one", "--log", "two", "--trace", "three")
    assert all(Path(name).is_symlink() for name in ("one", "two", "three"))


def test_a_folder_for_results_through_a_link():
    Path("latest").symlink_to("run3")
    run(NPU, "--dump", "latest", "--no-timing")
    assert Path("latest").is_symlink()
    assert Path("run3/report.json").is_file()
