"""Charts of the report as SVG: bars, or curves if the bars have x values.

Each mark has the attributes data-name and data-mean, and the height of a mark depends on the mean
only, so that a test can compare the drawing with the numbers.
"""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 760, 260, 50, 10, 60
# Horizontal distance of the curves of a chart, which separates their intervals.
APART = 8
# Width of the names of levels at the right of the chart, and their smallest vertical distance.
NAMES, LINE = 120, 12
COLOURS = ("#3465a4", "#cc6600", "#4e9a06", "#75507b", "#555753")


def chart(figure: Mapping) -> str:
    """Draw a figure's bars as an SVG chart with intervals, chance level and permutation control."""
    bars = [bar for bar in figure["bars"] if bar["mean"] is not None]
    if not bars:
        return "<p>not measured</p>"
    curves = [bar for bar in bars if bar["x"] is not None]
    single = [bar for bar in bars if bar["x"] is None]
    parts = [_axis(), *_levels(figure, bars)]
    # If the figure also has single bars, the curves are drawn in the left part of the chart.
    share = len(curves) / len(bars)
    middle = LEFT + share * (WIDTH - LEFT)
    if curves:
        parts += _curves(curves, LEFT, middle, figure["x_label"])
    if single:
        parts += _single(single, middle, WIDTH)
    body = "\n".join(parts)
    width = WIDTH + NAMES
    view = f'viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {view} font-size="11">\n{body}\n</svg>'


def height_of(value: float) -> float:
    """Vertical position of a fraction in the chart, from 0 (bottom of the axis) to 1 (top)."""
    return HEIGHT - BOTTOM - min(max(value, 0.0), 1.0) * (HEIGHT - BOTTOM - TOP)


def _axis() -> str:
    lines = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = height_of(tick)
        lines.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.0%}</text>')
        lines.append(_line(LEFT, y, WIDTH, y, "#ddd"))
    return "\n".join(lines)


def _levels(figure: Mapping, bars: Sequence[Mapping]) -> list[str]:
    """Draw horizontal lines at the permutation control and at a chance level common to all bars."""
    chances = {round(bar["chance"], 6) for bar in bars}
    levels = [("chance", chances.pop())] if len(chances) == 1 else []
    if figure["control"]:
        levels.append(("permutation control", figure["control"]["mean"]))
    parts, lowest = [], float(HEIGHT)
    for name, value in sorted(levels, key=lambda level: level[1]):
        y = height_of(value)
        lowest = min(y + 4, lowest - LINE)
        parts.append(_line(LEFT, y, WIDTH, y, "#999", dashed=True))
        parts.append(f'<text x="{WIDTH + 4}" y="{lowest:.1f}">{name}</text>')
    return parts


def _single(bars: Sequence[Mapping], left: float, right: float) -> list[str]:
    step, parts = (right - left) / len(bars), []
    for index, bar in enumerate(bars):
        x, y = left + (index + 0.5) * step, height_of(bar["mean"])
        own = f'data-name="{escape(bar["name"])}" data-mean="{bar["mean"]!r}"'
        height = height_of(0) - y
        parts.append(
            f'<rect {own} x="{x - 0.3 * step:.1f}" y="{y:.3f}" width="{0.6 * step:.1f}" '
            f'height="{height:.3f}" fill="{COLOURS[0]}"/>'
        )
        parts += _marks(bar, x)
        parts += _words(bar["name"], x, step)
    return parts


def _curves(bars: Sequence[Mapping], left: float, right: float, label: str) -> list[str]:
    places = sorted({bar["x"] for bar in bars})
    step, parts = (right - left) / len(places), []

    def x_of(bar: Mapping) -> float:
        return left + (places.index(bar["x"]) + 0.5) * step

    for place in places:
        x = x_of({"x": place})
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 44}" text-anchor="middle">{place:g}</text>')
    middle = (left + right) / 2
    parts.append(
        f'<text x="{middle:.1f}" y="{HEIGHT - 28}" text-anchor="middle">{escape(label)}</text>'
    )
    names = [*dict.fromkeys(bar["series"] for bar in bars)]
    for index, series in enumerate(names):
        own, colour = [bar for bar in bars if bar["series"] == series], COLOURS[index % 5]
        shift = APART * (index - (len(names) - 1) / 2)
        drawn = [(x_of(bar) + shift, bar) for bar in own]
        points = " ".join(f"{x:.1f},{height_of(bar['mean']):.3f}" for x, bar in drawn)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
        for x, bar in drawn:
            named = f'data-name="{escape(bar["name"])}" data-mean="{bar["mean"]!r}"'
            place = f'cx="{x:.1f}" cy="{height_of(bar["mean"]):.3f}"'
            parts.append(f'<circle {named} {place} r="3" fill="{colour}"/>')
            parts += _marks(bar, x, colour)
        x = left + 10 + index * 130
        parts.append(f'<text x="{x:.0f}" y="{HEIGHT - 8}" fill="{colour}">{escape(series)}</text>')
    return parts


def _marks(bar: Mapping, x: float, colour: str = "#222") -> list[str]:
    """Draw a bar's interval over classes, and a cross at the paper's value."""
    parts = [_line(x, height_of(bar["low"]), x, height_of(bar["high"]), colour)]
    if bar["paper"] is not None:
        y = height_of(bar["paper"])
        parts.append(f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">&#215;</text>')
    return parts


def _words(name: str, x: float, step: float) -> list[str]:
    """Draw the name of a bar below the axis, wrapped to the available width."""
    width, lines = max(int(step / 6), 4), [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    places = [HEIGHT - 44 + 13 * index for index in range(4)]
    return [
        f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{escape(line)}</text>'
        for y, line in zip(places, lines)
    ]


def _line(x1, y1, x2, y2, colour: str, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    places = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {places} stroke="{colour}"{dash}/>'
