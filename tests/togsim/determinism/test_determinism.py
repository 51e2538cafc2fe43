"""Equal runs leave equal bytes: in other processes, at other addresses, with other hashes.

Systems place every process at addresses of its own.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = Path(__file__).parent / "probe.py"
THINGS = {"cycles", "json", "log", "trace"}


def probe(seed: str) -> dict[str, dict[str, str]]:
    """The digests of all machines, found by a process of its own."""
    done = subprocess.run(
        [sys.executable, PROBE],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, str]]:
    return probe("0")


def test_every_machine_leaves_everything(found: dict[str, dict[str, str]]) -> None:
    assert found.keys() == {"simple", "queues", "detailed DRAM", "L2", "network"}
    for name, digests in found.items():
        assert digests.keys() == THINGS, name
    for thing in ("json", "trace"):
        digests = [one[thing] for one in found.values()]
        assert len(set(digests)) == len(digests), f"machines with equal {thing}"


@pytest.mark.parametrize(
    "seed",
    [pytest.param("0", marks=pytest.mark.slow), pytest.param("1", marks=pytest.mark.slow), "4242"],
)
def test_other_processes_find_the_same(found: dict[str, dict[str, str]], seed: str) -> None:
    assert probe(seed) == found
