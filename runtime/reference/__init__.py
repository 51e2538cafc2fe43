"""The reference executor: the meaning of the IR at every stage, in numpy.

    outputs = run_module(module, inputs, cores=1)
    outputs = run_module(program.module, inputs, cores=2, order=Order("late", seed=3))

Slow and obvious on purpose. Whatever a pass does, the same inputs must give the same outputs before
and after it; that is how passes are tested. With an `order`, transfers take effect as late or as
early as the program lets them: a program that is right gives the same bits in every order.
"""

from npu.runtime.reference.executor import run_module
from npu.runtime.reference.order import Order, adversaries

__all__ = ["Order", "adversaries", "run_module"]
