"""Corrupted cache entries: one line of warning, the same result, a mended cache."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from npu.frontend import cli
from npu.runtime.entry_cache import digest

SOFTMAX = ("run", "softmax_24x40", "--config", "8x8", "--no-functional", "--json", "r.json")


def run() -> int:
    cli.main(SOFTMAX)
    return json.loads(Path("r.json").read_text())["total_cycles"]


def entries(folder: Path) -> list[Path]:
    """Those of tile timing."""
    return sorted((folder / "tile-timing").rglob("*.json"))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def garbage(path: Path) -> None:
    path.write_bytes(b"\xff\xd8 garbage")


def other_cycles(path: Path) -> None:
    text = path.read_text()
    path.write_text(text.replace('"cycles": ', '"cycles": 9'))


def empty(path: Path) -> None:
    path.write_text("")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def nested(path: Path) -> None:
    path.write_text("[" * 100_000)


def nested_inputs(path: Path) -> None:
    path.write_text('{"checksum": 1, "cycles": 1, "inputs": ' + "[" * 900 + "]" * 900 + "}")


def digits(path: Path) -> None:
    path.write_text('{"cycles": ' + "9" * 5000 + "}")


def true_cycles(path: Path) -> None:
    """A checksum that fits: a boolean counts as a whole number in Python."""
    entry = json.loads(path.read_text())
    del entry["checksum"]
    entry["cycles"] = True
    path.write_text(json.dumps({**entry, "checksum": digest(entry)}))


def a_list(path: Path) -> None:
    path.write_text("[1, 2]")


def huge(path: Path) -> None:
    path.write_text(" " * (1 << 21) + path.read_text())


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def ring(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


CORRUPTED = [
    *(truncated, garbage, other_cycles, empty, folder, nested, nested_inputs, digits),
    *(true_cycles, a_list, huge, pipe, endless, ring),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A cache after a run, and what the run found: not to be changed, but copied."""
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("NPU_CACHE_DIR", str(folder / "cache"))
        return folder / "cache", run()


@pytest.mark.parametrize("corrupt", CORRUPTED)
def test_corrupted_entry_is_told_and_mended(
    corrupt: Callable[[Path], None],
    filled: tuple[Path, int],
    cache_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NPU_CACHE_DIR", str(cache_folder))
    filled_folder, right = filled
    shutil.copytree(filled_folder, cache_folder)
    entry = entries(cache_folder)[0]
    text = entry.read_text()
    corrupt(entry)
    capfd.readouterr()
    assert run() == right
    said = capfd.readouterr().err
    assert said.startswith(f"warning: discarded the corrupted cache entry {entry}")
    assert said.count("\n") == 1
    assert entry.read_text() == text
    assert run() == right
    assert capfd.readouterr().err == ""


def test_cache_that_cannot_be_written_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path / "file" / "cache"))
    run()
    said = capfd.readouterr().err
    kernels, timing = said.splitlines()
    assert kernels.startswith("warning: cannot write the cache of kernels")
    assert timing.startswith("warning: cannot write the tile timing cache")
    assert all("set NPU_CACHE_DIR" in line for line in (kernels, timing))


def test_warnings_of_libraries_do_not_reach_users(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    process = start("-W", "default", "-m", "npu.frontend.cli", *SOFTMAX)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
