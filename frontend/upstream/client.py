"""What we ask of upstream, and who is to blame where it refuses."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from npu.configs.errors import UserError
from npu.configs.interruption import cleared_away
from npu.frontend.imported import Array
from npu.frontend.places import Places
from npu.frontend.stage0.operations import ALLOWED_OPS, CALLED_OPS, FOLDED_OPS
from npu.frontend.upstream.one_worker import WorkerDied, ask

OUR_DIALECT = re.compile(r"Dialect `(npu|tog)'")

LATER_STAGE = (
    "expected linalg on tensors; this is a later stage of the compiler: carry on with npu-opt, or "
    "simulate a tile-operation graph with togsim run"
)


def lower(text: str, dialect: str, places: Places) -> dict[str, Any]:
    """Lower ``text`` ("torch" or "linalg" dialect) to generalised linalg as plain data.

    `npu.frontend.stage0.read_module` makes operations of it, with locations that ``places`` reads.

    Raises:
        UserError: upstream rejects the text (each problem with its place), or dies on it.
    """
    allowed = sorted(ALLOWED_OPS | FOLDED_OPS | CALLED_OPS)
    answer = _ask({"task": "lower", "dialect": dialect, "text": text, "allowed": allowed}, places)
    module: dict[str, Any] = answer["module"]
    return module


def execute(
    text: str,
    arguments: Sequence[Array],
    shapes: Sequence[tuple[int, ...]],
    name: str,
    types: Sequence[np.dtype[Any]] | None = None,
) -> list[Array]:
    """Run ``@main`` of linalg ``text`` on the host through upstream's JIT, as a reference.

    ``shapes`` and ``types`` (f32 by default) are those of the results. Raises `UserError` like
    `lower`.
    """
    with (
        tempfile.TemporaryDirectory(prefix="npu-upstream-") as folder,
        cleared_away(partial(shutil.rmtree, folder)),
    ):
        inputs = [Path(folder, f"argument{i}.npy") for i in range(len(arguments))]
        outputs = [Path(folder, f"result{i}.npy") for i in range(len(shapes))]
        for path, value in zip(inputs, arguments, strict=True):
            np.save(path, value)
        kinds = types or [np.dtype(np.float32)] * len(shapes)
        for path, shape, type_ in zip(outputs, shapes, kinds, strict=True):
            np.save(path, np.zeros(shape, type_))
        request = {
            "task": "run",
            "text": text,
            "arguments": [str(path) for path in inputs],
            "results": [str(path) for path in outputs],
        }
        _ask(request, Places(name))
        return [np.load(path) for path in outputs]


def _ask(request: Mapping[str, Any], places: Places) -> dict[str, Any]:
    """The answer to one request."""
    try:
        answer = ask(request)
    except WorkerDied as death:
        raise UserError(f"{places.name}: upstream MLIR gave up on this program: {death}") from death
    problems = answer.get("problems")
    if problems:
        raise UserError(_report(problems, places))
    return answer


def _report(problems: Sequence[Mapping[str, str]], places: Places) -> str:
    """One line per distinct problem, in order, with counts."""
    lines: dict[str, int] = {}
    for problem in problems:
        line = f"{places.where(problem['location'])}: {problem['message']}"
        lines[line] = lines.get(line, 0) + 1
    report = "\n".join(f"{line} ({n} times)" if n > 1 else line for line, n in lines.items())
    return f"{report}\n{LATER_STAGE}" if OUR_DIALECT.search(report) else report
