"""The reference executor: the meaning of the IR at every stage, in numpy.

    outputs = run_module(module, inputs, cores=1)

Slow and obvious on purpose. Whatever a pass does, the same inputs must give the same outputs before
and after it; that is how passes are tested.
"""

from npu.runtime.reference.executor import run_module

__all__ = ["run_module"]
