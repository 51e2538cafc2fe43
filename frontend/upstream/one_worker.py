"""The worker process of this process: started when it is first asked, kept for what is asked later.

Starting one takes half a second, most of it to load upstream. One that dies has taken nothing with
it but its request.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock
from typing import Any

from npu.configs.interruption import cleared_away


class WorkerDied(Exception):
    """Upstream took its process down; the text is the last that it said."""


class _Worker:
    """A running worker; it ends at the end of its standard input, hence with this process."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.answered = 0
        self._said = tempfile.TemporaryFile(prefix="npu-upstream-")  # noqa: SIM115 - lives as long
        command = [sys.executable, "-P", "-m", "npu.frontend.upstream.worker"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=self._said, text=True
        )

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one request; whatever ends this call early ends the worker, too."""
        self._forget_what_was_said()
        try:
            with cleared_away(self._process.kill):
                line = self._exchange(json.dumps(request) + "\n")
        except BaseException:
            self.end()
            raise
        if not line.endswith("\n"):
            raise WorkerDied(self._last_words())
        self.answered += 1
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _exchange(self, line: str) -> str:
        """Sends a line and takes one; an end of either pipe gives an empty one."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except BrokenPipeError:
            return ""
        return self._process.stdout.readline()

    @property
    def is_ours(self) -> bool:
        """Whether it runs, and was not started by the process that we were forked from."""
        return self.owner == os.getpid() and self._process.poll() is None

    def end(self) -> None:
        """Ends the process, whatever it does, and forgets what was on its way."""
        self._process.kill()
        with suppress(OSError, ValueError):  # what was left unsent cannot be sent, or all is closed
            self._process.communicate()
        self._said.close()

    def _forget_what_was_said(self) -> None:
        """Both processes write at one place of the file, which goes back to the beginning."""
        self._said.seek(0)
        self._said.truncate()

    def _last_words(self) -> str:
        """The last line that it said before it left, which closed its standard output."""
        self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").splitlines()
        lines = [line for line in said if line.strip()]
        return (
            lines[-1] if lines else f"it left with code {self._process.returncode} and no message"
        )


_lock = Lock()
_workers: list[_Worker] = []
"""At most one."""


def ask(request: Mapping[str, Any]) -> dict[str, Any]:
    """Asks this process's worker (the requests and answers of `npu.frontend.upstream.worker`).

    A worker that dies and had answered before is not believed: a fresh one is asked once more.

    Raises:
        WorkerDied: upstream took the process down.
    """
    with _lock:
        worker = _current()
        try:
            return worker.ask(request)
        except WorkerDied:
            if not worker.answered:
                raise
        return _current().ask(request)


def _current() -> _Worker:
    """The worker that is there, or a new one."""
    if not (_workers and _workers[0].is_ours):
        _end()
        _workers[:] = [_Worker()]
    return _workers[0]


@atexit.register
def _end() -> None:
    """Nothing is left running or open behind this process."""
    for worker in _workers:
        if worker.owner == os.getpid():
            worker.end()
