"""Makes every mutation in a copy of the tree and sees that a test notices: `make mutation`.

    python -m tests.mutation.run [--jobs N] [--only WORDS] [--cache FILE]

Each worker has a copy of its own; one more builds the simulator's C++ and makes the mutations of
that. Of a mutation the tests of its table are run up to the first that fails, and that one is run
again without the mutation, where it must pass. A survivor, a text that is not found, a test that
fails anyway, C++ that does not compile: each makes the run fail.

What was noticed is remembered by the contents of the whole copy and the mutation, so that a run
that was stopped goes on where it was.
"""

import argparse
import hashlib
import json
import queue
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path

from tests.copied_tree import COPIED, ROOT
from tests.mutation.mutation import Mutation
from tests.mutation.table import MUTATIONS
from tests.mutation.worker import Outcome, Worker

CACHE = ROOT / "build" / "mutation.json"


class Memory:
    """What was noticed, by the contents of the tree and the mutation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        self.tree = contents()

    def key(self, mutation: Mutation) -> str:
        return hashlib.sha256(f"{self.tree}{astuple(mutation)}".encode()).hexdigest()

    def keep(self, mutation: Mutation, test: str) -> None:
        self.known[self.key(mutation)] = test
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.known, indent=1))


def contents() -> str:
    """The digest of all that is copied, but for pages and the mutations themselves."""
    digest = hashlib.sha256()
    for name in (one for one in COPIED if one != "docs"):
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            own = Path(__file__).parent in file.parents
            if file.is_file() and not own and file.suffix not in {".so", ".pyc"}:
                digest.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def try_all(
    mutations: Sequence[Mutation], jobs: int, folder: Path, report: Callable[[Outcome], None]
) -> None:
    """Tries `mutations`; calls `report` with each outcome as it comes."""
    done: queue.Queue[Outcome] = queue.Queue()
    lines: dict[bool, queue.Queue[Mutation]] = {True: queue.Queue(), False: queue.Queue()}
    for mutation in mutations:
        lines[mutation.is_cpp].put(mutation)
    counts = {True: min(1, lines[True].qsize()), False: min(max(1, jobs), lines[False].qsize())}
    for builds, count in counts.items():
        for number in range(count):
            own = folder / f"{'builder' if builds else 'worker'}{number}"
            own.mkdir()
            Worker(own, lines[builds], done, builds=builds).start()
    for _ in mutations:
        report(done.get())


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description="Sees that a test notices each mutation.")
    parser.add_argument("--jobs", type=int, default=1, help="workers besides that of the C++")
    parser.add_argument("--only", default="", help="mutations whose name or file has this text")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where outcomes are remembered")
    options = parser.parse_args()
    chosen = {
        one.name: one
        for one in MUTATIONS
        if any(options.only in text for text in (one.name, *(edit.file for edit in one.edits)))
    }
    memory = Memory(options.cache)
    left: list[str] = []

    def report(outcome: Outcome) -> None:
        say(f"{outcome.seconds:6.1f} s  {outcome.mutation}")
        say(f"          {outcome.caught_by or f'NOT CAUGHT: {outcome.problem}'}")
        if outcome.caught_by is None:
            left.append(outcome.mutation)
        else:
            memory.keep(chosen[outcome.mutation], outcome.caught_by)

    waiting: list[Mutation] = []
    for one in chosen.values():
        test = memory.known.get(memory.key(one))
        if test is None:
            waiting.append(one)
        else:
            report(Outcome(one.name, 0.0, test))
    with tempfile.TemporaryDirectory(prefix="npu-mutation-") as folder:
        try_all(waiting, options.jobs, Path(folder), report)
    say(f"{len(chosen)} mutations, {len(left)} not caught" + "".join(f"\n  {one}" for one in left))
    return 1 if left or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
