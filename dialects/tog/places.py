"""Rules about where the DRAM tensors of a program lie."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from xdsl.utils.exceptions import VerifyException

ADDRESS_BITS = 48
"""Addresses are below 2 to this: what the choice of a channel covers."""


class Place(NamedTuple):
    """A tensor's name and its range of bytes."""

    name: str
    begin: int
    end: int


def verify_address(place: Place) -> None:
    """Rule TT3: a tensor ends within the addresses there are."""
    if place.end > 2**ADDRESS_BITS:
        raise VerifyException(
            f"TT3: a tensor ends within {ADDRESS_BITS}-bit addresses, got @{place.name} at "
            f"{place.begin:#x} of {place.end - place.begin} bytes"
        )


def verify_apart(places: Sequence[Place]) -> None:
    """Rule TT4: no two tensors share a byte."""
    ordered = sorted(places, key=lambda place: place.begin)
    for one, other in pairwise(ordered):
        if other.begin < one.end:
            raise VerifyException(
                f"TT4: tensors share no byte, but @{one.name} ({one.begin:#x} to {one.end:#x}) and "
                f"@{other.name} ({other.begin:#x} to {other.end:#x}) do; for one tensor in two "
                "places, name it in both"
            )
