"""Spike and the reference executor beside eager PyTorch in float64, by a tolerance of the test's.

For programs of which float32 rounding decides an element here and there, so that their own bounds
say nothing about it.
"""

import numpy as np

from npu.runtime.progress import StageClock
from npu.runtime.reference import run_module
from npu.runtime.session import spike_run


def near_eager(whole, machine, relative):
    """All outputs have NaN and infinities where PyTorch's have them, and are else near those."""
    program = whole.compile(machine)
    values, wanted = whole.imported.values, whole.expected.doubles
    on_spike = spike_run(program, values, StageClock()).outputs
    for outputs in (on_spike, run_module(program.module, values, cores=machine.num_cores)):
        for number, (found, exact) in enumerate(zip(outputs, wanted, strict=True)):
            size = np.abs(exact[np.isfinite(exact)]).max(initial=0.0)
            np.testing.assert_allclose(
                found, exact, rtol=relative, atol=relative * min(size, 1.0), err_msg=str(number)
            )
