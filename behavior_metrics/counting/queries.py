"""What is counted, and counting it: each figure's condition, written once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import lru_cache
from operator import add, sub
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    extract,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.types import TypeEngine

from behavior_metrics.counting.rules import LONGEST_DELAY, Facet, first_day
from lms.asking import written_rows
from lms.coding.rules import HUMAN
from lms.deviations.models import Deviation
from lms.deviations.rules import CLASSIFIED, LATE_AFTER, State
from lms.deviations.taxonomy import INDEPENDENT
from lms.exposure.models import Batch
from lms.extensions import UTCDateTime
from lms.network.models import Site
from lms.permissions import Permission
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R1, R3, Decision
from lms.web.times import start_of_day

SEE = Permission.METRICS_SEE

#: Found later by somebody who might as well have been told: what was raised first is compared with these. Alarms and
#: results of QC or monitoring are left out, because nobody could have been quicker than a machine.
_FOUND_LATER = ("supervisor", "batch_record_review", "audit")

confirmed = Recurrence.decision == Decision.CONFIRMED
_accepted = Deviation.state.in_(CLASSIFIED)
_first = and_(_accepted, Deviation.self_reported)
_seconds = extract("epoch", Deviation.recorded_at) - extract("epoch", Deviation.occurred_at)
_in_time = _seconds <= LATE_AFTER.total_seconds()
_recorded = Deviation.state != State.REJECTED_DUPLICATE
#: The end of the quarter in which it happened, of the table of ``spans``.
_quarter_over = Deviation.recorded_at >= literal_column("span.ends", UTCDateTime)
_of_action = Recurrence.__table__.alias("of_action").c

#: Name of a figure -> the deviations it counts. The names are those of ``Counts`` and of the address of the list.
FIGURES: Mapping[str, ColumnElement[bool]] = {
    "recurrences": confirmed,
    "self_reported": and_(confirmed, Deviation.self_reported),
    "independent": and_(
        confirmed,
        or_(Deviation.detection_channel.in_(INDEPENDENT), Deviation.severity.in_(("major", "critical"))),
    ),
    "major": and_(confirmed, Deviation.severity.in_(("major", "critical"))),
    "good_catches": and_(Deviation.kind == "good_catch", _recorded),
    "to_be_raised": and_(_accepted, or_(Deviation.self_reported, Deviation.detection_channel.in_(_FOUND_LATER))),
    "raised_first": _first,
    "raised_in_time": and_(_first, _in_time),
    "human_causes": and_(_accepted, Deviation.root_cause_class == HUMAN),
    "other_causes": and_(_accepted, Deviation.root_cause_class.not_in((HUMAN, "not_determined", ""))),
    "recorded_later": and_(_recorded, _quarter_over, not_(_in_time)),
    "after_action": exists().where(
        _of_action.deviation_id == Deviation.id, _of_action.rule == R3, _of_action.decision == Decision.CONFIRMED
    ),
    "recorded": _recorded,
    "late": and_(_recorded, not_(_in_time)),
    "classified": _accepted,
    "not_determined": and_(_accepted, Deviation.root_cause_class.in_(("not_determined", ""))),
    "without_team": and_(_recorded, Deviation.team_id.is_(None)),
    "detected": and_(_accepted, not_(Deviation.self_reported), Deviation.detection_channel.in_(INDEPENDENT)),
}


class Counts(NamedTuple):
    """What was counted in one quarter, in one team or under one code, or (added up) at one site."""

    batches: int = 0
    recurrences: int = 0
    self_reported: int = 0
    independent: int = 0
    major: int = 0
    good_catches: int = 0
    to_be_raised: int = 0
    raised_first: int = 0
    raised_in_time: int = 0
    human_causes: int = 0
    other_causes: int = 0
    recorded_later: int = 0
    after_action: int = 0
    recorded: int = 0
    late: int = 0
    classified: int = 0
    not_determined: int = 0
    without_team: int = 0
    detected: int = 0

    def __add__(self, other: Counts) -> Counts:  # type: ignore[override]
        """Add count by count, as a tuple would not: a page of many sites does it ten thousand times."""
        return Counts(*map(add, self, other))

    def __sub__(self, other: Counts) -> Counts:
        """Subtract count by count."""
        return Counts(*map(sub, self, other))


NOTHING = Counts()
NAMES = Counts._fields


_SPAN: Mapping[str, TypeEngine[Any]] = {
    "zone": String(), "quarter": Integer(), "begins": UTCDateTime(), "ends": UTCDateTime(), "first_day": Date(),
    "last_day": Date(),
}  # fmt: skip


def spans(zones: Collection[str], quarters: Collection[int]) -> CTE:
    """Return when each quarter begins and ends in each zone, as a table to join with."""
    return written_rows("span", _SPAN, _spans(tuple(sorted(zones)), tuple(sorted(quarters))))


@lru_cache(maxsize=64)
def _spans(zones: tuple[str, ...], quarters: tuple[int, ...]) -> tuple[tuple[Any, ...], ...]:
    return tuple(
        (
            zone, quarter, start_of_day(first_day(quarter), zone), start_of_day(first_day(quarter + 1), zone),
            first_day(quarter), first_day(quarter + 1) - timedelta(days=1),
        )
        for zone in zones
        for quarter in quarters
    )  # fmt: skip


#: What a facet's code is of a deviation; hours in whole numbers, cut off at a week.
CODES: Mapping[Facet, Any] = {
    Facet.ALL: literal("", String),
    Facet.TEAM: func.coalesce(cast(Deviation.team_id, String), ""),
    Facet.STEP: Deviation.process_step,
    Facet.CATEGORY: Deviation.category,
    Facet.CAUSE: Deviation.root_cause_class,
    Facet.SEVERITY: Deviation.severity,
    Facet.CHANNEL: Deviation.detection_channel,
    Facet.PRODUCT: func.coalesce(Batch.product, ""),
    Facet.DELAY: cast(
        case((_seconds >= LONGEST_DELAY * 3600, LONGEST_DELAY), else_=cast(_seconds, Integer) // 3600), String
    ),
}  # fmt: skip
_CODES_OF_BATCHES: Mapping[Facet, Any] = {
    Facet.ALL: literal("", String),
    Facet.TEAM: func.coalesce(cast(Batch.team_id, String), ""),
    Facet.PRODUCT: Batch.product,
    Facet.MONTH: cast(
        cast(extract("year", Batch.started_on), Integer) * 12 + cast(extract("month", Batch.started_on), Integer) - 1,
        String,
    ),
}


def counted(
    zones: Collection[str], quarters: Collection[int], facets: Collection[Facet], here: ColumnElement[bool]
) -> Select[Any]:
    """Return the statement that counts the records themselves: site, quarter, facet, code and the figures of ``Counts``.

    ``here`` limits the sites. It knows nothing of what is kept.
    """
    span = spans(zones, quarters)
    flags = [case((condition, 1), else_=0).label(name) for name, condition in FIGURES.items()]
    known = (
        select(
            Site.id.label("site"), span.c.quarter, *(CODES[f].label(f"by_{f}") for f in facets if f in CODES), *flags
        )
        .select_from(Deviation)
        .join(Site, Site.id == Deviation.site_id)
        .join(
            span,
            and_(span.c.zone == Site.zone, Deviation.occurred_at >= span.c.begins, Deviation.occurred_at < span.c.ends),
        )
        .outerjoin(Recurrence, and_(Recurrence.deviation_id == Deviation.id, Recurrence.rule == R1))
        .outerjoin(Batch, Batch.id == Deviation.batch_id)
        .where(here)
        .cte("known")
    )
    parts: list[Select[Any]] = []
    for facet in facets:
        if facet in CODES:
            code = known.c[f"by_{facet}"]
            sums = [func.sum(known.c[name]).label(name) for name in FIGURES]
            parts.append(
                select(known.c.site, known.c.quarter, literal(str(facet)).label("facet"), code.label("code"),
                       literal(0).label("batches"), *sums)
                .group_by(known.c.site, known.c.quarter, code)
            )  # fmt: skip
        if facet in _CODES_OF_BATCHES:
            of_batch = _CODES_OF_BATCHES[facet]
            made = select(Site.id, span.c.quarter, literal(str(facet)), of_batch, func.count(), *_noughts())
            parts.append(
                made.select_from(Batch)
                .join(Site, Site.id == Batch.site_id)
                .join(span, and_(span.c.zone == Site.zone, Batch.started_on.between(span.c.first_day, span.c.last_day)))
                .where(here)
                .group_by(Site.id, span.c.quarter, of_batch)
            )
    together = union_all(*parts).subquery("counted")
    return select(together)


def _noughts() -> list[ColumnElement[int]]:
    return [literal(0) for _ in FIGURES]


def recounted(rows: Any) -> dict[tuple[UUID, int, Facet, str], Counts]:  # noqa: ANN401 - SQLAlchemy's result
    """Return what ``counted`` found; codes of teams alike on both databases, and no row of noughts."""
    found: dict[tuple[UUID, int, Facet, str], Counts] = {}
    for site, quarter, facet, code, *numbers in rows:
        named = str(UUID(code)) if facet == Facet.TEAM and code else code
        key = (site, quarter, Facet(facet), named)
        found[key] = found.get(key, NOTHING) + Counts(*map(int, numbers))
    return {key: counts for key, counts in found.items() if counts != NOTHING}
