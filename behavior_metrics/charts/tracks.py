"""Climate, follow-through and recurrence of one team or site under one another on one time axis.

Three tracks and no line between them: what goes together is for the reader to see and for the linkage to test.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from behavior_metrics.charts import drawing
from behavior_metrics.charts.drawing import LINE, Scale
from behavior_metrics.charts.marks import Gap, Mark, Reading

_PLOT = 104.0
_HEAD = 30.0
_BETWEEN = 14.0
_FOOT = 24.0
_ROOM_FOR_LABELS = 560
_HEADROOM = 2.2
_DODGE = 7.0
_UNDER_KEY = 6.0


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a track, a reading per period; `banded` draws the interval as a band (rounding), not a whisker."""

    label: str
    readings: tuple[Reading, ...]
    banded: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """Up to three series on one scale. `high` None takes the scale from the data; `suffix` follows each tick (" %")."""

    title: str
    note: str
    series: tuple[Series, ...]
    low: float = 0.0
    high: float | None = None
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class TrackWords:
    """Words of the key, in the reader's language."""

    waiting: str
    no_exposure: str
    band: str
    beyond: str


def three_tracks(
    tracks: Sequence[Track],
    periods: Sequence[str],
    words: TrackWords,
    *,
    title: str,
    description: str,
    width: int = 720,
    classes: str = "",
) -> str:
    """SVG of the tracks in the order given; every reading is drawn, an empty period by the mark of its reason."""
    scales = [_levels(track) for track in tracks]
    left = 10 + max(
        drawing.width_of(_tick(level, track)) for track, levels in zip(tracks, scales, strict=True) for level in levels
    )
    beside = width >= _ROOM_FOR_LABELS
    named = [series.label for track in tracks if len(track.series) > 1 for series in track.series]
    right = 28 + max((drawing.width_of(label, bold=True) for label in named), default=0.0) if beside else 6.0
    across = Scale(0, len(periods), left, width - right)
    marks, y = [], 0.0
    for track, levels in zip(tracks, scales, strict=True):
        head, head_height = _head(track, y, width, beside=beside)
        up = Scale(levels[0], levels[-1], y + head_height + _PLOT, y + head_height)
        marks += [head, *_axes(track, levels, across, up), *_readings(track, across, up)]
        if beside and len(track.series) > 1:
            marks += _ends(track, across, up)
        y += head_height + _PLOT + _BETWEEN
    marks += _periods(periods, across, y - _BETWEEN)
    drawn, key_height = drawing.key(_key(tracks, scales, words), 0, y + _FOOT, width)
    return drawing.svg(width, y + LINE - 4 + key_height, title, description, [*marks, drawn], classes=classes)


def _head(track: Track, y: float, width: float, *, beside: bool) -> tuple[str, float]:
    title = drawing.text(0, y + 12, track.title, "bt")
    used = drawing.width_of(track.title, bold=True) + 10
    if used + drawing.width_of(track.note) <= width:
        title += drawing.text(used, y + 12, track.note, "mutt")
        height = _HEAD
    else:
        title += drawing.text(0, y + 12 + LINE, drawing.shortened(track.note, width), "mutt")
        height = _HEAD + LINE
    if beside or len(track.series) == 1:
        return title, height
    entries = [(drawing.point(number, 0, 0), series.label) for number, series in enumerate(track.series, 1)]
    drawn, key_height = drawing.key(entries, 0, y + height, width)
    return title + drawn, height + key_height + _UNDER_KEY


def _axes(track: Track, levels: Sequence[float], across: Scale, up: Scale) -> list[str]:
    marks = []
    for level in levels:
        marks.append(drawing.line(across.start, up(level), across.end, up(level), "ax" if level == levels[0] else "gl"))
        marks.append(drawing.text(across.start - 6, up(level) + 4, _tick(level, track), "mutt", "end"))
    return marks


