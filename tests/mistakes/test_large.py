"""Programs whose values no computer holds: one message before anything is filled."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from npu.configs.errors import UserError
from npu.configs.host_memory import Room
from npu.frontend import cli
from npu.frontend.compile import compile as compile_model
from npu.frontend.workloads.by_name import workload
from npu.frontend.workloads.random_values import random_values
from npu.runtime.memory_need import Need, amount, check_memory
from npu.runtime.pieces import PIECE_BYTES

SUM = """
import torch
from torch import nn

class Sum(nn.Module):
    def forward(self, x, y):
        return {result}

model, inputs = Sum(), (torch.randn(300000, 1), torch.randn(1, 300000))
"""

LIMIT = """
import resource, sys
from npu.frontend import cli
resource.setrlimit(resource.RLIMIT_AS, ({gigabytes} << 30, resource.RLIM_INFINITY))
cli.main(sys.argv[1:])
"""


class Outer(nn.Module):
    """A result far larger than its inputs."""

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x + y


@dataclass
class Ended:
    """How a command ended in this process."""

    returncode: int
    stderr: str


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """`npu run ARGUMENTS` in the test's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path / "cache"))

    def run(*arguments: str) -> Ended:
        status = 0
        try:
            cli.main(["run", *arguments])
        except SystemExit as ended:
            status = int(ended.code or 0)
        return Ended(status, capfd.readouterr().err)

    return run


def test_an_output_of_360_gigabytes_and_the_advice(run: Run, tmp_path: Path) -> None:
    (tmp_path / "large.py").write_text(SUM.format(result="x + y"))
    done = run("large.py", "--config", "8x8")
    assert done.returncode == 1
    assert "error: the values of this program need 3.24 TB of memory" in done.stderr
    assert "1.44 TB for float64 and its limits for the largest tensor" in done.stderr
    assert "1.08 TB for the reference" in done.stderr
    assert "360 GB for output 0 memref<300000x300000xf32>" in done.stderr
    assert "give --no-functional" in done.stderr
    assert "Traceback" not in done.stderr
    advised = ("--no-functional", "--no-timing")
    assert all(flag in done.stderr for flag in advised)
    again = run("large.py", "--config", "8x8", *advised)
    assert (again.returncode, again.stderr) == (0, "")


EXPANDED = """
import torch
from torch import nn

model = nn.Linear(8, 4)
inputs = (torch.randn(1, 8).expand({rows}, 8),)
"""


def test_an_input_with_more_elements_than_its_memory(run: Run, tmp_path: Path) -> None:
    (tmp_path / "large.py").write_text(EXPANDED.format(rows=10**11))
    refused = run("large.py", "--config", "8x8")
    assert refused.returncode == 1
    assert "3.2 TB for the values of argument 2 memref<100000000000x8xf32>" in refused.stderr
    skipped = run("large.py", "--config", "8x8", "--no-functional", "--no-timing")
    assert (skipped.returncode, skipped.stderr) == (0, "")
    (tmp_path / "small.py").write_text(EXPANDED.format(rows=10))
    small = run("small.py", "--config", "8x8")
    assert (small.returncode, small.stderr) == (0, "")


def test_a_workload_of_gigabytes_under_a_limit(tmp_path: Path) -> None:
    code = LIMIT.format(gigabytes=4)
    command = [sys.executable, "-c", code, "run", "softmax_450000x2000", "--config", "8x8"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert "of which the limit of this process (ulimit -v) leaves" in done.stderr
    assert "3.6 GB for the values of argument 0 memref<450000x2000xf32>" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_small_program_runs_under_a_limit(tmp_path: Path) -> None:
    """Spike reserves the address space that the program needs, not all there may be."""
    code = LIMIT.format(gigabytes=4)
    command = [sys.executable, "-c", code, "run", "softmax_24x40", "--config", "8x8"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_compiled_model_and_the_advice() -> None:
    inputs = (torch.randn(300_000, 1), torch.randn(1, 300_000))
    compiled = compile_model(Outer(), inputs, "8x8")
    with pytest.raises(UserError, match="360 GB for output 0 memref<300000x300000xf32>") as caught:
        compiled.run(*inputs)
    assert "functional=False" in str(caught.value)
    outputs, report = compiled.run(*inputs, functional=False, timing=False)
    assert (outputs, report.simulation) == ((), None)


def test_needs_are_summed_and_the_largest_named() -> None:
    needs = [Need("a", 5), Need("b", 4), Need("c", 3), Need("d", 2), Need("e", 1)]
    check_memory(needs, "mend", Room(15, "the limit"))
    with pytest.raises(UserError) as caught:
        check_memory(needs, "mend", Room(14, "the limit"))
    assert str(caught.value) == (
        "the values of this program need 15 bytes of memory, of which the limit leaves 14 bytes; "
        "the largest are\n  5 bytes for a\n  4 bytes for b\n  3 bytes for c\n  and 2 smaller ones\n"
        "mend"
    )


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (999, "999 bytes"),
        (1000, "1 KB"),
        (999_499, "999 KB"),
        (999_500, "1 MB"),
        (10**30, "1e+12 EB"),
    ],
)
def test_amounts(count: int, text: str) -> None:
    assert amount(count) == text


def test_values_in_pieces_are_those_of_one_draw() -> None:
    count = 2 * (PIECE_BYTES // 4) + 777
    whole = np.random.default_rng(3).standard_normal(count, dtype=np.float32)
    assert np.array_equal(random_values(3, (count,)), whole)


def test_references_in_pieces_are_those_of_one_product() -> None:
    gemm = workload("gemm_700x300x500")
    a, b = (value.astype(np.float64) for value in gemm.program.values)
    doubles = gemm.reference().doubles
    assert doubles is not None
    (found,) = doubles
    assert np.allclose(found, a @ b, rtol=1e-14, atol=1e-13)
