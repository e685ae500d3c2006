"""How busy operators are at which share of persons left alone, as an SVG picture: a panel for each number of seats."""

from collections.abc import Sequence
from html import escape

from dialer.bench.pacing import Cell

WIDTH, HEIGHT, GAP, COLUMNS = 300, 220, 60, 3
MOST_ALONE = 0.05
COLOURS = ("#6b7280", "#15803d", "#7c3aed", "#c2410c", "#0e7490", "#a16207")
OURS = "#0b5fa5"


def chart(cells: Sequence[Cell]) -> str:
    rows = -(-len(cells) // COLUMNS)
    width, height = GAP + COLUMNS * (WIDTH + GAP), GAP + rows * (HEIGHT + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for place, cell in enumerate(cells):
        left = GAP + (place % COLUMNS) * (WIDTH + GAP)
        top = GAP + (place // COLUMNS) * (HEIGHT + GAP)
        parts.append(f'<g transform="translate({left} {top})">{"".join(_panel(cell))}</g>')
    for place, name in enumerate(["ours", *(cells[0].others if cells else {})]):
        colour = OURS if place == 0 else COLOURS[(place - 1) % len(COLOURS)]
        x = GAP + place * 130
        parts.append(f'<rect x="{x}" y="14" width="11" height="11" fill="{colour}"/>')
        parts.append(f'<text x="{x + 16}" y="24">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(cell: Cell) -> list[str]:
    parts = [f'<text y="-8" font-weight="bold">{escape(cell.day)}, {cell.seats} seats</text>']
    for percent in range(0, 101, 20):
        y = _height(percent / 100)
        parts.append(f'<line x1="0" y1="{y:.1f}" x2="{WIDTH}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{percent} %</text>')
    for percent in range(6):
        x = _across(percent / 100)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT + 15}" text-anchor="middle">{percent} %</text>')
    bound = _height(cell.best_possible)
    parts.append(f'<line x1="0" y1="{bound:.1f}" x2="{WIDTH}" y2="{bound:.1f}" stroke="#111" stroke-dasharray="2 4"/>')
    for place, points in enumerate(cell.others.values()):
        shown = sorted((point for point in points if point.abandoned <= MOST_ALONE), key=lambda point: point.abandoned)
        line = " ".join(f"{_across(one.abandoned):.1f},{_height(one.utilisation):.1f}" for one in [cell.plain, *shown])
        colour = COLOURS[place % len(COLOURS)]
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    x, y = _across(cell.ours.abandoned), _height(cell.ours.utilisation)
    parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{OURS}"/>')
    return parts


def _across(share: float) -> float:
    return min(share, MOST_ALONE) / MOST_ALONE * WIDTH


def _height(share: float) -> float:
    return (1.0 - share) * HEIGHT
