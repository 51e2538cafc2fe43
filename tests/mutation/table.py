"""All mutations."""

from tests.mutation import (
    of_sorts_and_launches,
    of_the_check,
    of_the_compiler,
    of_the_simulator,
)
from tests.mutation.mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = (
    *of_the_compiler.MUTATIONS,
    *of_the_check.MUTATIONS,
    *of_the_simulator.MUTATIONS,
    *of_sorts_and_launches.MUTATIONS,
)
