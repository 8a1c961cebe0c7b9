"""Every change of what is counted leaves a mark in its own transaction, whichever command made it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import event, insert, inspect, select
from sqlalchemy.orm import Session

from behavior_metrics.counting.rules import quarter_of, quarters_around
from behavior_metrics.summaries.models import BehaviorMark
from lms.deviations.models import Deviation
from lms.exposure.models import Batch
from lms.ids import new_id
from lms.network.models import Site
from lms.recurrences.models import Recurrence

#: Columns that some count depends on. What is new is marked whatever it holds.
_COUNTED = {
    Deviation: (
        "site_id", "team_id", "batch_id", "kind", "occurred_at", "recorded_at", "detection_channel", "self_reported",
        "process_step", "category", "root_cause_class", "severity", "state",
    ),
    Recurrence: ("deviation_id", "rule", "decision"),
    Batch: ("site_id", "team_id", "product", "started_on"),
    Site: ("zone",),
}  # fmt: skip
#: Ids asked for at once; SQLite takes no more than some thousands.
_AT_ONCE = 500

Marks = set[tuple[UUID, int | None]]


def listen() -> None:
    """Begin to mark; once in a process, however many applications it makes."""
    if not event.contains(Session, "after_flush", _mark):
        event.listen(Session, "after_flush", _mark)


def _mark(session: Session, *_: object) -> None:
    marks: Marks = set()
    repeated: set[UUID] = set()
    fresh = set(map(id, session.new))
    for record in (*session.new, *session.dirty):
        names = _COUNTED.get(type(record), ())
        if not names or not (id(record) in fresh or any(_changed(record, name) for name in names)):
            continue
        match record:
            case Deviation():
                moments = _values(record, "occurred_at")
                marks |= {
                    (site, quarter) for site in _values(record, "site_id") for quarter in quarters_around(moments)
                }
            case Recurrence():
                repeated.update(_values(record, "deviation_id"))
            case Batch():
                marks |= _of_batch(record, is_new=id(record) in fresh)
            case Site():
                marks.add((record.id, None))
    ids = sorted(repeated)
    for begin in range(0, len(ids), _AT_ONCE):
        some = ids[begin : begin + _AT_ONCE]
        found = session.connection().execute(
            select(Deviation.site_id, Deviation.occurred_at).where(Deviation.id.in_(some))
        )
        marks |= {(site, quarter) for site, at in found for quarter in quarters_around([at])}
    if marks:
        rows = [{"id": new_id(), "site_id": site, "quarter": quarter, "recount_id": None} for site, quarter in marks]
        session.connection().execute(insert(BehaviorMark), rows)


def _of_batch(batch: Batch, *, is_new: bool) -> Marks:
    """A batch counts by its first day; its product also counts with what went wrong in it, whenever that was."""
    sites = _values(batch, "site_id")
    if not is_new and _changed(batch, "product"):
        return {(site, None) for site in sites}
    return {(site, quarter_of(day)) for site in sites for day in _values(batch, "started_on")}


def _changed(record: object, name: str) -> bool:
    return bool(inspect(record).attrs[name].history.has_changes())


def _values(record: object, name: str) -> list[Any]:
    """What a column holds and, if it changed, what it held."""
    history = inspect(record).attrs[name].history
    return [value for value in (*history.added, *history.unchanged, *history.deleted) if value is not None]
