"""10,000 damaged inputs: each works, or ends in a message that tells what is wrong.

Cases have numbers: `python tests/togsim/fuzz/worker.py KIND NUMBER 1` runs one alone.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

WORKER = Path(__file__).parent / "worker.py"
SECONDS_PER_CASE = 1.0
"""On average, on a busy computer; a case that hangs takes the batch with it."""

QUICK = {
    "graph": 60,
    "program": 120,
    "machine": 50,
    "dram": 40,
    "requests": 75,
    "energy": 50,
    "icnt": 100,
    "anynet": 100,
    "l2d": 150,
    "plan": 100,
    "plan_python": 75,
}
ALL = {
    "graph": 3000,
    "program": 2500,
    "machine": 1500,
    "dram": 1000,
    "requests": 500,
    "energy": 500,
    "icnt": 1000,
    "anynet": 500,
    "l2d": 1000,
    "plan": 500,
    "plan_python": 500,
}
BATCH = 500


def run(kind: str, first: int, count: int) -> dict[str, int]:
    """How the cases ended; fails with every defect, and with the case that killed its process."""
    process = subprocess.Popen(
        [sys.executable, WORKER, kind, str(first), str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "0"},
    )
    try:
        out, err = process.communicate(timeout=10 + SECONDS_PER_CASE * count)
    except subprocess.TimeoutExpired:
        process.kill()
        _, err = process.communicate()
        pytest.fail(f"{kind}: hangs: {err[-1000:]}")
    assert process.returncode == 0, f"{kind}: dies with {process.returncode}: {err[-1000:]}"
    report = json.loads(out)
    lines = "\n".join(f"{kind} {d['case']}: {d['what']}" for d in report["defects"][:10])
    assert not report["defects"], f"{len(report['defects'])} defects\n{lines}"
    return report["ends"]


@pytest.mark.parametrize("kind", QUICK)
def test_some_damaged_inputs(kind: str) -> None:
    ends = run(kind, 0, QUICK[kind])
    assert ends["refused"] > 0
    assert sum(ends.values()) == QUICK[kind]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "first"),
    [(kind, first) for kind, count in ALL.items() for first in range(0, count, BATCH)],
)
def test_all_damaged_inputs(kind: str, first: int) -> None:
    ends = run(kind, first, BATCH)
    assert ends["refused"] > 0
    assert ends["success"] > 0


def test_there_are_ten_thousand() -> None:
    assert sum(ALL.values()) >= 10_000
    assert QUICK.keys() == ALL.keys()


def test_the_worker_finds_defects() -> None:
    """The suite would show a traceback, a useless message and a hang if there were any."""
    script = (
        "import sys; sys.argv = ['worker', 'probe', '0', '4']\n"
        f"sys.path.insert(0, {str(WORKER.parent)!r})\n"
        "import itertools, kinds, worker\n"
        "from npu.configs.errors import UserError\n"
        "acts = itertools.count()\n"
        "def read(_):\n"
        "    match next(acts):\n"
        "        case 0: return {}['x']\n"
        "        case 1: raise UserError('no')\n"
        "        case 2:\n"
        "            while True: pass\n"
        "    return float('nan')\n"
        "kinds.KINDS['probe'] = kinds.Kind(lambda rng, folder: 0, read, lambda it: it)\n"
        "worker.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    whats = [defect["what"] for defect in json.loads(done.stdout)["defects"]]
    assert [
        "KeyError" in whats[0],
        "useless" in whats[1],
        "takes long" in whats[2],
        "nan" in whats[3],
    ] == [True] * 4
