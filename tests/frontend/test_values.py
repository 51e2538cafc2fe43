"""The values of a program are made when somebody asks for them."""

import numpy as np

from npu.frontend.imported import Argument
from npu.frontend.source import open_source


def test_values_are_made_once_and_only_when_asked_for():
    made = []

    def make():
        made.append(1)
        return np.zeros((2, 3), np.float32)

    argument = Argument("a", make, is_input=True)
    assert not made
    assert argument.value is argument.value
    assert len(made) == 1


def test_a_workload_is_opened_without_drawing_gigabytes():
    source = open_source("gemm_32768x32768x32768")
    assert all("value" not in vars(argument) for argument in source.arguments)


def test_the_values_of_a_workload_do_not_depend_on_the_order_of_asking():
    forwards, backwards = open_source("gemm_4x5x6").arguments, open_source("gemm_4x5x6").arguments
    first = [argument.value for argument in forwards]
    last = [argument.value for argument in reversed(backwards)]
    for one, other in zip(first, reversed(last), strict=True):
        np.testing.assert_array_equal(one, other)
