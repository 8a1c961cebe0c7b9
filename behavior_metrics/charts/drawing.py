"""The few marks every chart is made of: SVG text whose colours, widths and dashes come from classes alone.

A chart has no style of its own, so a strict content policy serves it and the dark theme needs no second drawing. One
unit is one pixel: the view box is as wide as the panel, or its text would grow with the window. Two series differ in
shape as well as colour: 1 circle, 2 square, 3 diamond.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil, floor, log10

LINE = 16.0
WIDTHS = (328, 560, 1120)
MARK = 4.5

# Mean advance of Inter at 12 px by kind of letter: near enough to keep labels apart, on the wide side.
_NARROW, _SLIM, _WIDE = "iljI.,:;'|!", "ftr()[]-– /", "mwMW%@←→"
_BOLD = 1.06


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight scale from values `low` … `high` to pixels `start` … `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Pixel of a value; values outside the scale fall outside the pixels."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def held(self, value: float) -> float:
        """Pixel of the value, or of the end of the scale it lies beyond."""
        return self(min(max(value, self.low), self.high))


def svg(width: float, height: float, title: str, description: str, marks: Iterable[str], *, classes: str = "") -> str:
    """A whole drawing, read out as one picture with its title and description."""
    named = f"cht {classes}".strip()
    body = "".join(marks)
    return (
        f'<svg class="{escape(named)}" viewBox="0 0 {number(width)} {number(height)}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{body}</svg>"
    )


def at_every_width(draw: Callable[[int, str], str]) -> str:
    """The same chart drawn for a phone, a half panel and a whole one; the style sheet shows the one that fits its place.

    `draw` takes a width and classes. A drawing only scaled would have text too small or too large to read.
    """
    return "".join(draw(width, f"at-{width}") for width in WIDTHS)


def number(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def text(x: float, y: float, content: str, classes: str = "", anchor: str = "start") -> str:
    """A line of text on the baseline `y`; `anchor` is start, middle or end."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    named = f' class="{classes}"' if classes else ""
    return f'<text x="{number(x)}" y="{number(y)}"{named}{place}>{escape(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    """A straight stroke."""
    return f'<line class="{classes}" x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"/>'


def path(points: Sequence[tuple[float, float]], classes: str, *, closed: bool = False) -> str:
    """Strokes through the points in order."""
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path class="{classes}" d="M{steps}{"Z" if closed else ""}"/>'


def rect(x: float, y: float, width: float, height: float, classes: str, *, radius: float = 0) -> str:
    """A box from its upper left corner."""
    rounded = f' rx="{number(radius)}"' if radius else ""
    return (
        f'<rect class="{classes}" x="{number(x)}" y="{number(y)}" width="{number(width)}" '
        f'height="{number(height)}"{rounded}/>'
    )


def circle(x: float, y: float, radius: float, classes: str) -> str:
    """A disc or a ring, as its classes say."""
    return f'<circle class="{classes}" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>'


def point(series: int, x: float, y: float, *, size: float = MARK) -> str:
    """The filled mark of series 1 (circle), 2 (square) or 3 (diamond)."""
    named = f"f{series}"
    if series == 1:
        return circle(x, y, size, named)
    if series == 2:
        return rect(x - size, y - size, 2 * size, 2 * size, named, radius=1)
    return diamond(x, y, size * 1.25, named)


def diamond(x: float, y: float, size: float, classes: str) -> str:
    """A square on its corner."""
    return path([(x, y - size), (x + size, y), (x, y + size), (x - size, y)], classes, closed=True)


def cross(x: float, y: float, size: float, classes: str) -> str:
    """Two strokes: left out."""
    return line(x - size, y - size, x + size, y + size, classes) + line(x - size, y + size, x + size, y - size, classes)


def waiting(x: float, y: float) -> str:
    """A broken ring: something is there, and waits."""
    return circle(x, y, MARK, "hollow l3")


def no_exposure(x: float, y: float) -> str:
    """A hollow diamond: nothing was made, so nothing can be said."""
    return diamond(x, y, 5, "cx2")


def whisker(series: int, x: float, low: float, high: float, scale: Scale) -> str:
    """An upright interval; one that goes on beyond the scale ends in an arrow."""
    top, bottom = scale.held(high), scale.held(low)
    drawn = line(x, bottom, x, top, f"ci{series}")
    if high > scale.high:
        drawn += path([(x - 4, top + 6), (x, top - 1), (x + 4, top + 6)], f"f{series}", closed=True)
    return drawn


def width_of(content: str, *, bold: bool = False) -> float:
    """About how wide a text is at 12 px, in pixels."""
    total = sum(_advance(letter) for letter in content)
    return total * (_BOLD if bold else 1)


def shortened(content: str, room: float) -> str:
    """The text, or its beginning and an ellipsis when it is wider than `room`; the table beside has it whole."""
    if width_of(content) <= room:
        return content
    kept = content
    while kept and width_of(kept + "…") > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def ticks(low: float, high: float, about: int = 4) -> tuple[float, ...]:
    """Round values from at or below `low` to at or above `high`, in about that many steps of 1, 2 or 5."""
    raw = (high - low) / about
    unit = 10.0 ** floor(log10(raw))
    step = unit * next(factor for factor in (1, 2, 5, 10) if factor * unit >= raw * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return tuple(round(index * step, 10) for index in range(first, last + 1))


def even_ticks(low: float, high: float) -> tuple[float, ...]:
    """Ends of a fixed scale and round steps between them (1, 3, 5, 7), or the ends alone."""
    for count in (3, 4, 2, 5):
        step = (high - low) / count
        if round(step / 10.0 ** floor(log10(step)), 9) in {1, 2, 5}:
            return tuple(low + index * step for index in range(count + 1))
    return low, high


def tick_text(value: float) -> str:
    """A tick as short as it can be said."""
    return f"{value:g}"


def every(labels: Sequence[str], slot: float, *, gap: float = 4) -> int:
    """Show each label, each second, each third …: the fewest left out that keeps them apart in slots that wide."""
    widest = max((width_of(label) for label in labels), default=0.0) + gap
    return max(1, ceil(widest / slot))


def apart(places: Sequence[float], gap: float) -> list[float]:
    """The same places moved as little as it takes to lie `gap` apart, in their own order."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = [places[index] for index in order]
    for _ in range(10 * len(places)):
        for i, (above, below) in enumerate(pairwise(moved)):
            push = (gap - (below - above)) / 2
            if push > 0:
                moved[i], moved[i + 1] = above - push, below + push
    found = [0.0] * len(places)
    for index, place in zip(order, moved, strict=True):
        found[index] = place
    return found


def key(entries: Iterable[tuple[str, str]], x: float, y: float, width: float) -> tuple[str, float]:
    """Marks and their words in rows that fit the width; returns the drawing and its height.

    An entry is (mark drawn around 0,0; label). The first baseline is at `y`.
    """
    drawn, at, row = [], x, y
    for mark, label in entries:
        needed = 20 + width_of(label) + 18
        if at > x and at + needed - 18 > x + width:
            at, row = x, row + LINE + 4
        drawn.append(f'<g transform="translate({number(at + 6)} {number(row - 4)})">{mark}</g>')
        drawn.append(text(at + 20, row, label, "mutt"))
        at += needed
    return "".join(drawn), (row - y + LINE if drawn else 0.0)


def _advance(letter: str) -> float:
    if letter in _NARROW:
        return 3.2
    if letter in _SLIM:
        return 4.6
    if letter in _WIDE:
        return 10.8
    if letter.isupper():
        return 8.6
    return 7.5 if letter.isdigit() else 7.0
