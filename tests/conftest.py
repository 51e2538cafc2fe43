"""What all tests share."""

import signal
import threading

# A shell starts its background jobs with SIGINT ignored, and processes that tests start inherit
# that: the tests of Ctrl-C need it heard, however the gate itself was started.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
