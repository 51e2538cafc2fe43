"""From stage 0 text to placed kernels, their graph, and the program image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from xdsl.context import Context
from xdsl.dialects import get_all_dialects
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.utils.exceptions import ParseError, VerifyException

from npu.codegen.compile import compile_module, emit_llvm
from npu.codegen.image import Image
from npu.codegen.listing import emit_listing
from npu.configs.effective import effective
from npu.configs.errors import UserError
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.configs.output import open_whole
from npu.dialects.excerpt import excerpt
from npu.passes.map.strategies import AUTO
from npu.passes.pipeline import pipeline, placed_kernels, run_stages
from npu.passes.universe import DIALECTS
from npu.runtime.cache_folder import CACHE_VARIABLE, cache_folder
from npu.runtime.flops import flops_of
from npu.runtime.kept_objects import KeptObjects
from npu.runtime.kept_program import NOTHING_KEPT, Keep, KeptProgram
from npu.runtime.progress import StageClock
from npu.runtime.stages import StageTexts
from npu.runtime.watched import alone, groups_with_stages
from npu.runtime.without_collection import without_collection

STAGE_0 = "linalg"
"""The name of the stage before any pass."""

LLVM_STAGE = "llvm"
"""The name of the stage after all passes: LLVM IR of the whole program."""

MAPPED_STAGE = "npu-map"
"""The name of the last stage of groups on whole tensors, which say how each is cut into tiles."""

STAGES, DIGESTS, WORK = "stages", "digests", "work"
"""Parts of a program that are kept, beside its LLVM IR."""


@dataclass(frozen=True)
class CompiledProgram:
    """One program for one machine, with the text of every stage."""

    machine: Machine
    module: ModuleOp
    """Final form: kernels, `@main`, tile-operation graphs."""

    stages: Mapping[str, str]
    """MLIR of every stage, in order; the name of a stage is that of the pass that made it."""

    kept: KeptProgram = NOTHING_KEPT
    """What is kept of it for other runs."""

    @cached_property
    def image(self) -> Image:
        """The linked RISC-V program."""
        with without_collection():
            image = compile_module(
                self.module,
                self.machine,
                special_functions=self.machine.special_functions,
                store=KeptObjects(),
            )
        self.kept.put(DIGESTS, image.digests)
        return image

    @cached_property
    def has_stages(self) -> bool:
        """Whether a kernel has several stages with contractions, which leave something between."""
        return bool(groups_with_stages(self.stage_module(MAPPED_STAGE)))

    @cached_property
    def watched(self) -> CompiledProgram:
        """Those kernels alone, which also store what their stages leave (`watched.py`).

        That stands behind the results among the arguments of a launch.
        """
        module, context = alone(self.stage_module(MAPPED_STAGE)), make_context()
        passes = placed_kernels(machine_file(self.machine), watch=True)
        stages = StageTexts()
        with without_collection():
            for _ in run_stages(context, module, passes):
                pass
        stages.hold(passes[-1].name, module)
        return CompiledProgram(self.machine, module, stages)

    @property
    def kept_digests(self) -> Mapping[str, str] | None:
        """The digests of the image's tile functions, without making it; None if none were kept."""
        return self.kept.get(DIGESTS)

    @cached_property
    def flops(self) -> int:
        """Operations on floats, as stage 0 says them."""
        found = self.kept.get(WORK)
        if found is not None:
            return int(found["flops"])
        count = flops_of(self.stage_module(STAGE_0))
        self.kept.put(WORK, {"flops": str(count)})
        return count

    @property
    def has_image(self) -> bool:
        """Whether `image` is there already."""
        return "image" in vars(self)

    @property
    def stage_names(self) -> tuple[str, ...]:
        """What `ir` takes, in order."""
        return (*self.stages, LLVM_STAGE)

    def ir(self, stage: str) -> str:
        """The text of a stage: `linalg`, a pass name, or `llvm`. Raises UserError for others."""
        if stage == LLVM_STAGE:
            return self._llvm
        if stage not in self.stages:
            raise UserError(
                f"no stage is called '{stage}'; expected one of {', '.join(self.stage_names)}"
            )
        return self.stages[stage]

    def stage_module(self, stage: str) -> ModuleOp:
        """The module of a stage that a pass made, which must not be changed."""
        if isinstance(self.stages, StageTexts):
            return self.stages.module(stage)
        return parse(make_context(), self.ir(stage), stage)

    def listing(self) -> str:
        """The assembly of all tile functions, to read: each instruction below its operation."""
        functions = self.machine.special_functions
        return emit_listing(self.module, self.machine, special_functions=functions)

    @cached_property
    def _llvm(self) -> str:
        found = self.kept.get(LLVM_STAGE)
        if found is not None:
            return found[LLVM_STAGE]
        text = emit_llvm(
            self.module, self.machine, special_functions=self.machine.special_functions
        )
        self.kept.put(LLVM_STAGE, {LLVM_STAGE: text})
        return text


