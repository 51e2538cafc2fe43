"""Files that the tests of DRAM configurations read and write."""

from collections.abc import Callable
from pathlib import Path

import pytest

from npu.configs.dram import DramModel, load_dram_model

DATA = Path(__file__).parents[2] / "togsim" / "data" / "dram"

STYLE_2_0 = """\
MemorySystem:
  impl: GenericDRAM
  DRAM:
    impl: {standard}
    org: {{{org}}}
    timing: {{{timing}}}
  Controller:
    impl: Generic
    Scheduler: {{impl: FRFCFS}}
    RefreshManager: {{impl: AllBank}}
  AddrMapper: {{impl: RoBaRaCoCh}}
"""

STYLE_2_1 = """\
memory_system:
  impl: GenericDRAM
  controllers:
    - impl: {controller}
      scheduler: {{impl: FRFCFS}}
      refresh_manager: {{impl: AllBank}}
      row_policy: {{impl: Open}}
      addr_mapper: {{impl: RoBaRaCoCh}}
      dram:
        impl: {standard}
        org_preset: {org}
        timing_preset: {timing}
"""


@pytest.fixture
def reference() -> Callable[[str], DramModel]:
    """The model of a reference configuration by its name."""
    return lambda name: load_dram_model(DATA / f"{name}.yaml")


@pytest.fixture
def text_2_1() -> Callable[..., str]:
    """A 2.1 file by controller, standard, and names of presets; then lines under `dram`."""

    def text(controller: str, standard: str, org: str, timing: str, *lines: str) -> str:
        head = STYLE_2_1.format(controller=controller, standard=standard, org=org, timing=timing)
        return head + "".join(f"        {line}\n" for line in lines)

    return text


@pytest.fixture
def text_2_0() -> Callable[[str, str, str], str]:
    """A 2.0 file by standard, and the inside of `org` and `timing`."""
    return lambda standard, org, timing: STYLE_2_0.format(standard=standard, org=org, timing=timing)
