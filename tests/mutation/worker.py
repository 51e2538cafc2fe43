"""A mutation is made in a copy of the tree, and its tests are run there."""

import queue
import re
import shlex
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.copied_tree import CopiedTree
from tests.mutation.mutation import Mutation

FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?::.*?)(?: - .*)?$", re.MULTILINE)
"""A test, or what it needs to be set up, that does not work any more."""

LIT_FAILED = re.compile(r"^\s+npu-toolkit :: (\S+)$", re.MULTILINE)
PYTEST = (
    "python -m pytest -q -x -n 0 -p no:cacheprovider --hypothesis-profile unshrunk -m 'not slow'"
)
MODULE = "_togsim.abi3.so"
BUILD_OPTIONS = "-G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1"


@dataclass(frozen=True)
class Outcome:
    """What became of one mutation."""

    mutation: str
    seconds: float
    caught_by: str | None
    """The test that fails with it; None when there is none."""
    problem: str = ""
    """Why there is none."""


class ProblemError(Exception):
    """Why nothing noticed a mutation."""


class Worker(threading.Thread):
    """Takes mutations from a queue and makes them in a copy of its own."""

    def __init__(
        self,
        folder: Path,
        waiting: "queue.Queue[Mutation]",
        done: "queue.Queue[Outcome]",
        *,
        builds: bool,
    ) -> None:
        super().__init__(daemon=True)
        self.waiting, self.done = waiting, done
        self.trial = Trial(folder, builds=builds)

    def run(self) -> None:
        while True:
            try:
                mutation = self.waiting.get_nowait()
            except queue.Empty:
                return
            start = time.monotonic()
            caught, problem = None, ""
            try:
                caught = self.trial.caught_by(mutation)
            except Exception as error:  # whatever it is, it belongs to this mutation
                problem = str(error) if isinstance(error, ProblemError) else repr(error)
            self.done.put(Outcome(mutation.name, time.monotonic() - start, caught, problem))


class Trial:
    """A copy of the tree in `folder`, made when the first mutation comes."""

    def __init__(self, folder: Path, *, builds: bool) -> None:
        self.folder, self.builds = folder, builds
        self._tree: CopiedTree | None = None

    @property
    def tree(self) -> CopiedTree:
        if self._tree is None:
            self._tree = CopiedTree(self.folder)
        return self._tree

    def caught_by(self, mutation: Mutation) -> str:
        """The test that fails with the mutation and passes without. Raises ProblemError."""
        status, printed = self._with(mutation)
        self._build()
        if status == 0:
            raise ProblemError("survived")
        is_lit = mutation.tests[0] == "lit"
        found = (LIT_FAILED if is_lit else FAILED).search(printed)
        if found is None:
            raise ProblemError(f"no test could be run:\n{printed[-2000:]}")
        again = ("lit", f"test/lit/{found[1]}") if is_lit else (found[1],)
        status, printed = self.tree.run(_command(again))
        if status != 0:
            raise ProblemError(f"{found[1]} fails without it too:\n{printed[-2000:]}")
        return found[1]

    def _with(self, mutation: Mutation) -> tuple[int, str]:
        """Status and output of the tests with the mutation made, which is taken back."""
        before = {edit.file: (self.tree.root / edit.file).read_bytes() for edit in mutation.edits}
        try:
            for edit in mutation.edits:
                path = self.tree.root / edit.file
                text = path.read_text(encoding="utf-8")
                if text.count(edit.old) != 1:
                    raise ProblemError(f"stale: {edit.file} has it {text.count(edit.old)} times")
                path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
            self._build()
            return self.tree.run(_command(mutation.tests))
        finally:
            for file, content in before.items():
                (self.tree.root / file).write_bytes(content)

    def _build(self) -> None:
        """Builds the copy's C++, incrementally."""
        if not self.builds:
            return
        build = shlex.quote(str(self.folder / "build"))
        self._must(f"cmake -S togsim -B {build} {BUILD_OPTIONS}")
        self._must(f"cmake --build {build} --target _togsim")
        shutil.copy(self.folder / "build" / MODULE, self.tree.root / "togsim" / MODULE)

    def _must(self, command: str) -> None:
        status, printed = self.tree.run(command)
        if status != 0:
            raise ProblemError(f"C++ does not compile:\n{printed[-2000:]}")


def _command(tests: Sequence[str]) -> str:
    if tests[0] == "lit":
        return f"lit -v {shlex.join(tests[1:])}"
    return f"{PYTEST} {shlex.join(tests)}"
