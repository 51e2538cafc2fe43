"""The table of mistakes (`tables/*.yaml`): each ends in one message that names it.

An entry: `command` (words, or one text), `files` to make first (null makes a folder), `edits` of
those files, `says` (what standard error must hold, in this order), `status` (1 unless told),
`mended` (the advice of the message followed, each piece of it: further `edits`, or another
`command` or `files`; what comes out must do its work; with `slow`, only `make test-full` follows
it). A message that says what to do needs it.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from npu.configs.loader import SHIPPED_FOLDER
from npu.frontend import cli
from npu.frontend.workloads.gemm import gemm
from npu.passes import npu_opt
from npu.runtime import togsim_cli

RAMULATOR = SHIPPED_FOLDER.parent / "ramulator2"

COMMANDS = {"npu": cli.main, "npu-opt": npu_opt.main, "togsim": togsim_cli.main}
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
TEXTS = {
    "{8x8}": (SHIPPED_FOLDER / "8x8.yaml").read_text(encoding="utf-8"),
    "{8x8_ramulator2}": (SHIPPED_FOLDER / "8x8_ramulator2.yaml")
    .read_text(encoding="utf-8")
    .replace("../ramulator2/", "ramulator2/"),
    "{dram}": (RAMULATOR / "ddr4_16gb_1600.yaml").read_text(encoding="utf-8"),
    "{stage0}": gemm(256, 256, 256)[0].text,
    "{graph}": GRAPH,
    "{deep}": "builtin.module {\n" * 5000,
}
ADVICE = re.compile(
    r"did you mean|(?:; |: |, or )(?:write|add|remove|run|drop|choose|give|rename|make|put|use|"
    r"keep|call|create|declare|inline)\b|(?:model = |model\.|inputs = )\w+\("
)
"""Words with which a message says what to do instead."""
TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Mistake:
    """One entry of a table."""

    name: str
    command: str | list[str]
    says: list[str]
    files: dict[str, str | bytes | None] = field(default_factory=dict)
    edits: list[list[str]] = field(default_factory=list)
    status: int = 1
    mended: list[dict[str, Any]] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        return shlex.split(self.command) if isinstance(self.command, str) else self.command

    def after(self, advice: dict[str, Any]) -> Mistake:
        """The entry as it is when the advice is followed."""
        return replace(
            self,
            command=advice.get("command", self.command),
            files={**self.files, **advice.get("files", {})},
            edits=[*self.edits, *advice.get("edits", [])],
        )

    def prepare(self, folder: Path) -> None:
        """Makes the files."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.mkdir()
            else:
                path.write_bytes(content if isinstance(content, bytes) else self._text(content))

    def _text(self, content: str) -> bytes:
        for mark, text in TEXTS.items():
            content = content.replace(mark, text)
        for old, new in self.edits:
            content = content.replace(old, new)
        return content.encode()


def table(kind: str) -> list[Mistake]:
    loaded: list[dict[str, Any]] = yaml.safe_load((TABLES / f"{kind}.yaml").read_text("utf-8"))
    return [Mistake(**entry) for entry in loaded]


KINDS = sorted(path.stem for path in TABLES.glob("*.yaml"))
ENTRIES = [pytest.param(one, id=f"{kind}: {one.name}") for kind in KINDS for one in table(kind)]


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("mistake", ENTRIES)
def test_mistake(
    mistake: Mistake,
    cache: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    mistake.prepare(tmp_path)
    before = files_in(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NPU_CACHE_DIR", cache)
    command, *words = mistake.words
    with pytest.raises(SystemExit) as ended:
        COMMANDS[command](words)
    said = capfd.readouterr().err
    assert ended.value.code == mistake.status, said
    assert said.startswith("error: " if mistake.status == 1 else "usage: ")
    assert "Traceback" not in said
    assert "Warning" not in said
    position = 0
    for part in mistake.says:
        assert part in said[position:]
        position = said.index(part, position)
    assert {path for path in files_in(tmp_path) if "__pycache__" not in path} == before
    assert mistake.mended or not ADVICE.search(said), f"whether this helps is not tried: {said}"


MENDED = [
    pytest.param(
        one,
        advice,
        id=f"{kind}: {one.name}, {number}",
        marks=pytest.mark.slow if advice.get("slow") else (),
    )
    for kind in KINDS
    for one in table(kind)
    for number, advice in enumerate(one.mended)
]


@pytest.mark.parametrize(("mistake", "advice"), MENDED)
def test_advice_that_is_followed_works(
    mistake: Mistake,
    advice: dict[str, Any],
    cache: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mended = mistake.after(advice)
    assert mended != mistake
    mended.prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NPU_CACHE_DIR", cache)
    command, *words = mended.words
    try:
        COMMANDS[command](words)
    except SystemExit as ended:
        assert ended.code in (None, 0), "the advice leads to another mistake"  # noqa: PT017


def test_the_table_is_as_long_as_promised() -> None:
    assert len(ENTRIES) >= 45
