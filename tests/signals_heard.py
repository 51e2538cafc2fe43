"""Children that hear signals however the tests were started: `nohup` and `&` leave some ignored.

A command keeps what it inherits (`npu.configs.interruption`), as it should; what is tested is
how it hears.
"""

import signal
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def signals_heard() -> Generator[None]:
    """A process that is started inside gets SIGINT, SIGTERM and SIGHUP as from a terminal."""
    ignored = [
        one
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(one) is signal.SIG_IGN
    ]
    for one in ignored:
        signal.signal(one, signal.SIG_DFL)
    try:
        yield
    finally:
        for one in ignored:
            signal.signal(one, signal.SIG_IGN)
