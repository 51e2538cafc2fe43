"""What all tests share."""

import gc
import signal
import threading

from hypothesis import Phase, settings

# For `make mutation`: that a test fails is all there is to know, and shrinking takes minutes.
settings.register_profile("unshrunk", phases=(Phase.explicit, Phase.generate))

# For `make test-full`: `tests.examples` makes as many examples as a test should see now and then.
settings.register_profile("full")

# What a test leaves in circles is looked for seldom, and never among what modules hold: with
# PyTorch and xDSL in memory the search took a tenth of a short run.
gc.set_threshold(50_000, 10, 10)

# A shell starts its background jobs with SIGINT ignored, and processes that tests start inherit
# that: the tests of Ctrl-C need it heard, however the gate itself was started.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish():
    """All test modules, and what they import, are in memory, to stay."""
    gc.collect()
    gc.freeze()
