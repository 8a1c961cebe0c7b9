"""The funnel of a pack as SVG for paper: black on white, with every number in the tables beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from behavior_metrics.charts.drawing import Scale, number, ticks
from behavior_metrics.stats import quantiles

WIDTH, HEIGHT = 520.0, 230.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 510.0, 20.0, 192.0
_FONT = 'font-family="Libertinus Serif" font-size="10" paint-order="stroke" stroke="#fff" stroke-width="2.4"'
#: Steps at which the limits are drawn.
_STEPS = 80
#: Half a text line, to keep labels apart.
_APART = 10.0
#: Where the label of a point may stand, the best first.
_BESIDE = tuple((16.0 * side, up) for up in (0.0, -10.0, 10.0, -20.0, 20.0, -30.0, 30.0) for side in (1, -1))
#: Tail beyond each line: 95 % within the dashed pair, 99.8 % within the whole one.
_TAILS = ((0.025, "3 2"), (0.001, ""))

#: Code of a site, its batches and its recurrences.
Point = tuple[str, int, int]


def limits(rate: float, batches: float, tail: float) -> tuple[float, float]:
    """Return the rates per 100 beyond which the exact interval of a site would leave out the rate of all.

    Above the upper one the lower Garwood limit of the site's count lies above ``rate``, below the lower one its upper limit
    lies below it. Counts are taken as continuous, so that the lines are smooth. ``tail`` is the share beyond each line.
    """
    expected = rate * batches / 100
    most = expected + 12 * (expected**0.5 + 1)
    high = _solve(lambda count: quantiles.gamma(count, tail), expected, most)
    low = _solve(lambda count: quantiles.gamma(count + 1, 1 - tail), expected, most)
    return 100 * low / batches, 100 * high / batches


def _solve(limit: Callable[[float], float], expected: float, most: float) -> float:
    """Return the count at which a rising limit reaches what is expected, by halving; 0 where it begins above."""
    low, high = 0.0, most
    for _step in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if limit(middle) < expected else (low, middle)
    return high if low else 0.0


def funnel(points: Sequence[Point], across: str, up: str) -> str:
    """Return the picture; empty without points."""
    most = max((batches for _code, batches, _events in points), default=0)
    total = sum(batches for _code, batches, _events in points)
    if not total:
        return ""
    rate = 100 * sum(events for _code, _batches, events in points) / total
    fewest = min(batches for _code, batches, _events in points)
    highest = max(*(100 * events / batches for _code, batches, events in points), limits(rate, fewest, 0.025)[1])
    x, y = Scale(0, most * 1.12, _LEFT, _RIGHT), Scale(0, highest * 1.15 or 1, _BOTTOM, _TOP)
    marks = [_axes(x, y, across, up), _line(x(0), y(rate), x(most * 1.12), y(rate), "#555", "")]
    first = max(fewest * 0.6, most / _STEPS)
    grid = [first + (most * 1.12 - first) * step / _STEPS for step in range(_STEPS + 1)]
    for tail, dash in _TAILS:
        for side in (0, 1):
            curve = [(x(b), y.held(limits(rate, b, tail)[side])) for b in grid]
            marks.append(_curve(curve, dash))
    marks += _sites(points, x, y)
    body = "".join(marks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{number(WIDTH)}" height="{number(HEIGHT)}" '
        f'viewBox="0 0 {number(WIDTH)} {number(HEIGHT)}">{body}</svg>'
    )


def _sites(points: Sequence[Point], x: Scale, y: Scale) -> list[str]:
    dots = [(x(batches), y(100 * events / batches), code) for code, batches, events in sorted(points)]
    marks = [f'<circle cx="{number(a)}" cy="{number(b)}" r="3.2" fill="#1d4f7c"/>' for a, b, _code in dots]
    taken = [(a, b) for a, b, _code in dots]
    for across, up, code in dots:
        place = next(
            (one for one in _BESIDE if _is_free(across + one[0], up + one[1], taken, (across, up))), _BESIDE[0]
        )
        taken.append((across + place[0], up + place[1]))
        marks.append(_text(across + place[0], up + place[1] + 3.5, code, "middle"))
    return marks


def _is_free(across: float, up: float, taken: Sequence[tuple[float, float]], own: tuple[float, float]) -> bool:
    """Whether a label in the middle of this place lies on no other label and no other point."""
    others = (one for one in taken if one != own)
    return not any(abs(up - b) < _APART and abs(across - a) < 2.2 * _APART for a, b in others)


def _axes(x: Scale, y: Scale, across: str, up: str) -> str:
    parts = [
        _line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "#000", ""),
        _line(_LEFT, _TOP, _LEFT, _BOTTOM, "#000", ""),
        _text(_RIGHT, HEIGHT - 6, across, "end"),
        _text(4, 10, up),
    ]
    parts += [
        _text(x(batches), _BOTTOM + 14, f"{batches:g}", "middle") for batches in ticks(0, x.high) if batches <= x.high
    ]
    parts += [_text(_LEFT - 5, y(rate) + 3, f"{rate:g}", "end") for rate in ticks(0, y.high) if rate <= y.high]
    return "".join(parts)


def _curve(points: Sequence[tuple[float, float]], dash: str) -> str:
    steps = "L".join(f"{number(a)} {number(b)}" for a, b in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{steps}" fill="none" stroke="#777" stroke-width="0.8"{dashed}/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dash: str) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" stroke="{colour}" '
        f'stroke-width="0.8"{dashed}/>'
    )


def _text(x: float, y: float, content: str, anchor: str = "start") -> str:
    return f'<text x="{number(x)}" y="{number(y)}" {_FONT} text-anchor="{anchor}">{escape(content)}</text>'
