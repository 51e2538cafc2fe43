"""What all tests share."""

import signal
import threading

from hypothesis import Phase, settings

# For `make mutation`: that a test fails is all there is to know, and shrinking takes minutes.
settings.register_profile("unshrunk", phases=(Phase.explicit, Phase.generate))

# For `make test-full`: `tests.examples` makes as many examples as a test should see now and then.
settings.register_profile("full")

# A shell starts its background jobs with SIGINT ignored, and processes that tests start inherit
# that: the tests of Ctrl-C need it heard, however the gate itself was started.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
