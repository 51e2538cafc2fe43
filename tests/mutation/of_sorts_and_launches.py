"""Faults of sorts by blocks, of launches that wait for parts of tensors, of tables of accuracy."""

from tests.mutation.mutation import Mutation, mutation

EFFECTS = "tests/passes/test_effects.py"
PASSES = "tests/passes/test_sort_passes.py"
ORDER = "tests/e2e/test_order.py"
TABLES = "tests/frontend/test_validation.py"

MUTATIONS: tuple[Mutation, ...] = (
    mutation(
        "parts of a tensor that share an edge are apart",
        "passes/tog/effects.py",
        "low <= other_high and other_low <= high",
        "low < other_high and other_low < high",
        EFFECTS,
    ),
    mutation(
        "two shapes of a tensor are two tensors",
        "passes/tog/effects.py",
        "return self.shape != other.shape or all(",
        "return self.shape == other.shape and all(",
        EFFECTS,
    ),
    mutation(
        "a write does not wait for those who read",
        "passes/tog/effects.py",
        "readers = {launch for launch, read in self.readers if read.meets(part)}",
        "readers = set[int]()",
        EFFECTS,
    ),
    mutation(
        "a part that is overwritten in part is done with",
        "passes/tog/effects.py",
        "self.writers = [one for one in self.writers if not part.holds(one[1])]",
        "self.writers = [one for one in self.writers if not part.meets(one[1])]",
        EFFECTS,
    ),
    mutation(
        "only the last transfer of a kernel counts",
        "passes/tog/effects.py",
        "part if known is None else known.around(part)",
        "part",
        EFFECTS,
    ),
    mutation(
        "runs of a sort are not merged across all distances",
        "passes/group/sort.py",
        "while distance > block:",
        "while distance > 2 * block:",
        PASSES,
    ),
    mutation(
        "the last run of a sort falls",
        "passes/tile/sort.py",
        "for falls, start in enumerate((run, _behind(frame, run, 1))[:turns]):",
        "for falls, start in enumerate((run, _behind(frame, run, 1))[:turns], 2 - turns):",
        ORDER, "-k", "do_not_fit",
    ),
    mutation(
        "every block of a sort rises",
        "passes/tile/sort.py",
        "tile = _Tile(frame, name, (block, _HALVES), (1, 2), falls=bool(falls))",
        "tile = _Tile(frame, name, (block, _HALVES), (1, 2), falls=False)",
        ORDER, "-k", "do_not_fit",
    ),
    mutation(
        "what fills a row of a sort up is zero",
        "passes/group/sort.py",
        'prod(rows), given, length, cast("IntegerAttr[Any]", constant.value))',
        "prod(rows), given, length, None)",
        ORDER, "-k", "do_not_fit",
    ),
    mutation(
        "an error of a table is measured over simulated",
        "frontend/validation/score.py",
        "self.cycles / self.row.cycles - 1",
        "1 - self.row.cycles / self.cycles",
        TABLES,
    ),
    mutation(
        "the idlest unit bounds a run",
        "frontend/validation/score.py",
        "busiest = max(shares,",
        "busiest = min(shares,",
        TABLES,
    ),
)  # fmt: skip
