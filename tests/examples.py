"""How many examples Hypothesis makes: few in every run, many in `make test-full`."""

from hypothesis import HealthCheck, Phase, settings


def examples(few: int, full: int, *, shrinks: bool = True, derandomize: bool = True) -> settings:
    """A decorator: so many examples in every run, and in the profile "full".

    Without `shrinks` a failure is shown as found: making it smaller would take minutes. Examples
    are the same in every run, but with `derandomize=False`.
    """
    is_full = settings.get_current_profile_name() == "full"
    made = settings(max_examples=full if is_full else few, deadline=None, derandomize=derandomize)
    return made if shrinks else settings(made, phases=(Phase.explicit, Phase.generate))


def settled(count: int, *passed: HealthCheck) -> settings:
    """So many examples, the same in every run; a failure is shown as found.

    `passed` are the complaints about how examples are made that do not count.
    """
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=passed,
    )
