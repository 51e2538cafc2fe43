"""Names of symbols that no other symbol has."""


def unique(name: str, taken: set[str]) -> str:
    """`name`, or with the first number behind it that no other symbol has; notes it as taken."""
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate)
    return candidate
