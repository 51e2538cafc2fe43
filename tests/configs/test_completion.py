"""What a shell is answered that asks a command what could follow."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from npu.passes.universe import PASSES

MODULES = {
    "npu": "npu.frontend.cli",
    "npu-opt": "npu.passes.npu_opt",
    "togsim": "npu.runtime.togsim_cli",
}


def completed(line: str, folder: Path) -> list[str]:
    """What could stand at the end of `line`."""
    answer = folder / ".answer"
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    command = [sys.executable, "-m", MODULES[line.split()[0]]]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=os.environ | asked, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return answer.read_text().split("\n")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("npu con", ["config"]),
        ("npu run --no-f", ["--no-functional"]),
        ("npu run a --config tpuv3_c2_p", ["tpuv3_c2_partition"]),
        ("npu run a --config 8", ["8x8", "8x8_ramulator2", "8.yaml"]),
        ("npu run soft", ["softmax_"]),
        ("npu run mod", ["model.py", "models/"]),
        ("npu run models/", ["models/deep.py"]),
        ("npu config show tpuv6e_", ["tpuv6e_ramulator2"]),
        ("togsim run model.py --config 32", ["32x32"]),
        ("togsim run --energy hb", ["hbm2_7nm"]),
        ("togsim noc --mode th", ["throughput"]),
        ("npu-opt model.py -p npu-", list(PASSES)),
        ("npu-opt model.py -p npu-group,npu-m", ["npu-group,npu-map"]),
    ],
)
def test_completion(line: str, expected: list[str], tmp_path: Path):
    (tmp_path / "model.py").write_text("")
    (tmp_path / "8.yaml").write_text("")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "deep.py").write_text("")
    assert [one.rstrip() for one in completed(line, tmp_path)] == expected


def test_the_page_s_command_is_installed():
    assert shutil.which("register-python-argcomplete", path=str(Path(sys.executable).parent))
