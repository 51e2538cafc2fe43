"""Our quick way of applying a table of decompositions gives what PyTorch's own gives."""

import torch
from torch import nn
from torch.nn import functional

from npu.frontend.torch.decompositions.pytorchs import pytorchs, run_decompositions
from npu.frontend.torch.decompositions.table import table


class Many(nn.Module):
    """Composite operators: ours, PyTorch's, kept ones, one in another."""

    def __init__(self):
        super().__init__()
        self.rows = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.image = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Upsample(scale_factor=2)
        )

    def forward(self, x):
        rows = self.rows(x)
        image = self.image(rows.unsqueeze(1))
        turned = torch.einsum("bij,bkj->bik", x, rows) + functional.cosine_similarity(x, rows).sum()
        return (
            image,
            functional.interpolate(image, (9, 9), mode="bilinear"),
            turned.var(),
            x.std(-1),
        )


def exported():
    torch.manual_seed(0)
    with torch.no_grad():
        return torch.export.export(Many().eval(), (torch.randn(2, 6, 8),))


def test_the_same_graph():
    program = exported()
    with torch.no_grad():
        ours, theirs = run_decompositions(program, table()), program.run_decompositions(table())
        other = run_decompositions(program, pytorchs())
    assert str(ours.graph) == str(theirs.graph)
    assert str(ours.graph_signature) == str(theirs.graph_signature)
    assert str(ours.graph) != str(other.graph)
