"""What `--help` says: every option of every command is explained, and ours come first."""

import argparse
from collections.abc import Iterator

import pytest

from npu.frontend import cli
from npu.passes.npu_opt import NpuOpt
from npu.passes.universe import PASSES
from npu.runtime import togsim_cli


def npu_opt_parser(monkeypatch: pytest.MonkeyPatch) -> argparse.ArgumentParser:
    made: list[argparse.ArgumentParser] = []

    def stop(parser: argparse.ArgumentParser, **_options: object) -> None:
        made.append(parser)
        raise InterruptedError

    with monkeypatch.context() as patched:
        patched.setattr(argparse.ArgumentParser, "parse_args", stop)
        with pytest.raises(InterruptedError):
            NpuOpt("", [])
    return made[0]


def below(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and those of its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from below(one)


def test_every_option_is_explained(monkeypatch: pytest.MonkeyPatch):
    roots = (cli._parser(), togsim_cli._parser(), npu_opt_parser(monkeypatch))
    parsers = [one for root in roots for one in below(root)]
    assert len(parsers) >= 10
    bare = [
        f"{parser.prog} {'/'.join(action.option_strings) or action.dest}"
        for parser in parsers
        for action in parser._actions
        if not action.help and not isinstance(action, argparse._SubParsersAction)
    ]
    assert bare == []
    assert [parser.prog for parser in parsers if not parser.description] in ([], ["npu-opt"])


def test_npu_opt_lists_our_passes_with_their_options_first(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        NpuOpt("npu-opt", ["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    options, ours, others = (
        said.split("passes of the NPU compiler")[0],
        said.split("passes of the NPU compiler")[1].split("passes of xDSL:")[0],
        said.split("passes of xDSL:")[1],
    )
    assert "convert-arith-to-riscv" not in options + ours
    assert "convert-arith-to-riscv" in others
    assert [line.split()[0] for line in ours.splitlines() if line.startswith("  npu-")] == list(
        PASSES
    )
    assert "    machine=tpuv3" in ours
    assert "    subtile=true" in ours


@pytest.mark.parametrize("value", ["true", "false"])
def test_an_option_is_taken_as_the_help_writes_it(value: str):
    NpuOpt("npu-opt", ["-p", f"npu-insert-dma{{subtile={value}}}"])
