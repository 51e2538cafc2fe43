"""Equal modules are traced once, and the program is that of a trace of everything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from npu.frontend.torch import import_model as importer
from npu.frontend.torch.equal_modules import equal_modules
from npu.frontend.torch.trace_once import Calls


class Block(nn.Module):
    """A norm and two layers, with a residual sum; a module of several inputs and results."""

    def __init__(self, width: int = 8, scale: float = 1.0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.widen, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.register_buffer("offset", torch.randn(width))
        self.scale = scale

    def forward(
        self, x: Tensor, y: Tensor | None = None, *, factor: float = 1.0
    ) -> tuple[Tensor, Tensor | None]:
        y = x if y is None else y
        inner = F.gelu(self.widen(self.norm(x) if x is y else self.norm(y) * 2))
        return x + self.narrow(inner) * self.scale * factor + self.offset, y


class Changing(Block):
    """Changes what it is given."""

    def forward(self, x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        out, _ = super().forward(x)
        x += 1
        return out


class Counting(Block):
    """Changes what it has."""

    def forward(self, x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.offset += 1
        return super().forward(x)[0]


class Many(nn.Module):
    """Blocks called in several ways."""

    def __init__(self, make: Callable[[], nn.Module], call: Callable[..., object]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(make() for _ in range(4))
        self.call = call

    def forward(self, *inputs: Tensor) -> object:
        return self.call(self.blocks, *inputs)


def chained(blocks, x):
    for block in blocks:
        x = block(x)[0]
    return x


def with_itself(blocks, x):
    y = blocks[0](x, x)[0]
    y = blocks[1](y, x)[0]
    y = blocks[2](y, y)[0]
    y, again = blocks[3](y, x)
    return blocks[1](y, again)


def with_numbers(blocks, x):
    x = blocks[0](x, factor=2.0)[0]
    x = blocks[1](x, factor=3.0)[0]
    return blocks[2](blocks[3](x, factor=3.0)[0], factor=2.0)[0]


def of_shapes(blocks, x):
    first = blocks[0](x)[0]
    row = blocks[1](first[0])[0]
    return blocks[2](first)[0] + blocks[3](row)[0]


def changing(blocks, x):
    y = x * 2
    for block in blocks:
        z = block(y)
        y = y + z
    return y


def encoder() -> nn.Module:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    return nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)


X = torch.randn(3, 8)
CASES: dict[str, Callable[[], tuple[nn.Module, Tensor]]] = {
    "chain": lambda: (Many(Block, chained), X),
    "the same tensor twice": lambda: (Many(Block, with_itself), X),
    "numbers beside tensors": lambda: (Many(Block, with_numbers), X),
    "shapes": lambda: (Many(Block, of_shapes), torch.randn(2, 3, 8)),
    "changed inputs": lambda: (Many(Changing, changing), X),
    "changed buffers": lambda: (Many(Counting, changing), X),
    "PyTorch's own layers": lambda: (encoder(), torch.randn(2, 3, 8)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_program_is_that_of_a_whole_trace(case, monkeypatch) -> None:
    model, x = CASES[case]()
    model = model.eval()
    found = importer.import_model(model, (x,))
    with monkeypatch.context() as patched:
        patched.setattr(importer, "Calls", no_calls)
        wanted = importer.import_model(model, (x,))
    assert found.text == wanted.text
    assert [one.name for one in found.arguments] == [one.name for one in wanted.arguments]
    for one, other in zip(found.values, wanted.values, strict=True):
        assert (one == other).all()


def no_calls(_: nn.Module) -> Calls:
    return Calls(nn.Identity())


def test_equal_modules_are_called_once() -> None:
    calls: list[int] = []

    class Seen(Block):
        def forward(self, *args, **kwargs):
            calls.append(1)
            return super().forward(*args, **kwargs)

    model = Many(Seen, chained).eval()
    text = importer.import_model(model, (X,)).text
    assert len(calls) == 1
    assert text.count("aten.gelu") >= 4
    assert "forward" not in vars(model.blocks[0])


def test_what_differs_is_not_equal() -> None:
    def numbers(*blocks: nn.Module) -> set[str]:
        return set(equal_modules(nn.ModuleList(blocks)))

    assert numbers(Block(), Block()) == {"0", "1"}
    assert numbers(Block(), Block(scale=2.0), Block().train(False)) == set()
    assert numbers(Block(), Block(16)) == set()
    tied = Block()
    tied.widen.weight = (first := Block()).widen.weight
    assert numbers(first, tied) == set()
    tensor = Block()
    tensor.extra = torch.ones(3)  # pyright: ignore[reportArgumentType]
    same = Block()
    same.extra = torch.ones(3)  # pyright: ignore[reportArgumentType]
    assert numbers(tensor, same) == set()
    assert numbers(nn.Sequential(Block(), nn.ReLU()), nn.Sequential(Block(), nn.GELU())) == {
        "0.0",
        "1.0",
    }
