"""The survey's one form: a sheet of answers. The custodian's are in ``coaching.custody``."""

from __future__ import annotations

from collections.abc import Mapping

from coaching.surveys.instrument import Answers, Instrument
from lms.refusals import NotAllowed


def answers_from(sent: Mapping[str, str], instrument: Instrument) -> Answers:
    """Return one answer per item, None where it was left out. Raises ``NotAllowed`` for a value off the scale."""
    points = {str(point): point for point in range(instrument.low, instrument.high + 1)}
    given = [sent.get(item.key, "") for item in instrument.items]
    if any(value and value not in points for value in given):
        raise NotAllowed("An answer lies off the scale. Choose one of the points, or none.")
    return tuple(points.get(value) for value in given)
