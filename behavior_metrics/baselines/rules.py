"""Which months may be a baseline, and from when on it gives alarm. Values in, a decision or a sentence out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from behavior_metrics.months.rules import Month
from behavior_metrics.stats.findings import NoEstimate
from lms.refusals import NotAllowed

#: Which thresholds a baseline was designed with; a change of ``RAISED``, ``RUN_LENGTH`` or of the chart is a new one.
METHOD_VERSION = 1
#: The two outcomes that are watched, each by itself. Their places in a baseline's month, after month and batches.
OUTCOMES = ("independent", "self_reported")
#: A stretch has so many months with batches; limits from fewer move by themselves. Nobody reads one of more than 60.
FEWEST_MONTHS, MOST_MONTHS = 12, 60
#: An outcome with fewer events than this is not watched: its usual rate is not known.
FEWEST_EVENTS = 5
#: The rise that is looked for, as a ratio to the usual rate, and months between false alarms.
RAISED, RUN_LENGTH = 1.5, 370.0
#: Thresholds are kept in whole millionths: the trail has no decimals.
MILLIONTHS = 1_000_000


def check_stretch(first: Month, last: Month, today: date, reason: str) -> None:
    """Raise ``NotAllowed`` for months that are none, that are not over at the site, or that nobody gave a reason for."""
    if last < first:
        raise NotAllowed("The last month lies before the first. Change one of them.", field="last")
    if last.last_day >= today:
        raise NotAllowed("The last month is not over at the site yet. Take one that is.", field="last")
    if last.index - first.index >= MOST_MONTHS:
        raise NotAllowed(f"A baseline has at most {MOST_MONTHS} months. Take a later first month.", field="first")
    if not reason.strip():
        raise NotAllowed("Say why these months are the usual: it is part of what you sign.", field="reason")


def thresholds_of(months: Sequence[Sequence[int]]) -> Mapping[str, int]:
    """Return the threshold by outcome, in millionths, that gives a false alarm once in ``RUN_LENGTH`` months.

    Raises ``NotAllowed`` for fewer than twelve months with batches, and where neither outcome can be watched.
    """
    from behavior_metrics.stats.drift import poisson_cusum_threshold  # noqa: PLC0415 - numpy comes with the command

    made = [month for month in months if month[1]]
    if len(made) < FEWEST_MONTHS:
        message = (
            f"In these months batches were made in {len(made)}; {FEWEST_MONTHS} are needed. Take a longer stretch."
        )
        raise NotAllowed(message, field="first")
    batches = sum(month[1] for month in made)
    found = {}
    for place, outcome in enumerate(OUTCOMES, 2):
        events = sum(month[place] for month in made)
        if events < FEWEST_EVENTS:
            continue
        usual = events / batches
        try:
            threshold = poisson_cusum_threshold(usual, RAISED * usual, batches / len(made), RUN_LENGTH)
        except NoEstimate as reason:
            raise NotAllowed(str(reason), field="first") from None
        found[outcome] = round(MILLIONTHS * threshold)
    if not found:
        message = f"Neither outcome has {FEWEST_EVENTS} recurrences in these months. Take a longer stretch."
        raise NotAllowed(message, field="first")
    return found
