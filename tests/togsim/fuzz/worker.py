"""Runs damaged inputs of one kind: `worker.py KIND FIRST COUNT`; prints a JSON report.

A case ends well with a success or with a UserError that tells what is wrong. A simulation that is
merely long is interrupted, which must work at once. All else is a defect. The number of the case in
work stands on stderr, for the case that takes the process along.
"""

from __future__ import annotations

import json
import math
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from random import Random

from kinds import FILE, KINDS, Kind
from mutations import numbers_in

from npu.configs.errors import UserError

LONG_SECONDS = 1.0
"""A case is interrupted after this processor time: other work on the computer does not count."""

STUCK_SECONDS = 5.0
"""A case that goes on for so long after it was interrupted is a defect."""

MEMORY_BYTES = 4 << 30
"""Address space of the worker: a case that wants more ends in a MemoryError, a defect."""

WHOLE = 1 << 62
"""No number of an accepted input lies beyond."""


class Interrupted(BaseException):
    """A case has taken its time."""


def run_case(kind: Kind, name: str, number: int, folder: Path) -> tuple[str, str]:
    """How a case ended (`success`, `refused`, `long` or `defect`), and what is to be said of it."""
    made = kind.make(Random(f"{name} {number}"), folder)
    what = None
    signal.setitimer(signal.ITIMER_PROF, LONG_SECONDS)
    try:
        what = kind.read(made)
        kind.run(what)
    except UserError as error:
        return _judge_message(str(error), must_name_file=kind.is_file and what is None)
    except Interrupted:
        return _judge_interruption(traceback.format_exc())
    except BaseException:
        return "defect", traceback.format_exc(limit=-4)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    wild = [n for n in numbers_in(what) if not math.isfinite(n) or abs(n) > WHOLE]
    return ("defect", f"accepted with {wild}") if wild else ("success", "")


def _judge_message(message: str, *, must_name_file: bool) -> tuple[str, str]:
    """A message says what is wrong, and in which file when that could not be read."""
    words = len(message.split())
    if words < 4 or "Traceback" in message or " object at 0x" in message:
        return "defect", f"a useless message: {message!r}"
    if must_name_file and FILE not in message:
        return "defect", f"a message without its file: {message!r}"
    return "refused", message


def _judge_interruption(trace: str) -> tuple[str, str]:
    """Only a simulation may take long."""
    if any(
        run in trace for run in ("self._raw.run", "_togsim.noc_traffic(", "_togsim.dram_trace(")
    ):
        return "long", ""
    return "defect", f"takes long outside the simulation:\n{trace[-1500:]}"


def _interrupt(*_: object) -> None:
    raise Interrupted


def main() -> None:
    """Runs the cases that the command line names."""
    name, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGPROF, _interrupt)
    warnings.simplefilter("ignore")
    ends: Counter[str] = Counter()
    defects: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + count):
            sys.stderr.write(f"{number}\n")
            started = time.process_time()
            end, text = run_case(KINDS[name], name, number, Path(folder))
            if time.process_time() - started > LONG_SECONDS + STUCK_SECONDS:
                end, text = "defect", "did not let itself be interrupted"
            ends[end] += 1
            if end == "defect":
                defects.append({"case": number, "what": text})
    sys.stdout.write(json.dumps({"ends": ends, "defects": defects}))


if __name__ == "__main__":
    main()
