"""The graph analysis' arithmetic against plain evaluation over every iteration."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from npu.passes.tog.cases import Domain, combinations, ranges_of
from npu.passes.tog.linear import Atom, DivAtom, IvAtom, Linear, ModAtom
from npu.passes.tog.minimum import Minimum, number, smallest

DOMAINS = st.builds(Domain, st.integers(0, 8), st.sampled_from([1, 3, 4, 16]), st.integers(1, 6))


def value(form: Linear, ivs: tuple[int, ...]) -> int:
    return form.constant + sum(factor * atom_value(atom, ivs) for atom, factor in form.terms)


def atom_value(atom: Atom, ivs: tuple[int, ...]) -> int:
    match atom:
        case IvAtom(index):
            return ivs[index]
        case DivAtom(form, divisor):
            return value(form, ivs) // divisor
        case ModAtom(form, divisor):
            return value(form, ivs) % divisor


def points(domains: dict[int, Domain]) -> list[tuple[int, ...]]:
    axes = [range(d.lower, d.lower + d.step * d.trips, d.step) for _, d in sorted(domains.items())]
    return list(product(*axes))


def linear(constant: int, *factors: int) -> Linear:
    total = Linear(constant)
    for index, factor in enumerate(factors):
        total = total.plus(Linear(0, ((IvAtom(index), 1),)).times(factor))
    return total


@settings(max_examples=200, deadline=None)
@given(
    st.tuples(DOMAINS, DOMAINS),
    st.integers(-50, 50),
    st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
    st.integers(1, 12),
    st.integers(1, 5),
)
def test_division_and_remainder_are_those_of_integers(
    axes: tuple[Domain, Domain], constant: int, factors: tuple[int, int], a: int, b: int
) -> None:
    domains = dict(enumerate(axes))
    ranges = ranges_of(domains)
    form = linear(constant, *factors)
    quotient = form.floordiv(a, ranges)
    rest = quotient.times(3).plus(linear(1, 1)).mod(b, ranges)
    for ivs in points(domains):
        assert value(quotient, ivs) == value(form, ivs) // a
        assert value(rest, ivs) == (value(quotient, ivs) * 3 + 1 + ivs[0]) % b
        low, high = rest.bounds(ranges)
        assert low <= value(rest, ivs) <= high


@settings(max_examples=200, deadline=None)
@given(
    st.tuples(DOMAINS, DOMAINS),
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(-2, 2), st.integers(-2, 2)),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 20),
)
def test_combinations_are_those_of_walking_every_iteration(
    axes: tuple[Domain, Domain], rows: list[tuple[int, int, int]], full: int
) -> None:
    domains = dict(enumerate(axes))
    ranges = ranges_of(domains)
    forms = [linear(*row) for row in rows]
    sizes = [
        smallest([Linear(full), *forms], ranges),
        Minimum((forms[0],)).plus(number(2), ranges).floordiv(3, ranges),
    ]
    walked = {
        (min(full, *(value(f, p) for f in forms)), (value(forms[0], p) + 2) // 3)
        for p in points(domains)
    }
    assert combinations(sizes, domains) == sorted(walked)


def test_large_trip_counts_cost_nothing() -> None:
    domains = {0: Domain(0, 128, 10**6), 1: Domain(0, 128, 10**6), 2: Domain(0, 8, 16)}
    ranges = ranges_of(domains)
    last = 128 * 10**6 - 5
    tile = smallest([Linear(128), linear(last, -1)], ranges)
    part = smallest([Linear(8), linear(128, 0, 0, -1)], ranges)
    other = smallest([Linear(128), linear(last, 0, -1)], ranges)
    assert combinations([tile, part, other], domains) == [
        (123, 8, 123),
        (123, 8, 128),
        (128, 8, 123),
        (128, 8, 128),
    ]


def test_an_empty_loop_has_no_case() -> None:
    assert combinations([number(4)], {0: Domain(0, 1, 0)}) == []
    assert combinations([], {0: Domain(0, 1, 3)}) == [()]


def test_what_bounds_tell_is_left_out() -> None:
    domains = {0: Domain(0, 256, 4), 1: Domain(0, 128, 2)}
    ranges = ranges_of(domains)
    assert smallest([Linear(256), linear(1024, -1)], ranges) == number(256)
    slot = linear(0, 1).floordiv(256, ranges).times(2).plus(linear(0, 0, 1).floordiv(128, ranges))
    assert slot.mod(2, ranges) == linear(0, 0, 1).floordiv(128, ranges)
