"""A run's stages can be picked up: from any of them on, `npu-opt` ends where the pipeline does."""

from pathlib import Path

import pytest

from npu.frontend import cli
from npu.passes import npu_opt
from npu.passes.pipeline import pipeline

MACHINE = "8x8"
EXAMPLES = ("gemm_20x13x9", pytest.param("softmax_9x17", marks=pytest.mark.slow), "layernorm_5x7")
PASSES = [
    f"{one.name}{{machine={MACHINE}}}" if hasattr(one, "machine") else one.name
    for one in pipeline(MACHINE)
]


@pytest.fixture(scope="module", params=EXAMPLES)
def stages(request, tmp_path_factory):
    """The stages that `npu run --dump` leaves, in order."""
    folder = tmp_path_factory.mktemp("dump") / request.param
    arguments = [request.param, "--config", MACHINE, "--dump", str(folder)]
    cli.main(["run", *arguments, "--no-functional", "--no-timing"])
    return sorted(folder.glob("[0-9]*.mlir"))


def optimised(file: Path, passes, folder):
    """What `npu-opt` makes of a file."""
    out = folder / "out.mlir"
    npu_opt.main([str(file), "-p", ",".join(passes), "-o", str(out)])
    return out.read_text().strip()


def test_every_pass_leaves_a_stage(stages):
    names = [path.stem.split("-", 1)[1] for path in stages]
    assert names == ["linalg", *(one.name for one in pipeline(MACHINE))]


def test_every_stage_goes_on_to_the_same_end(stages, tmp_path):
    end = stages[-1].read_text().strip()
    for done, stage in enumerate(stages):
        assert optimised(stage, PASSES[done:], tmp_path) == end, stage.name


def test_one_pass_takes_a_stage_to_the_next(stages, tmp_path):
    for one, before, after in zip(PASSES, stages[:-1], stages[1:], strict=True):
        assert optimised(before, [one], tmp_path) == after.read_text().strip(), one


def test_the_whole_compiler_is_one_pass(stages, tmp_path):
    whole = optimised(stages[0], [f"npu-compile{{machine={MACHINE}}}"], tmp_path)
    assert whole == stages[-1].read_text().strip()
