"""A scatter plot of simulated over measured cycles, both logarithmic, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from npu.frontend.validation.score import Score
from npu.frontend.validation.table import ALL, families, percent

SIDE, MARGIN, LEGEND = 480, 60, 200
"""Pixels: of the square, around it, and of the names beside it."""

COLOURS = (
    "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#e377c2", "#17becf",
    "#7f7f7f", "#bcbd22",
)  # fmt: skip
SQUARE = f'x="{MARGIN}" y="{MARGIN}" width="{SIDE}" height="{SIDE}"'
OUTLINE = 'fill="none" stroke="black"'
BAND = 0.10
"""Errors inside of the grey band."""


def plot(found: Mapping[str, Sequence[Score]]) -> str:
    """The plot of all rows that were run; the line is where both are equal."""
    scored = [one for scores in found.values() for one in scores if one.cycles]
    values = [float(n) for one in scored for n in (one.row.cycles, one.cycles or 0)] or [1.0]
    low, high = (math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9))
    scale = _Scale(low, max(high, low + 1))
    groups = [family for family in families(scored) if family.name != ALL]
    body = [*scale.frame()]
    for number, family in enumerate(groups):
        colour = COLOURS[number % len(COLOURS)]
        body += [_point(one, scale, colour) for one in family.scores]
        y = MARGIN + 20 * number
        body.append(f'<circle cx="{SIDE + MARGIN + 20}" cy="{y}" r="4" fill="{colour}"/>')
        said = f"{family.name} ({percent(family.mae)})"
        body.append(f'<text x="{SIDE + MARGIN + 30}" y="{y + 4}">{escape(said)}</text>')
    width, height = SIDE + 2 * MARGIN + LEGEND, SIDE + 2 * MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="12">'
    )
    return "\n".join(
        (head, f'<rect width="{width}" height="{height}" fill="white"/>', *body, "</svg>", "")
    )


class _Scale:
    """Powers of ten from low to high, along both axes."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def x(self, value: float) -> float:
        """Pixels from the left."""
        return MARGIN + SIDE * (math.log10(value) - self.low) / (self.high - self.low)

    def y(self, value: float) -> float:
        """Pixels from above."""
        return 2 * MARGIN + SIDE - self.x(value)

    def frame(self) -> list[str]:
        """Axes, the line of equality and the band around it."""
        ends = [10.0**self.low, 10.0**self.high]
        corners = [(v, v * (1 + BAND)) for v in ends]
        corners += [(v, v * (1 - BAND)) for v in reversed(ends)]
        points = " ".join(f"{self.x(a):.1f},{self.y(b):.1f}" for a, b in corners)
        lines = [
            f'<clipPath id="inside"><rect {SQUARE}/></clipPath>',
            f'<polygon points="{points}" fill="#dddddd" clip-path="url(#inside)"/>',
            f"<rect {SQUARE} {OUTLINE}/>",
            f'<path d="M{MARGIN} {MARGIN + SIDE}L{MARGIN + SIDE} {MARGIN}" {OUTLINE}/>',
        ]
        for power in range(self.low, self.high + 1):
            at = 10.0**power
            label = f'10<tspan dy="-4" font-size="9">{power}</tspan>'
            lines.append(f'<text x="{self.x(at) - 8:.1f}" y="{MARGIN + SIDE + 18}">{label}</text>')
            lines.append(f'<text x="{MARGIN - 28}" y="{self.y(at) + 4:.1f}">{label}</text>')
        middle = MARGIN + SIDE / 2
        lines.append(f'<text x="{middle - 50}" y="{MARGIN + SIDE + 40}">measured cycles</text>')
        lines.append(
            f'<text transform="translate(16 {middle + 50}) rotate(-90)">simulated cycles</text>'
        )
        return lines


def _point(score: Score, scale: _Scale, colour: str) -> str:
    cycles = float(score.cycles or 1)
    said = escape(
        f"{score.row.workload}: {score.row.cycles:,} measured, {score.cycles:,} simulated"
    )
    return (
        f'<circle cx="{scale.x(float(score.row.cycles)):.1f}" cy="{scale.y(cycles):.1f}" r="4" '
        f'fill="{colour}" fill-opacity="0.7"><title>{said}</title></circle>'
    )