def compile_text(
    source: str | ModuleOp,
    machine: Machine | str | Path,
    *,
    conv_strategy: str = AUTO,
    join: bool = True,
    mode: str = "",
    clock: StageClock | None = None,
    keep: Keep = Keep.NOTHING,
) -> CompiledProgram:
    """Compiles stage 0 (`linalg` on tensors) for a machine: its text, or a verified module.

    `machine` is a shipped machine's name, a YAML file's path, or a `Machine`; `conv_strategy` says
    how convolutions meet the arrays and `join` whether groups become stages of one kernel where
    that gains (docs/mapping.md), `mode` is the name of a mode (docs/accuracy.md), and `keep` says
    what becomes of the stages. A module stays as it is. Raises UserError, also for an unknown mode.
    """
    clock = StageClock() if clock is None else clock
    described = machine if isinstance(machine, Machine) else load(machine)
    option = machine_file(machine) if isinstance(machine, Machine) else str(machine)
    context = make_context()
    joins = "joined" if join else "apart"
    strategy = described.codegen_mapping_strategy
    passes = pipeline(option, strategy, conv_strategy, join=join, mode=mode)
    kept = KeptProgram.of(keep, source, described, conv_strategy, joins, mode)
    found = kept.get(STAGES)
    if found is not None:
        with clock.stage("parse"):
            *_, (last, final) = found.items()
            return CompiledProgram(described, parse(context, final, last), found, kept)
    stages = StageTexts()
    with without_collection():
        with clock.stage("parse"):
            given = parse(context, source) if isinstance(source, str) else source
            stages.hold(STAGE_0, given)
            module = given.clone()
        steps = run_stages(context, module, passes)
        for one in passes:
            with clock.stage(one.name):
                name, module = next(steps)
                is_last = one is passes[-1]
                stages.hold(name, module) if is_last else stages.keep(name, module)
    if keep is not Keep.NOTHING:
        kept.put(STAGES, dict(stages))
    return CompiledProgram(described, module, stages, kept)


def make_context() -> Context:
    """A context with xDSL's dialects and ours."""
    context = Context()
    for name, factory in {**get_all_dialects(), **DIALECTS}.items():
        context.register_dialect(name, factory)
    return context


def parse(context: Context, text: str, name: str = "<stage 0>") -> ModuleOp:
    """The module of a text. Raises UserError with the position where it is not valid."""
    try:
        module = Parser(context, text, name).parse_module()
        module.verify()
    except (ParseError, VerifyException) as error:
        raise UserError(f"{name}: not valid IR: {excerpt(str(error))}") from error
    return module


def machine_file(machine: Machine) -> str:
    """A YAML file of a machine made in Python, by content, so that pass options can name it.

    The text is part of the name too: equal machines may name their files in different places.
    """
    text = yaml.safe_dump(effective(machine), sort_keys=False)
    places = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = cache_folder() / "machines" / f"{machine.fingerprint()}-{places}.yaml"
    try:
        if path.is_file() and path.read_bytes() == text.encode():
            return str(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_whole(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise UserError(
            f"{path}: the file of a machine made in Python cannot be written ({error.strerror}); "
            f"set {CACHE_VARIABLE} to a folder you can write"
        ) from error
    return str(path)