def _readings(track: Track, across: Scale, up: Scale) -> list[str]:
    marks = []
    slot = across(1) - across.start
    for number, series in enumerate(track.series, 1):
        dodge = min(_DODGE, slot / 4) * (number - (len(track.series) + 1) / 2)
        places = [across(index + 0.5) + dodge for index in range(len(series.readings))]
        if len(track.series) == 1:
            marks += _joined(number, series, places, up)
        for x, reading in zip(places, series.readings, strict=True):
            if isinstance(reading, Mark):
                marks.append(
                    _band(number, x, reading, up, min(11.0, slot / 2 - 1))
                    if series.banded
                    else drawing.whisker(number, x, reading.low, reading.high, up)
                )
                marks.append(drawing.point(number, x, up.held(reading.value), size=4))
            elif reading is Gap.WAITING:
                marks.append(drawing.waiting(x, up.start - 9))
            elif reading is Gap.NO_EXPOSURE:
                marks.append(drawing.no_exposure(x, up.start - 9))
    return marks


def _joined(number: int, series: Series, places: Sequence[float], up: Scale) -> list[str]:
    """Strokes between neighbours; never across a period without a value, as if it had one."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, reading in zip(places, series.readings, strict=True):
        if isinstance(reading, Mark):
            runs[-1].append((x, up.held(reading.value)))
        else:
            runs.append([])
    return [drawing.path(run, f"l{number}") for run in runs if len(run) > 1]


def _band(number: int, x: float, mark: Mark, up: Scale, half: float) -> str:
    top, bottom = up.held(mark.high), up.held(mark.low)
    return drawing.rect(x - half, top, 2 * half, bottom - top, f"b{number}", radius=2)


def _ends(track: Track, across: Scale, up: Scale) -> list[str]:
    """Each series named at its last value, moved apart where two would touch."""
    numbers, places = [], []
    for number, series in enumerate(track.series, 1):
        values = [reading.value for reading in series.readings if isinstance(reading, Mark)]
        numbers.append(number)
        places.append(up.held(values[-1]) if values else up.start)
    return [
        drawing.point(number, across.end + 14, place, size=4)
        + drawing.text(across.end + 24, place + 4, track.series[number - 1].label, f"bt t{number}")
        for number, place in zip(numbers, drawing.apart(places, LINE - 1), strict=True)
    ]


def _periods(periods: Sequence[str], across: Scale, y: float) -> list[str]:
    step = drawing.every(periods, across(1) - across.start)
    return [
        drawing.text(across(index + 0.5), y + 17, period, "mutt", "middle")
        for index, period in enumerate(periods)
        if (len(periods) - 1 - index) % step == 0
    ]


def _levels(track: Track) -> tuple[float, ...]:
    if track.high is not None:
        return drawing.even_ticks(track.low, track.high)
    marks = [reading for series in track.series for reading in series.readings if isinstance(reading, Mark)]
    firm = max((mark.value for mark in marks), default=0.0)
    loose = max((mark.high for mark in marks), default=1.0)
    return drawing.ticks(track.low, min(firm * _HEADROOM, loose) if firm > 0 else loose, 3)


def _tick(level: float, track: Track) -> str:
    return drawing.tick_text(level) + track.suffix


def _key(tracks: Sequence[Track], scales: Sequence[Sequence[float]], words: TrackWords) -> list[tuple[str, str]]:
    """Only the marks that occur."""
    every = [
        (series, reading, levels[-1])
        for track, levels in zip(tracks, scales, strict=True)
        for series in track.series
        for reading in series.readings
    ]
    entries = []
    if any(series.banded for series, _, _ in every):
        entries.append((drawing.rect(-6, -7, 12, 14, "b1", radius=2) + drawing.point(1, 0, 0, size=3), words.band))
    if any(reading is Gap.WAITING for _, reading, _ in every):
        entries.append((drawing.waiting(0, 0), words.waiting))
    if any(reading is Gap.NO_EXPOSURE for _, reading, _ in every):
        entries.append((drawing.no_exposure(0, 0), words.no_exposure))
    if any(isinstance(reading, Mark) and not series.banded and reading.high > top for series, reading, top in every):
        arrow = drawing.line(0, 6, 0, -3, "ci1") + drawing.path([(-4, 0), (0, -7), (4, 0)], "f1", closed=True)
        entries.append((arrow, words.beyond))
    return entries
