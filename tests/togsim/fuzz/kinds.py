"""The inputs that are damaged: for each kind its samples, and what reads and uses one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from mutations import damage, damage_tree

from npu.configs.dram import load_dram_model
from npu.configs.l2d import L2Model, parse_l2d_config
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.dialects import tog
from npu.runtime.tog_loader import load_tog, parse_tog
from npu.togsim.graph import Program
from npu.togsim.l2 import Access, check_plan, load_plan, simulate_slice
from npu.togsim.simulate import simulate

ROOT = Path(__file__).parents[3]
SAMPLES = Path(__file__).parent / "samples"
MACHINE = load("8x8")
FILE = "damaged"
"""Name of the damaged file, which messages must tell."""


@dataclass(frozen=True)
class Kind:
    """`make` damages the sample of a number in a folder and says what it made; `use` takes that."""

    make: Callable[[Random, Path], Any]
    read: Callable[[Any], Any]
    """Reads a file; what it returns has numbers that make sense. Messages name the file."""
    run: Callable[[Any], object]
    """Uses what was read."""
    is_file: bool = True


def _file(samples: list[bytes], suffix: str) -> Callable[[Random, Path], Path]:
    def make(rng: Random, folder: Path) -> Path:
        path = folder / f"{FILE}{suffix}"
        path.write_bytes(damage(rng.choice(samples), rng))
        return path

    return make


def _graph_samples() -> list[bytes]:
    return [_graph_text()]


def _graph_text() -> bytes:
    text = (SAMPLES / "softmax.mlir").read_bytes()
    return re.sub(rb"tog.version = \d+", b"tog.version = %d" % tog.VERSION, text)


def _make_program(rng: Random, _folder: Path) -> Program:
    return damage_tree(_PROGRAM, rng)


def _simulate(program: Program) -> None:
    simulate(program, MACHINE)


def _machine_samples() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "configs").glob("*.yaml"))]


def _dram_samples() -> list[bytes]:
    folder = ROOT / "tests" / "togsim" / "data" / "dram"
    return [path.read_bytes() for path in sorted(folder.glob("*.yaml"))]


_L2D = (
    "S:128:128:512,32,L:T:m:W:L,A:192:4,32:0,32",
    "N:64:64:4,64,F:B:m:F:X,S:16:8,8:0,32",
    "S:1:32:1,32,L:R:s:N:P,A:1:1,1:0,32",
)
"""Strings in the style of Accel-Sim."""


def _make_l2d(rng: Random, _folder: Path) -> str:
    base = rng.choice(_L2D)
    return damage(base.encode(), rng).decode(errors="replace")


def _run_l2(model: L2Model) -> None:
    if model.sets * model.ways * model.line_bytes <= 2**24:
        simulate_slice(model, [Access(0, 7), Access(3, 7, write=True)], dram_latency=20)


def _plan_samples() -> list[bytes]:
    return [b"plan: [l_weight, m_weight, x]\n", b'["l_weight", "x"]\n', b"- x\n- l_bias\n"]


def _run_plan(names: frozenset[str]) -> None:
    check_plan(names, [tensor.name for tensor in _PROGRAM.tensors])


def _no_run(_model: object) -> None:
    """Reading is all."""


def _run_machine(machine: Machine) -> None:
    simulate(_NOTHING, machine)


_PROGRAM = parse_tog(_graph_text().decode())
_NOTHING = replace(_PROGRAM, kernels=(), launches=())

KINDS: dict[str, Kind] = {
    "graph": Kind(_file(_graph_samples(), ".mlir"), load_tog, _simulate),
    "program": Kind(_make_program, lambda program: program, _simulate, is_file=False),
    "dram": Kind(_file(_dram_samples(), ".yaml"), load_dram_model, _no_run),
    "l2d": Kind(_make_l2d, parse_l2d_config, _run_l2, is_file=False),
    "plan": Kind(_file(_plan_samples(), ".yaml"), load_plan, _run_plan),
    "plan_python": Kind(
        _file([b"# cached\nplan = {'l_weight', \"x\"}\n"], ".py"), load_plan, _run_plan
    ),
    "machine": Kind(_file(_machine_samples(), ".yaml"), lambda path: load(str(path)), _run_machine),
}
