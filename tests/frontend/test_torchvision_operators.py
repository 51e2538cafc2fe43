"""torchvision whose operators do not load can be imported by a model's file."""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path

import pytest
import torch

from npu.configs.errors import UserError
from npu.frontend.source_python import open_python

DESCRIBING = """
import torch

@torch.library.register_fake("{library}::nms")
def nms(dets, scores, iou_threshold):
    return dets.new_empty(0, dtype=torch.long)

@torch.library.register_fake("torchvision::qnms")
def qnms(dets, scores, iou_threshold):
    return dets.new_empty(0, dtype=torch.long)
"""
MODEL = """
import torch
import torchvision

class Model(torch.nn.Module):
    def forward(self, x):
        return torchvision.doubled(x)

model, inputs = Model(), (torch.ones(2),)
"""


@pytest.fixture
def model_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """A file beside a torchvision that describes its operators, but has none."""
    package = tmp_path / "torchvision"
    package.mkdir()
    first = "from torchvision import _meta_registrations\n"
    (package / "__init__.py").write_text(f"{first}doubled = lambda x: x + x\n")
    (package / "_meta_registrations.py").write_text(DESCRIBING.format(library="torchvision"))
    path = tmp_path / "net.py"
    path.write_text(MODEL)
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    yield path
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]


def test_what_it_describes_is_declared(model_file: Path) -> None:
    before = list(sys.meta_path)
    program, reference = open_python(model_file)
    assert program.output_types == ("float32",)
    assert reference().doubles is not None
    assert sys.meta_path == before
    with pytest.raises(NotImplementedError, match="torchvision::nms"):
        torch.ops.torchvision.nms(torch.ones(1, 4), torch.ones(1), 0.5)


def test_other_operators_stay_unknown(model_file: Path) -> None:
    describing = model_file.parent / "torchvision" / "_meta_registrations.py"
    describing.write_text(DESCRIBING.format(library="another_library"))
    with pytest.raises(UserError, match="operator another_library::nms does not exist"):
        open_python(model_file)
