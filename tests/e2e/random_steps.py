"""What a random program is made of: each kind of step as the text of an expression of values `v`.

A maker is given the values so far and returns a text that fits their shapes, or None. Inputs hold
small whole numbers, so that most steps are exact in float32, and what depends on which of two
numbers is larger (orders, conditions, indices) is the same everywhere. A step in `ROUNDING` is
not; what is made of it is compared within a tolerance, and decides nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from hypothesis import strategies as st

CONTINUOUS = ("{} * 2.0", "{}.relu()", "{} - 1.0", "-{}", "{}.abs()", "{}.clamp(-2.0, 3.0)")
"""Of floats; values that err a little err a little afterwards."""

FUNCTIONS = (
    "torch.exp(-{}.abs())", "torch.tanh({})", "F.gelu({})", "torch.sigmoid({})",
    "1.0 / ({}.abs() + 1.0)", "torch.sqrt({}.abs() + 1.0)", "{} / 3.0", "torch.sin({})",
)  # fmt: skip
OF_INTEGERS = ("{} + 3", "{} * 2", "-{}", "{} // 3", "{} % 5", "{}.abs()", "{}.clamp(0, 9)")
OF_CONDITIONS = ("~{}", "{} | True", "{}.to(torch.int32)", "{}.to(FLOAT)")
CONVERSIONS = (
    "{}.to(torch.int32)", "{}.to(torch.int64)", "{} != 0", "{} > 1", "{}.sign()", "{}.to(FLOAT)",
)  # fmt: skip
BORDERS = ("constant", "reflect", "replicate", "circular")


@dataclass(frozen=True)
class Value:
    """A value of a program while it is drawn, and whether it is exact in float32."""

    name: str
    tensor: torch.Tensor
    is_exact: bool

    @property
    def shape(self) -> Sequence[int]:
        return self.tensor.shape

    @property
    def rank(self) -> int:
        return self.tensor.dim()

    @property
    def is_float(self) -> bool:
        return self.tensor.is_floating_point()

    @property
    def is_condition(self) -> bool:
        return self.tensor.dtype is torch.bool


class Drawing:
    """A program while it is drawn: its values, and what draws."""

    def __init__(self, draw: st.DrawFn, values: list[Value]) -> None:
        self._draw = draw
        self.values = values

    def one_of(self, choices):
        return self._draw(st.sampled_from(list(choices)))

    def number(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def order(self, count: int) -> list[int]:
        return self._draw(st.permutations(range(count)))

    def value(self, fits: Callable[[Value], bool]) -> Value | None:
        """One that fits; what was made last more often than not."""
        found = [value for value in self.values if fits(value)]
        return self.one_of([found[-1], *found]) if found else None


def numeric(value: Value) -> bool:
    return not value.is_condition


def exact(value: Value) -> bool:
    return value.is_exact and not value.is_condition


def elementwise(at: Drawing) -> str | None:
    x = at.value(lambda _: True)
    assert x is not None
    texts = CONTINUOUS if x.is_float else OF_CONDITIONS if x.is_condition else OF_INTEGERS
    return at.one_of(texts).format(x.name)


def function(at: Drawing) -> str | None:
    x = at.value(lambda value: value.is_float)
    return at.one_of(FUNCTIONS).format(x.name) if x else None


def converted(at: Drawing) -> str | None:
    x = at.value(exact)
    return at.one_of(CONVERSIONS).format(x.name) if x else None


def two(at: Drawing) -> str | None:
    """Two operands whose shapes go together; one may be a part of the other."""
    x = at.value(numeric)
    if x is None:
        return None
    other = at.value(lambda y: numeric(y) and _together(x.shape, y.shape) and y.name != x.name)
    text = other.name if other and at.number(0, 2) else _part(at, x)
    operations = ["{} + {}", "{} - {}", "{} * {}", "torch.maximum({}, {})", "torch.minimum({}, {})"]
    if x.is_exact and (other is None or other.is_exact):
        operations += ["{} < {}", "{} == {}", "torch.where({0} > {1}, {0}, {1})"]
    return at.one_of(operations).format(x.name, text)


def _together(x: Sequence[int], y: Sequence[int]) -> bool:
    """Whether two shapes go together in one operation."""
    pairs = zip(reversed(x), reversed(y), strict=False)
    return all(a == b or 1 in (a, b) for a, b in pairs)


def _part(at: Drawing, x: Value) -> str:
    if not x.rank:
        return f"{x.name}.reshape(1)"
    dim = at.number(0, x.rank - 1)
    whole = at.one_of(("amax", "sum") if x.is_float else ("amax", "amin"))
    return at.one_of((f"{x.name}.{whole}({dim}, True)", f"{x.name}.narrow({dim}, 0, 1)"))


def chosen(at: Drawing) -> str | None:
    mask = at.value(lambda value: value.is_condition)
    x = at.value(lambda x: numeric(x) and mask is not None and _together(x.shape, mask.shape))
    if mask is None or x is None:
        return None
    texts = ("torch.where({1}, {0}, 2)", "{0}.masked_fill({1}, 1)", "torch.where({1}, 0, {0} + 1)")
    return at.one_of(texts).format(x.name, mask.name)


def reduced(at: Drawing) -> str | None:
    x = at.value(lambda value: value.rank > 0)
    if x is None:
        return None
    dims = at.order(x.rank)[: at.number(1, x.rank)]
    keep = at.one_of((True, False))
    if x.is_condition:
        return f"{x.name}.{at.one_of(('any', 'all'))}({dims[0]}, {keep})"
    kinds = [f"sum({dims}, {keep})", f"amax({dims}, {keep})", f"amin({dims}, {keep})"]
    if x.is_exact:
        kinds += [f"{kind}({dims[0]}, {keep})" for kind in ("argmax", "argmin", "prod")]
        kinds += [f"max({dims[0]}, {keep}).values", f"min({dims[0]}, {keep}).indices"]
        kinds += [f"count_nonzero({dims[0]})"]
    return f"{x.name}.{at.one_of(kinds)}"


def row_statistic(at: Drawing) -> str | None:
    x = at.value(lambda value: value.is_float and value.rank > 0)
    if x is None:
        return None
    dim, last = at.number(0, x.rank - 1), x.shape[-1]
    texts = [f"torch.softmax({x.name}, {dim})", f"{x.name}.mean({dim}, True)"]
    texts += [f"F.layer_norm({x.name}, [{last}])", f"torch.logsumexp({x.name}, {dim})"]
    texts += [f"{x.name}.var({dim}, correction=0)"]
    return at.one_of(texts)


def scanned(at: Drawing) -> str | None:
    x = at.value(exact)
    if x is None:
        return None
    dim = at.number(0, max(0, x.rank - 1))
    texts = ("cumsum({})", "cummax({}).values", "cummin({}).indices", "clamp(-1, 1).cumprod({})")
    return f"{x.name}.{at.one_of(texts).format(dim)}"


def ordered(at: Drawing) -> str | None:
    x = at.value(lambda value: exact(value) and value.rank > 0)
    if x is None:
        return None
    dim, down = at.number(0, x.rank - 1), at.one_of((True, False))
    part, count = at.one_of(("values", "indices")), at.number(1, x.shape[dim])
    texts = [f"sort(stable=True, dim={dim}, descending={down}).{part}"]
    texts += [f"topk({count}, {dim}, {down}).values", f"kthvalue({count}, {dim}).values"]
    texts += [f"median({dim}).values"]
    return f"{x.name}.{at.one_of(texts)}"


def cut(at: Drawing) -> str | None:
    x = at.value(lambda value: value.rank > 0)
    if x is None:
        return None
    dim = at.number(0, x.rank - 1)
    start, step = at.number(0, x.shape[dim] - 1), at.number(1, 3)
    texts = [f"select({dim}, {start})", f"narrow({dim}, {start}, {x.shape[dim] - start})"]
    texts += [f"chunk(2, {dim})[-1]", f"diagonal(0, 0, {dim})" if dim else "flatten()"]
    return at.one_of((f"{x.name}[{':, ' * dim}{start}::{step}]", f"{x.name}.{at.one_of(texts)}"))


def turned(at: Drawing) -> str | None:
    x = at.value(lambda _: True)
    assert x is not None
    order = at.order(x.rank)
    some = [dim for dim in range(x.rank) if at.one_of((True, False))]
    texts = [f"permute({order})", f"flip({some})", f"permute({order}).reshape(-1)"]
    texts += [f"roll({at.number(-4, 4)})", f"unsqueeze({at.number(0, x.rank)})", "squeeze()"]
    if x.rank > 1:
        texts += [f"flatten({at.number(0, x.rank - 2)})", "mT", "tril()", "triu(1)"]
    return f"{x.name}.{at.one_of(texts)}"


def joined(at: Drawing) -> str | None:
    x = at.value(lambda _: True)
    assert x is not None
    other = at.value(lambda y: y.shape == x.shape)
    assert other is not None
    dim = at.number(0, max(0, x.rank - 1))
    if not x.rank or at.one_of((True, False)):
        return f"torch.stack([{x.name}, {other.name}], {dim})"
    part = f"{x.name}[{':, ' * dim}:{at.number(0, x.shape[dim])}]"
    return f"torch.cat([{part}, {other.name}, {x.name}], {dim})"


def padded(at: Drawing) -> str | None:
    x = at.value(lambda value: value.is_float and value.rank > 0)
    if x is None:
        return None
    mode, extent = at.one_of(BORDERS), x.shape[-1]
    most = {"constant": 3, "reflect": extent - 1, "replicate": 3, "circular": extent}[mode]
    widths = [at.number(0, min(3, most)) for _ in range(2)]
    # these modes want one or two dimensions in front
    flat = f"{x.name}.reshape(1, -1, {extent})" if mode != "constant" else x.name
    return f"F.pad({flat}, {widths}, mode={mode!r})"


def repeated(at: Drawing) -> str | None:
    x = at.value(lambda _: True)
    assert x is not None
    if x.rank and at.one_of((True, False)):
        size = at.number(1, x.shape[-1])
        return f"{x.name}.unfold(-1, {size}, {at.number(1, 2)})"
    if at.one_of((True, False)):
        return f"{x.name}.expand({[at.number(2, 3), *x.shape]})"
    return f"{x.name}.repeat({[at.one_of((1, 1, 2, 3)) for _ in range(max(1, x.rank))]})"


def indexed(at: Drawing) -> str | None:
    """Taken or written where the numbers of another value say."""
    x = at.value(lambda value: numeric(value) and value.rank > 0)
    source = at.value(exact)
    if x is None or source is None:
        return None
    dim = at.number(0, x.rank - 1)
    extent, count = x.shape[dim], at.number(1, min(5, source.tensor.numel()))
    numbers = f"{source.name}.reshape(-1)[:{count}].to(torch.int64)"
    places = f"{numbers}.remainder({extent})"
    signed = f"{numbers}.remainder({2 * extent}) - {extent}"
    colons, rows = ":, " * dim, f"{x.name}.narrow({dim}, 0, 1)"
    wide = f"{rows}.expand({[*x.shape[:dim], count, *x.shape[dim + 1 :]]})"
    whole = f"{source.name}.to(torch.int64).remainder({extent})"
    texts = [f"{x.name}[{colons}{signed}]", f"{x.name}.index_select({dim}, {places})"]
    texts += [f"{x.name}.index_add({dim}, {places}, {wide})"]
    texts += [f"{x.name}.index_fill({dim}, {places}, 2)"]
    if x.is_exact:
        texts += [f"{x.name}.scatter({dim}, {x.name}.to(torch.int64).remainder({extent}), 1)"]
        texts += [f"{x.name}.index_reduce({dim}, {places}, {wide}, 'amax')"] * x.is_float
    if source.rank == x.rank and all(
        d == dim or a <= b for d, (a, b) in enumerate(zip(source.shape, x.shape, strict=True))
    ):
        texts += [f"{x.name}.gather({dim}, {whole})"]
    if dim == 0:
        texts += [f"{x.name}[{source.name}.to(torch.int64).remainder({2 * extent}) - {extent}]"]
    return at.one_of(texts)


def product(at: Drawing) -> str | None:
    x = at.value(lambda value: value.is_float and value.rank > 1)
    if x is None:
        return None
    other = at.value(
        lambda y: (
            y.is_float
            and y.rank > 1
            and y.shape[-2] == x.shape[-1]
            and _together(x.shape[:-2], y.shape[:-2])
        )
    )
    texts = [f"{x.name} @ {x.name}.mT", f"{x.name}.mT @ ({x.name} - 1.0)"]
    texts += [f"F.linear({x.name}, {x.name}.reshape(-1, {x.shape[-1]})[:3])"]
    texts += [f"{x.name} @ {x.name}.reshape(-1)[:{x.shape[-1]}]"]
    if other:
        texts += [f"{x.name} @ {other.name}"] * 3
    return at.one_of(texts)


def attended(at: Drawing) -> str | None:
    """Rows attend to all rows."""
    x = at.value(lambda value: value.is_float and value.rank > 1)
    if x is None:
        return None
    scores = f"{x.name} @ {x.name}.mT * {x.shape[-1] ** -0.5:.3f}"
    return f"torch.softmax({scores}, -1) @ ({x.name} + 1.0)"


def image(at: Drawing) -> str | None:
    """A convolution with a kernel made of another value, or a pool."""
    x = at.value(lambda value: value.is_float and value.rank > 2)
    if x is None:
        return None
    channels, height, width = x.shape[-3:]
    images = f"{x.name}.reshape(-1, {channels}, {height}, {width})"
    kernel = [at.number(1, min(3, size)) for size in (height, width)]
    stride = [at.number(1, 2) for _ in range(2)]
    if at.number(0, 3) == 0:
        kind = at.one_of(("max_pool2d", "avg_pool2d"))
        size = at.number(1, min(2, height, width))
        return f"F.{kind}({images}, {size}, {stride})"
    source = at.value(lambda value: value.is_float)
    assert source is not None
    groups = at.one_of((1, 1, channels))
    outputs = groups * at.number(1, max(1, 4 // groups))
    shape = (outputs, channels // groups, *kernel)
    count = outputs * shape[1] * kernel[0] * kernel[1]
    flat = f"{source.name}.reshape(-1)"
    times = -(-count // source.tensor.numel())
    weight = f"{flat}.repeat({times})[:{count}].reshape({shape})"
    padding = [at.number(0, 1) for _ in range(2)]
    return f"F.conv2d({images}, {weight}, None, {stride}, {padding}, groups={groups})"


ROUNDING = frozenset((function, row_statistic, attended))
"""Makers of what float32 rounds; averages of pools as well."""
