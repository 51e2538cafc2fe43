"""What the simulator may cost, and that it can be stopped."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "togsim_speed.py"


def command(*arguments: str) -> tuple[list[str], dict[str, str]]:
    return [sys.executable, str(BENCHMARK), *arguments], {"PYTHONPATH": ":".join(sys.path)}


def figure(text: str, name: str) -> float:
    found = re.search(rf"^{name} +([\d.,]+)", text, re.MULTILINE)
    assert found is not None
    return float(found.group(1).replace(",", ""))


def test_gemm_2048_takes_under_2_seconds_and_200_mb() -> None:
    arguments, environment = command("--size", "2048")
    run = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    assert figure(run.stdout, "seconds") < 2
    assert figure(run.stdout, "peak memory") < 200


def test_ctrl_c_stops_a_long_simulation() -> None:
    # 32768^3 in tiles of 512: minutes of work
    arguments, environment = command("--size", "32768")
    with subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
