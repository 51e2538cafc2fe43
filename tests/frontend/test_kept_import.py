"""Networks that were imported before: PyTorch is started only where values are wanted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from npu.frontend.imported import Argument, Imported
from npu.frontend.workloads import kept_import
from npu.frontend.workloads.kept_import import kept_import as kept


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path))
    return tmp_path


def network() -> Imported:
    """A program whose values tell that they were made."""
    values = [np.full((2,), float(number), np.float32) for number in range(3)]
    arguments = [
        Argument(f"a{number}", lambda value=value: value, number == 0, number == 2)
        for number, value in enumerate(values)
    ]
    return Imported("module {}\n", tuple(arguments), ("float32",))


def no_import() -> Imported:
    raise AssertionError("imported again")


def test_a_kept_import_is_the_one_that_was_made() -> None:
    made = kept("net", (1, 3), network)
    read = kept("net", (1, 3), no_import)
    assert (read.text, read.output_types) == (made.text, made.output_types)
    assert read.input_positions == (0,)
    assert read.rounded_positions == (2,)
    assert [one.name for one in read.arguments] == ["a0", "a1", "a2"]
    with pytest.raises(AssertionError, match="again"):
        _ = read.values


def test_values_are_made_when_they_are_asked_for() -> None:
    kept("net", (1, 3), network)
    for found, wanted in zip(kept("net", (1, 3), network).values, network().values, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("change", ["name", "shape", "code"])
def test_another_network_shape_or_compiler_is_imported(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept("net", (1, 3), network)
    if change == "code":
        monkeypatch.setattr(kept_import, "code_version", lambda: "another")
    name, shape = ("other" if change == "name" else "net"), (2, 3) if change == "shape" else (1, 3)
    with pytest.raises(AssertionError, match="again"):
        kept(name, shape, no_import)


STARTS = """
import sys
from npu.frontend.workloads import by_name
from npu.frontend.workloads.kept_import import import_cache, code_version
inputs = {"network": "resnet18", "shape": [1, 3, 32, 32], "code": code_version()}
x = ["x", True, False, "float32"]
kept = {"text": "module {}", "arguments": [x], "outputs": ["float32"]}
import_cache().put(inputs, kept)
found = by_name.workload("resnet18_1x3x32x32")
assert found.program.text == "module {}" and found.is_kept
assert "torch" not in sys.modules
"""


def test_pytorch_is_not_started_for_a_network_that_was_imported() -> None:
    subprocess.run([sys.executable, "-c", STARTS], check=True)
