"""A second run and another process give the same IR, graph, log and JSON; only seconds differ."""

import json
import os
import re
import subprocess
import sys

import pytest

MODEL = """
import torch
from torch import nn
torch.manual_seed(0)
layers = {layers}
model, inputs = nn.Sequential(*layers), (torch.randn(21, 39),)
"""

MODELS = {
    "small.py": "nn.Linear(39, 25), nn.GELU(), nn.Softmax(-1)",
    "model.py": "nn.Linear(39, 25), nn.GELU(), nn.LayerNorm(25), nn.Linear(25, 10), nn.Softmax(-1)",
}

RUN_EACH = """
import sys
from npu.frontend.cli import main
what, config, *folders = sys.argv[1:]
for folder in folders:
    main(["run", what, "--config", config, "--dump", folder])
"""


def run_in_a_process(what, config, hash_seed, cache, folders):
    """Runs `what` once into each folder, in one process with a seed of Python's hashes."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "NPU_CACHE_DIR": str(cache)}
    arguments = [str(what), config, *map(str, folders)]
    done = subprocess.run(
        [sys.executable, "-c", RUN_EACH, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def without_seconds(value):
    """JSON values without wall times."""
    if isinstance(value, dict):
        timed = ("seconds", "wall_seconds")
        return {key: without_seconds(one) for key, one in value.items() if key not in timed}
    return [without_seconds(one) for one in value] if isinstance(value, list) else value


def left_behind(folder):
    """What a run wrote, by file name."""
    files = {path.name: path.read_text() for path in sorted(folder.iterdir())}
    files["togsim.log"] = re.sub(r"(?m)^Wall-clock time.*$", "", files["togsim.log"])
    reports = [name for name in files if name.endswith(".json")]
    assert reports, "no JSON"
    return files | {name: without_seconds(json.loads(files[name])) for name in reports}


@pytest.mark.parametrize(
    ("what", "config"),
    [
        ("gemm_129x61x56", "8x8"),
        ("layernorm_33x70", "tpuv3_c2"),
        ("small.py", "8x8"),
        pytest.param("gemm_129x61x56", "tpuv3_c2", marks=pytest.mark.slow),
        pytest.param("layernorm_33x70", "8x8", marks=pytest.mark.slow),
        pytest.param("model.py", "8x8", marks=pytest.mark.slow),
        pytest.param("model.py", "tpuv3_c2", marks=pytest.mark.slow),
    ],
)
def test_reruns_and_other_processes(tmp_path, what, config):
    if what in MODELS:
        layers, what = MODELS[what], tmp_path / what
        what.write_text(MODEL.format(layers=layers))
    cold, warm, other = (tmp_path / name for name in ("cold", "warm", "other"))
    run_in_a_process(what, config, "1", tmp_path / "cache", [cold, warm])
    run_in_a_process(what, config, "2", tmp_path / "cache", [other])
    assert left_behind(cold) == left_behind(warm)
    assert left_behind(cold) == left_behind(other)
