"""Charts as SVG: numbers in, text out. A missing number (None) is a gap, never zero; no number at all says 'no data'.

They hold no words but their own; names and figures stand beside them in the page, where they can wrap. Sizes are in CSS pixels.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup

Number = int | float | None

ACCENT, SOFT, TRACK, QUIET, MUTED = "#2457a6", "#c8d6ec", "#eef1f5", "#cfd4da", "#6b7785"
SHADES = ("#dbe4f2", "#b4c7e6", "#83a3d3", "#4f7cbd", "#2457a6", "#173c75")


def sparkline(history: Sequence[Number], width: int = 132, height: int = 30) -> Markup:
    """A line whose last number has a dot; a number between two gaps is a dot."""
    known = [number for number in history if number is not None]
    if not known:
        return _nothing(width, height)
    low, span = min(known), (max(known) - min(known)) or 1
    step = (width - 6) / max(len(history) - 1, 1)
    points = [
        None if number is None else (3 + at * step, height - 4 - (number - low) / span * (height - 8))
        for at, number in enumerate(history)
    ]
    lines = "".join(_line(run) for run in _runs(points))
    last = _dot(*points[-1], 2.5) if points[-1] else ""
    return _svg(width, height, lines + last)


def columns(history: Sequence[Number], width: int = 660, height: int = 90) -> Markup:
    """A column a number, from zero; the last one in the accent colour; a gap is a grey tick on the ground."""
    if all(number is None for number in history):
        return _nothing(width, height)
    most = max(max((number for number in history if number is not None), default=0), 0) or 1
    step = width / len(history)
    drawn = ""
    for at, number in enumerate(history):
        colour = ACCENT if at == len(history) - 1 else SHADES[2]
        tall, fill = (1.5, QUIET) if number is None else (max(number, 0) / most * (height - 4), colour)
        drawn += _box(at * step + step * 0.12, height - tall, step * 0.76, tall, fill)
    return _svg(width, height, drawn + _box(0, height - 0.5, width, 0.5, QUIET))


def bar(ratio: Number, before: Number = None, width: int = 260, height: int = 16) -> Markup:
    """A part of a whole; `before` (the step before) is shown behind it, so that what was lost is seen."""
    if ratio is None:
        return _nothing(width, height)
    behind = _box(0, 0, width * _cut(before), height, SOFT) if before is not None else ""
    return _svg(
        width, height, _box(0, 0, width, height, TRACK) + behind + _box(0, 0, width * _cut(ratio), height, ACCENT)
    )


def movement(entries: Number, exits: Number, most: Number, width: int = 200, height: int = 14) -> Markup:
    """Exits to the left of the middle, entries to the right; `most` is the largest of all, which fills a side."""
    if entries is None and exits is None:
        return _nothing(width, height)
    middle, scale = width / 2, (width / 2 - 1) / (most or 1)
    left, right = (exits or 0) * scale, (entries or 0) * scale
    sides = _box(middle - left, 1, left, height - 2, QUIET) + _box(middle, 1, right, height - 2, ACCENT)
    return _svg(width, height, sides + _box(middle - 0.4, 0, 0.8, height, MUTED))


def stacked(parts: Sequence[Number], colours: Sequence[str], width: int = 660, height: int = 22) -> Markup:
    """The parts of a whole beside each other; a missing or empty part takes no room."""
    whole = sum(part or 0 for part in parts)
    if not whole:
        return _nothing(width, height)
    drawn, left = "", 0.0
    for part, colour in zip(parts, colours, strict=True):
        wide = (part or 0) / whole * width
        drawn += _box(left, 0, max(wide - 1, 0.3), height, colour) if part else ""
        left += wide
    return _svg(width, height, drawn)


def layers(parts: Sequence[Sequence[Number]], colours: Sequence[str], width: int = 660, height: int = 140) -> Markup:
    """A column a moment, the parts of its whole upon each other from the ground up; all from zero, on one scale."""
    wholes = [sum(each or 0 for each in moment) for moment in zip(*parts, strict=True)]
    if not any(wholes):
        return _nothing(width, height)
    step, scale = width / len(wholes), (height - 4) / max(wholes)
    drawn, tops = "", [float(height)] * len(wholes)
    for history, colour in zip(parts, colours, strict=True):
        for at, number in enumerate(history):
            tall = (number or 0) * scale
            tops[at] -= tall
            drawn += _box(at * step + step * 0.08, tops[at], step * 0.84, tall, colour) if tall else ""
    return _svg(width, height, drawn + _box(0, height - 0.5, width, 0.5, QUIET))


def swatch(colour: str) -> Markup:
    return _svg(9, 9, _box(0, 0, 9, 9, colour))


def shades(quiet: Sequence[bool]) -> list[str]:
    """A colour a part: from light to dark, grey for the quiet ones."""
    return [QUIET if is_quiet else SHADES[at % len(SHADES)] for at, is_quiet in enumerate(quiet)]


def arrow(is_up: bool, colour: str) -> Markup:
    points = "0,7 8,7 4,0.5" if is_up else "0,1 8,1 4,7.5"
    return _svg(8, 8, f'<polygon points="{points}" fill="{colour}"/>')


def _runs(points: Sequence[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    for is_gap, run in groupby(points, key=lambda point: point is None):
        if not is_gap:
            yield [point for point in run if point]


def _line(run: list[tuple[float, float]]) -> str:
    if len(run) == 1:
        return _dot(*run[0], 1.2)
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in run)
    return f'<polyline points="{points}" fill="none" stroke="{ACCENT}" stroke-width="1.4" stroke-linejoin="round"/>'


def _dot(x: float, y: float, radius: float) -> str:
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius}" fill="{ACCENT}"/>'


def _box(x: float, y: float, wide: float, tall: float, colour: str) -> str:
    return f'<rect x="{x:.2f}" y="{y:.2f}" width="{wide:.2f}" height="{tall:.2f}" fill="{colour}"/>'


def _cut(ratio: float) -> float:
    return min(max(ratio, 0), 1)


def _nothing(width: int, height: int) -> Markup:
    text = (
        f'<text x="2" y="{height / 2 + 3.5:.2f}" font-size="10" font-family="Noto Sans" fill="{MUTED}">no data</text>'
    )
    return _svg(width, height, text)


def _svg(width: int, height: int, drawn: str) -> Markup:
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return Markup(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{drawn}</svg>')
