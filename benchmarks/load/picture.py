"""A picture of a load in plain SVG: latencies over time, how they are spread, and the memory beside the records.

Its colours follow the reader's light or dark scheme. Text is set in whatever sans serif there is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from statistics import quantiles

WIDTH, LEFT, RIGHT = 960, 64, 24
PLOT = WIDTH - LEFT - RIGHT

_STYLE = """
svg { background: var(--page); font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
  --page: #ffffff; --ink: #1f2328; --soft: #59636e; --rule: #d9dee4; --fill: #f3f5f7;
  --a: #1a7f5a; --b: #0b63c5; --c: #c2410c; }
@media (prefers-color-scheme: dark) { svg { --page: #0d1117; --ink: #e6edf3; --soft: #9aa5b1; --rule: #2b333d;
  --fill: #161b22; --a: #3fb68b; --b: #6cb0ff; --c: #ff9d5c; } }
text { fill: var(--ink); } .soft { fill: var(--soft); } .small { font-size: 11px; }
.title { font-size: 17px; font-weight: 600; } .head { font-weight: 600; }
.rule { stroke: var(--rule); stroke-width: 1; } .panel { fill: var(--fill); }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.a { stroke: var(--a); } .b { stroke: var(--b); } .c { stroke: var(--c); } .dashed { stroke-dasharray: 5 4; }
.bar { fill: var(--b); opacity: .75; } text.a { fill: var(--a); stroke: none; } text.b { fill: var(--b); stroke: none; }
text.c { fill: var(--c); stroke: none; } .mark { stroke: var(--c); stroke-width: 1.5; }
"""


@dataclass(frozen=True)
class Line:
    """A line of a chart over time: its name, its colour (a, b or c), and its points (seconds, value)."""

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


@dataclass(frozen=True)
class Spread:
    """How the latencies of one kind of request are spread, in seconds."""

    name: str
    seconds: Sequence[float]


def picture(title: str, under: str, starts: Sequence[Line], spreads: Sequence[Spread], memory: Sequence[Line]) -> str:
    """The whole picture."""
    parts, y = [_text(LEFT, 34, title, "title"), _text(LEFT, 56, under, "soft")], 84
    parts.append(
        _over_time(y, 190, "Requests that start a run, by when they were sent", "ms", starts, logarithmic=True)
    )
    y += 190 + 74
    rows = -(-len(spreads) // 2)
    parts.append(_text(LEFT, y, "How long requests took (each bar a range of times; the mark is the median)", "head"))
    for n, spread in enumerate(spreads):
        column, row = n % 2, n // 2
        parts.append(_histogram(LEFT + column * (PLOT // 2 + 12), y + 18 + row * 96, PLOT // 2 - 12, 46, spread))
    y += 18 + rows * 96 + 30
    parts.append(_over_time(y, 150, "Memory of the service’s process", "MB", memory))
    y += 150 + 50
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img">'
    return "\n".join([head, f"<title>{escape(title)}</title>", f"<style>{_STYLE}</style>", *parts, "</svg>\n"])


def percentiles(points: Iterable[tuple[float, float]], width: float) -> list[Line]:
    """p50, p95 and p99 of points (seconds, value), for each stretch of so many seconds that has enough of them."""
    stretches: dict[int, list[float]] = {}
    for at, value in points:
        stretches.setdefault(int(at // width), []).append(value)
    lines = []
    for name, colour in ((50, "a"), (95, "b"), (99, "c")):
        found = [(width * (n + 0.5), quantile(values, name)) for n, values in sorted(stretches.items()) if values[4:]]
        lines.append(Line(f"p{name}", colour, found))
    return lines


def quantile(values: Sequence[float], percent: int) -> float:
    """A percentile of one value or more."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]


def _over_time(y: int, height: int, title: str, unit: str, lines: Sequence[Line], logarithmic: bool = False) -> str:
    """A chart of lines, with the seconds below and the unit's values at the left."""
    values = [value for line in lines for _, value in line.points] or [1.0]
    until = max((at for line in lines for at, _ in line.points), default=1.0)
    ticks = _decades(min(values), max(values)) if logarithmic else _even(max(values))
    place = _scale(ticks[0], ticks[-1], y + 28 + height, y + 28, logarithmic)
    parts = [
        _text(LEFT, y, title, "head"),
        f'<rect class="panel" x="{LEFT}" y="{y + 28}" width="{PLOT}" height="{height}"/>',
    ]
    for tick in ticks:
        at = place(tick)
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{LEFT + PLOT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(_text(LEFT - 8, at + 4, f"{tick:,.0f}", "soft small", "end"))
    parts.append(_text(LEFT - 8, y + 18, unit, "soft small", "end"))
    for second in _even(until)[:-1]:
        across = LEFT + second / until * PLOT
        parts.append(_text(across, y + 44 + height, f"{second:,.0f} s", "soft small", "middle"))
    x = LEFT + PLOT
    for line in reversed(lines):
        parts.append(_text(x, y, line.name, line.colour, "end"))
        x -= 8 * len(line.name) + 18
    for line in lines:
        path = " ".join(f"{LEFT + at / until * PLOT:.1f},{place(value):.1f}" for at, value in line.points)
        parts.append(f'<polyline class="line {line.colour}{" dashed" if line.dashed else ""}" points="{path}"/>')
    return "\n".join(parts)


_FIRST, _LAST, _EACH = -3.0, 1.6, 0.1
"""Powers of ten of seconds that a histogram spans, and of the width of its bars."""


def _histogram(x: float, y: float, width: float, height: float, spread: Spread) -> str:
    """How many requests took how long, by the logarithm of the time; what is beyond the ends is counted there."""
    bins = round((_LAST - _FIRST) / _EACH)
    counts = [0] * bins
    for seconds in spread.seconds:
        counts[min(bins - 1, max(0, int((log10(max(seconds, 1e-6)) - _FIRST) / _EACH)))] += 1
    bar, tallest, base = width / bins, max(counts), y + 20 + height
    said = ", ".join(f"p{percent} {_time(quantile(spread.seconds, percent))}" for percent in (50, 95, 99))
    parts = [
        _text(x, y + 12, spread.name, "small"),
        _text(x + width, y + 12, f"{len(spread.seconds):,} · {said}", "soft small", "end"),
        f'<rect class="panel" x="{x:.1f}" y="{y + 20:.1f}" width="{width:.1f}" height="{height}"/>',
    ]
    for n, count in enumerate(counts):
        if count:
            tall = max(1.0, count / tallest * (height - 4))
            parts.append(
                f'<rect class="bar" x="{x + n * bar + 0.5:.1f}" y="{base - tall:.1f}" width="{bar - 1:.1f}" '
                f'height="{tall:.1f}"/>'
            )
    middle = x + (log10(max(quantile(spread.seconds, 50), 1e-3)) - _FIRST) / _EACH * bar
    parts.append(f'<line class="mark" x1="{middle:.1f}" x2="{middle:.1f}" y1="{y + 20:.1f}" y2="{base:.1f}"/>')
    for power in range(round(_FIRST), int(_LAST) + 1):
        across = x + (power - _FIRST) / _EACH * bar
        anchor = "start" if power == _FIRST else "middle"
        parts.append(_text(across, base + 14, _time(10.0**power), "soft small", anchor))
    return "\n".join(parts)


def _scale(low: float, high: float, bottom: float, top: float, logarithmic: bool) -> Callable[[float], float]:
    def place(value: float) -> float:
        part = log10(value / low) / log10(high / low) if logarithmic else (value - low) / (high - low)
        return bottom + (top - bottom) * part

    return place


def _decades(low: float, high: float) -> list[float]:
    """1, 2, 5, 10 … around some values, one step beyond them at most."""
    steps = [factor * 10.0**power for power in range(-1, 7) for factor in (1, 2, 5)]
    first = max((n for n, step in enumerate(steps) if step <= max(low, steps[0])), default=0)
    last = min((n for n, step in enumerate(steps) if step >= high), default=len(steps) - 1)
    return steps[first : max(last, first + 1) + 1]


def _even(highest: float) -> list[float]:
    """Five to ten even steps from 0 to beyond a value."""
    rough = max(highest, 1e-9) / 6
    power = 10.0 ** int(log10(rough)) if rough >= 1 else 1.0
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor >= rough)
    return [n * step for n in range(int(highest / step) + 2)]


def _time(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
