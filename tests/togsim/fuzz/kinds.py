"""The inputs that are damaged: for each kind its samples, and what reads and uses one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from mutations import damage, damage_tree

from npu.configs.dram import DramModel, load_dram_model
from npu.configs.energy.table import load_energy_table
from npu.configs.icnt import IcntModel, load_icnt_model
from npu.configs.l2d import L2Model, parse_l2d_config
from npu.configs.loader import load
from npu.configs.machine import Machine
from npu.dialects import tog
from npu.runtime.tog.loader import load_tog, parse_tog
from npu.togsim.dram import run_trace
from npu.togsim.dram.requests import RequestTrace, parse_requests, read_requests
from npu.togsim.graph import Program
from npu.togsim.l2 import Access, check_plan, load_plan, simulate_slice
from npu.togsim.noc import uniform_traffic
from npu.togsim.simulate import simulate

ROOT = Path(__file__).parents[3]
SAMPLES = Path(__file__).parent / "samples"
MACHINE = load("8x8")
DETAILED = load("8x8_ramulator2")
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
    return [_graph_text("softmax.mlir"), _graph_text("convolution.mlir")]


def _graph_text(name: str) -> bytes:
    text = (SAMPLES / name).read_bytes()
    return re.sub(rb"tog.version = \d+", b"tog.version = %d" % tog.VERSION, text)


def _make_program(rng: Random, _folder: Path) -> Program:
    return damage_tree(rng.choice(_PROGRAMS), rng)


def _simulate(program: Program) -> None:
    simulate(program, MACHINE)
    simulate(program, DETAILED)


def _machine_samples() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "configs" / "machines").glob("*.yaml"))]


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


def _energy_samples() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "configs" / "energy").glob("*.yaml"))]


def _no_run(_table: object) -> None:
    """Reading is all."""


_REQUESTS = [f"{3 * i} {4096 * i + 64 * i:#x} {'RW'[i % 3 == 0]}" for i in range(40)]


def _run_dram(model: DramModel) -> None:
    run_trace(model, parse_requests(_REQUESTS, "requests"))


def _run_requests(requests: RequestTrace) -> None:
    run_trace(_DRAM, requests)


def _link(folder: Path, names: tuple[str, ...]) -> None:
    """The files that samples name stand beside the damaged one."""
    for name in names:
        link = folder / Path(name).name
        if not link.exists():
            link.symlink_to(ROOT / "configs" / name)


def _make_machine(rng: Random, folder: Path) -> Path:
    _link(folder, ("ramulator2", "icnt"))
    return _file(_machine_samples(), ".yaml")(rng, folder)


ANYNET = "chiplet_c32_m32.anynet"


def _make_icnt(rng: Random, folder: Path) -> Path:
    _link(folder, (f"icnt/{ANYNET}",))
    files = sorted((ROOT / "configs" / "icnt").glob("*.icnt"))
    return _file([path.read_bytes() for path in files], ".icnt")(rng, folder)


def _make_anynet(rng: Random, folder: Path) -> Path:
    """A good file that names a damaged one."""
    text = (ROOT / "configs" / "icnt" / ANYNET).read_bytes()
    network = _file([text], ".anynet")(rng, folder)
    path = folder / "good.icnt"
    path.write_text(
        f"topology = anynet;\nnetwork_file = {network.name};\nrouting_function = min;\n"
        "vc_buf_size = 256;\nflit_size = 32;\n"
    )
    return path


def _run_icnt(model: IcntModel) -> None:
    if model.num_nodes <= 64:
        uniform_traffic(model, packet_flits=2, rate=0.01, sample_cycles=100)


def _run_machine(machine: Machine) -> None:
    simulate(_PROGRAM, machine)


_PROGRAMS = [parse_tog(text.decode()) for text in _graph_samples()]
_PROGRAM = _PROGRAMS[0]
_DRAM = load_dram_model(ROOT / "tests" / "togsim" / "data" / "dram" / "r20_hbm2_18.yaml")

KINDS: dict[str, Kind] = {
    "graph": Kind(_file(_graph_samples(), ".mlir"), load_tog, _simulate),
    "program": Kind(_make_program, lambda program: program, _simulate, is_file=False),
    "dram": Kind(_file(_dram_samples(), ".yaml"), load_dram_model, _run_dram),
    "energy": Kind(_file(_energy_samples(), ".yaml"), load_energy_table, _no_run),
    "requests": Kind(_file(["\n".join(_REQUESTS).encode()], ".txt"), read_requests, _run_requests),
    "icnt": Kind(_make_icnt, load_icnt_model, _run_icnt),
    "anynet": Kind(_make_anynet, load_icnt_model, _run_icnt),
    "l2d": Kind(_make_l2d, parse_l2d_config, _run_l2, is_file=False),
    "plan": Kind(_file(_plan_samples(), ".yaml"), load_plan, _run_plan),
    "plan_python": Kind(
        _file([b"# cached\nplan = {'l_weight', \"x\"}\n"], ".py"), load_plan, _run_plan
    ),
    "machine": Kind(_make_machine, lambda path: load(str(path)), _run_machine),
}
