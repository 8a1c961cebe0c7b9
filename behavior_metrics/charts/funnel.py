"""Sites side by side without an order: each one's rate against how much it makes, within the funnel that chance draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from behavior_metrics.charts import drawing
from behavior_metrics.charts.drawing import LINE, Scale

_PLOT = 260.0
_STEPS = 48
_NAMED = 24


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """A site: what it made, its rate, and whether it lies outside after allowing for what differs between all of them."""

    name: str
    exposure: float
    rate: float
    outside: bool


@dataclass(frozen=True, slots=True)
class FunnelWords:
    """Words of the chart, in the reader's language."""

    across: str
    up: str
    centre: str
    plain: str
    widened: str
    outside: str


def funnel(
    points: Sequence[FunnelPoint],
    centre: float,
    tau2: float,
    words: FunnelWords,
    *,
    per: float,
    title: str,
    description: str,
    width: int = 560,
    classes: str = "",
) -> str:
    """SVG of the funnel: limits of chance alone (broken) and widened by `tau2` (drawn), on the square-root scale.

    Rates are per `per` units and exposures in so many of them; the axis tells units. `centre` is the rate of all, `tau2`
    the variance between sites of sqrt(rate / centre); limits are (1 -/+ 1.96 s)^2 times the centre with
    s^2 = 1 / (4 expected) + tau2.
    """
    widest = max(point.exposure for point in points) * 1.06
    exposures = [widest * (step + 1) / _STEPS for step in range(_STEPS)]
    chance = [_limits(centre, one, 0.0) for one in exposures]
    allowed = [_limits(centre, one, tau2) for one in exposures]
    top = max(max(point.rate for point in points) * 1.15, 2.2 * centre)
    levels = drawing.ticks(0, top)
    left = max(drawing.width_of(drawing.tick_text(level)) for level in levels) + 10
    bottom = LINE + 8 + _PLOT
    right = width - drawing.width_of(words.centre) - 10
    across, up = Scale(0, widest, left, right), Scale(0, levels[-1], bottom, LINE + 8)
    marks = [drawing.text(0, 11, words.up, "mutt")]
    for level in levels:
        marks.append(drawing.line(left, up(level), right, up(level), "gl" if level else "ax"))
        marks.append(drawing.text(left - 6, up(level) + 4, drawing.tick_text(level), "mutt", "end"))
    marks += [
        drawing.text(across(level / per), bottom + 17, drawing.tick_text(level), "mutt", "middle")
        for level in drawing.ticks(0, widest * per)[:-1]
    ]
    marks.append(drawing.text((left + right) / 2, bottom + 36, words.across, "mutt", "middle"))
    marks.append(drawing.line(left, up(centre), right, up(centre), "ax"))
    marks.append(drawing.text(right + 6, up(centre) + 4, words.centre, "mutt"))
    for limits, named in ((chance, "cutl"), (allowed, "nul")):
        for side in (0, 1):
            ends = [(across(one), up.held(limit[side])) for one, limit in zip(exposures, limits, strict=True)]
            marks += [
                drawing.line(x1, y1, x2, y2, named)
                for (x1, y1), (x2, y2) in pairwise(ends)
                if up.end < min(y1, y2) or abs(y1 - y2) > 0.1
            ]
    for point in points:
        x, y = across(point.exposure), up(point.rate)
        marks.append(drawing.point(1, x, y, size=3.5))
        if point.outside:
            marks.append(drawing.circle(x, y, 8.5, "cx1"))
    marks += _names(points, across, up, right) if len(points) <= _NAMED else []
    entries = [
        (drawing.line(-7, 0, 7, 0, "cutl"), words.plain),
        (drawing.line(-7, 0, 7, 0, "nul"), words.widened),
    ]
    if any(point.outside for point in points):
        entries.append((drawing.point(1, 0, 0, size=3) + drawing.circle(0, 0, 6.5, "cx1"), words.outside))
    drawn, key_height = drawing.key(entries, 0, bottom + 60, width)
    return drawing.svg(width, bottom + 54 + key_height, title, description, [*marks, drawn], classes=classes)


def _names(points: Sequence[FunnelPoint], across: Scale, up: Scale, right: float) -> list[str]:
    """Names beside their points, as far as they do not lie over one another."""
    taken: list[tuple[float, float, float]] = []
    marks = []
    for point in points:
        x, y, wide = across(point.exposure), up(point.rate), drawing.width_of(point.name)
        begin = x + 8 if x + 8 + wide < right else x - 8 - wide
        if any(abs(y - other) < LINE and begin < end and start < begin + wide for start, end, other in taken):
            continue
        taken.append((begin, begin + wide, y))
        marks.append(drawing.text(begin, y + 4, point.name, "mutt"))
    return marks


def _limits(centre: float, exposure: float, tau2: float) -> tuple[float, float]:
    spread = 1.96 * sqrt(1 / (4 * centre * exposure) + tau2)
    return centre * max(0.0, 1 - spread) ** 2, centre * (1 + spread) ** 2
