"""What upstream MLIR rejected: messages with their places, ready to cross the process border."""

from __future__ import annotations


class UpstreamProblem(Exception):
    """One or more things upstream rejected in the text it was given."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        """Each problem has a ``message`` and a ``location`` (MLIR's text, may be empty)."""
        super().__init__("; ".join(problem["message"] for problem in problems))
        self.problems = problems
