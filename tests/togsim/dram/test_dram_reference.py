"""Every row of the reference measured with Ramulator 2.0 and 2.1, equal in every figure."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
CONFIGS = sorted(path.stem for path in (ROOT / "tests" / "togsim" / "data" / "dram").glob("*.yaml"))


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """benchmarks/dram_reference.py, which runs a row and shows the table."""
    name = "dram_reference"
    place = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert place is not None
    assert place.loader is not None
    module = importlib.util.module_from_spec(place)
    sys.modules[name] = module
    place.loader.exec_module(module)
    return module


# Every run takes a third of each configuration's rows, of the next configuration the next third.
THIRDS = [
    pytest.param(config, third, marks=() if third == number % 3 else pytest.mark.slow)
    for number, config in enumerate(CONFIGS)
    for third in range(3)
]


@pytest.mark.parametrize(("config", "third"), THIRDS)
def test_rows_of_a_configuration_are_equal(benchmark: ModuleType, config: str, third: int):
    """Total ticks, read latency (mean, median, 99th percentile, ends), rows found, commands."""
    rows = benchmark.reference_rows([config])
    assert len(rows) == 21
    done = [benchmark.compare(row) for row in rows[third::3]]
    print("\n".join(benchmark.table(done)))  # noqa: T201 (the table, shown with -s or on failure)
    assert [one for one in done if not one.exact] == []


def test_the_page_shows_all_rows(benchmark: ModuleType):
    """Its figures are the reference's, which the tests above hold ours to."""
    page = (ROOT / "docs" / "dram-reference.md").read_text()
    rows = benchmark.reference_rows()
    assert len(rows) == 273
    assert "**273 of 273 rows are equal in every figure.**" in page
    for row in rows:
        ticks, latency = row["total_ticks"], row["avg_rd_lat"]
        shown = f"| {row['config']} | {row['trace']} | {ticks} | {ticks} | {latency} | {latency} |"
        assert shown in page


def test_a_difference_would_be_seen(benchmark: ModuleType):
    row = benchmark.reference_rows(["r20_hbm2_18"])[2]
    later = {**row, "total_ticks": str(int(row["total_ticks"]) * 2)}
    one = benchmark.compare(later)
    assert not one.exact
    assert one.tick_error == pytest.approx(-0.5)
    assert "-50.000 % ticks" in "\n".join(benchmark.table([one]))
