"""The stages of one kernel, each judged on what the one before left, as kernels are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from xdsl.ir import Operation, SSAValue

from npu.dialects.npu import GroupOp
from npu.dialects.origin import described
from npu.passes.group.tree import left_between, stages_in
from npu.runtime.functional import Array
from npu.runtime.rounding.pairs import Pairs
from npu.runtime.value_check.judge import KernelCheck, judge


class StageWatch:
    """The stages of one launch, each of them judged on what the one before left."""

    def __init__(self, group: GroupOp, left: Sequence[Array], kernel: str, launch: int) -> None:
        """`left` is what the stages of `group` leave for later ones, in order."""
        stages = stages_in(group)
        self._left = dict(zip(left_between(stages), left, strict=True))
        self._stage_of = {op: i for i, stage in enumerate(stages) for op in stage.every}
        self._kernel, self._launch, self._origin = kernel, launch, group.origin
        self._checks: list[KernelCheck] = []

    def between(self, value: SSAValue, limit: Pairs) -> Array:
        """Judges what a stage left; that is what later ones had (`run_group`)."""
        assert isinstance(value.owner, Operation)
        stage, found = self._stage_of[value.owner], self._left[value]
        self._checks.append(
            judge(self._kernel, [found], [limit], self._launch, self._origin, stage)
        )
        return found

    def with_stages(self, last: KernelCheck, unlike: str | None) -> KernelCheck:
        """The check of the whole launch; `unlike` says where the two runs differ."""
        every = [*self._checks, last]
        share = max(check.share for check in every) if unlike is None else np.inf
        fault = next((check.fault for check in every if check.fault is not None), None)
        if unlike is not None:
            where = f"kernel {self._kernel} in {described(self._launch, self._origin)}"
            fault = f"{where} {unlike}"
        in_doubt = sum(check.in_doubt for check in every)
        return replace(last, share=share, fault=fault, in_doubt=in_doubt)


def unlike(results: Sequence[Array], watched: Sequence[Array]) -> str | None:
    """Where results are other numbers than those of a run that was watched."""
    for found, other in zip(results, watched, strict=True):
        different = (found != other) & ~(np.isnan(found) & np.isnan(other))
        if different.any():
            at = tuple(int(i) for i in np.argwhere(different)[0])
            return (
                f"gives {float(found[at]):.9g} at {list(at)}, and {float(other[at]):.9g} where it "
                "stores what its stages leave: what they did cannot be told"
            )
    return None
