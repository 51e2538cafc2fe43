"""Signals that end a command, within about a second, whatever it is doing.

Python runs its handlers between two of its own instructions: there the main thread raises
`Interrupted`, and all that is open is put in order on the way out. A call into a library (a matrix
product of PyTorch's, LLVM at work on one large function) may last longer. Then a thread of ours,
which the system wakes by a pipe, clears away what must not stay and ends the process. (A library
that does not let other threads run meanwhile is heard to the end of its call.)

What is raised in a destructor, or where an object's lock of imports is let go, Python only reports
and forgets: the same thread then sends the signal once more, a moment later.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a command with a message; the status is 128 + the signal, as shells have it."""

MESSAGE = "interrupted: no file was left half written; run again to start over"

_leave = os._exit  # the system's own: code of a user's may be kept from it meanwhile

_PATIENCE = 0.6
"""Seconds that the main thread has to hear a signal before it counts as deaf."""


_A_MOMENT = 0.02
"""Seconds after which a signal is sent once more that was forgotten."""

_FORGOTTEN = b"\0"
"""What tells the thread so; no signal has this number."""


class Interrupted(KeyboardInterrupt):
    """A signal asked the command to end; raised wherever the main thread was."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number

    @property
    def status(self) -> int:
        """The command's exit status."""
        return 128 + self.number


@contextmanager
def signals_as_exceptions() -> Generator[None]:
    """Inside, each of `SIGNALS` raises `Interrupted`; one that is ignored (nohup) stays so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.getsignal(one) for one in SIGNALS}
    ours = [one for one in SIGNALS if before[one] is not signal.SIG_IGN]
    listener = _Listener(frozenset(ours))
    listener.hear()
    try:
        yield
    finally:
        for one in ours:
            signal.signal(one, before[one])
        listener.close()


@contextmanager
def cleared_away(clear: Callable[[], None]) -> Generator[None]:
    """Inside, `clear` is also called when the process is ended past the main thread.

    It must be quick, and harmless where there is nothing to clear away.
    """
    _to_clear[key := object()] = clear
    try:
        yield
    finally:
        del _to_clear[key]


_to_clear: dict[object, Callable[[], None]] = {}


def _forget_signals() -> None:
    """In a child made by fork: what it hears is not for its parent."""
    with suppress(ValueError):
        signal.set_wakeup_fd(-1)


os.register_at_fork(after_in_child=_forget_signals)


class _Listener:
    """The thread that ends the process when the main thread does not."""

    def __init__(self, signals: frozenset[signal.Signals]) -> None:
        self._signals = signals
        self._heard = threading.Event()
        self._number = 0  # of the signal that was raised last
        self._reading, self._writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.set_blocking(self._reading, True)
        self._before = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        self._report, sys.unraisablehook = sys.unraisablehook, self._forgotten
        threading.Thread(target=self._listen, name="signals", daemon=True).start()

    def hear(self) -> None:
        """Takes the signals."""
        self._heard.clear()
        for one in self._signals:
            signal.signal(one, self.interrupt)

    def interrupt(self, number: int, _frame: FrameType | None) -> NoReturn:
        """Raises once: an impatient second Ctrl-C must not disturb the cleaning up."""
        self._heard.set()
        for one in SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        self._number = number
        raise Interrupted(number)

    def _forgotten(self, unraisable: sys.UnraisableHookArgs, /) -> None:
        """In the place of `sys.unraisablehook`, which is called where nothing can be raised."""
        if not isinstance(unraisable.exc_value, Interrupted):
            self._report(unraisable)
            return
        self.hear()
        os.write(self._writing, _FORGOTTEN)

    def close(self) -> None:
        """Ends the thread."""
        signal.set_wakeup_fd(self._before)
        sys.unraisablehook = self._report
        os.close(self._writing)

    def _listen(self) -> None:
        while received := os.read(self._reading, 1):
            if received == _FORGOTTEN:
                time.sleep(_A_MOMENT)
                signal.pthread_kill(threading.main_thread().ident or 0, self._number)
                continue
            if received[0] not in self._signals:
                continue
            if not self._heard.wait(_PATIENCE):
                _end(Interrupted(received[0]))
        os.close(self._reading)


def _end(error: Interrupted) -> NoReturn:
    """Ends the process at once, with the message and the status of any interrupted command."""
    for clear in list(_to_clear.values()):
        with suppress(Exception):
            clear()
    with suppress(OSError):
        os.write(2, f"{MESSAGE}\n".encode())
    _leave(error.status)
