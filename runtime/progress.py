"""Progress of a run: which stage works now, and the seconds each took."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

Listener = Callable[[str, float | None], None]
"""Called with (stage, None) when a stage starts and (stage, seconds) when it ends."""


def silent(_stage: str, _seconds: float | None) -> None:
    """A listener that shows nothing."""


@dataclass
class StageClock:
    """Seconds of wall time by stage, in the order the stages first ran."""

    listener: Listener = silent
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Times what happens inside as stage `name`; several uses of a name add up."""
        self.listener(name, None)
        start = time.perf_counter()
        yield
        spent = time.perf_counter() - start
        self.seconds[name] = self.seconds.get(name, 0.0) + spent
        self.listener(name, self.seconds[name])
