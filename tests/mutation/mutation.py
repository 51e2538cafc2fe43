"""What a mutation is: a small fault put into the product, and the tests that must notice it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """In `file`, the text `old`, which stands there exactly once, becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutation:
    """One fault; several edits where the product has the same thing twice."""

    name: str
    """What is broken, in words."""

    edits: tuple[Edit, ...]

    tests: tuple[str, ...]
    """Arguments of pytest, or behind "lit" of that: fast tests, of which one must fail."""

    @property
    def is_cpp(self) -> bool:
        """Whether the simulator's C++ has to be built."""
        return any(edit.file.endswith((".cpp", ".hpp")) for edit in self.edits)


def mutation(name: str, file: str, old: str, new: str, *tests: str) -> Mutation:
    """A mutation of one edit."""
    return Mutation(name, (Edit(file, old, new),), tests)
