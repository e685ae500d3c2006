"""Error against time as an SVG picture, drawn by hand: no library is needed for two panels of lines.

Heights are roots of shares, so that half a per cent can be seen beside seventy.
"""

from collections.abc import Sequence
from html import escape
from math import sqrt

from earlab.scores import Scores

WIDTH, HEIGHT, LEFT, TOP, PANEL_WIDTH, PANEL_HEIGHT = 1000, 430, 60, 50, 400, 300
LONGEST_SECONDS = 6.0
STEPS = 120
MARKS = (0.0, 0.005, 0.03, 0.1, 0.25, 0.5, 1.0)
COLOURS = ("#0b5fa5", "#c2410c", "#6b7280", "#15803d", "#7c3aed")


def error_against_time(scores: Sequence[Scores]) -> str:
    """Left: persons lost by a time. Right: machines not yet caught (solid) and persons not yet joined (dashed)."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_axes(LEFT, "persons lost by this time"),
        *_axes(LEFT + 500, "machines not caught (solid), persons not joined (dashed)"),
    ]
    times = [LONGEST_SECONDS * step / STEPS for step in range(STEPS + 1)]
    for index, one in enumerate(scores):
        colour = COLOURS[index % len(COLOURS)]
        shares = [one.at(time) for time in times]
        parts.append(_line(LEFT, times, [lost for lost, _, _ in shares], colour))
        parts.append(_line(LEFT + 500, times, [1 - caught for _, _, caught in shares], colour))
        parts.append(_line(LEFT + 500, times, [1 - joined for _, joined, _ in shares], colour, "5 3"))
        parts.append(
            f'<rect x="{LEFT + 190 * index}" y="{HEIGHT - 28}" width="12" height="12" fill="{colour}"/>'
            f'<text x="{LEFT + 17 + 190 * index}" y="{HEIGHT - 18}">{escape(one.name)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axes(left: int, title: str) -> list[str]:
    bottom = TOP + PANEL_HEIGHT
    parts = [f'<text x="{left}" y="{TOP - 16}" font-weight="bold">{escape(title)}</text>']
    for mark in MARKS:
        y = _height(mark)
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + PANEL_WIDTH}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{100 * mark:g} %</text>')
    for second in range(int(LONGEST_SECONDS) + 1):
        x = left + PANEL_WIDTH * second / LONGEST_SECONDS
        parts.append(f'<line x1="{x:.1f}" y1="{bottom}" x2="{x:.1f}" y2="{bottom + 5}" stroke="#555"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{second} s</text>')
    return parts


def _line(left: int, times: Sequence[float], shares: Sequence[float], colour: str, dashes: str = "") -> str:
    points = " ".join(
        f"{left + PANEL_WIDTH * time / LONGEST_SECONDS:.1f},{_height(share):.1f}"
        for time, share in zip(times, shares, strict=True)
    )
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'


def _height(share: float) -> float:
    return TOP + PANEL_HEIGHT * (1 - sqrt(min(1.0, max(0.0, share))))
