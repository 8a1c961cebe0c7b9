"""How much waits at the reader's sites, for the home page: one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, select

from lms.deviations.filters import Filters
from lms.deviations.models import Deviation
from lms.deviations.queries import AnySelect, closing_overdue, narrowed
from lms.deviations.rules import State
from lms.extensions import db
from lms.permissions import Actor, Permission
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import Decision
from lms.reportable.models import ReportAssessment
from lms.scope import within
from lms.second_coding.queries import due


@dataclass(frozen=True, slots=True)
class Workload:
    """How much waits at the reader's sites."""

    open: int
    waiting: int
    overdue: int
    due_first: datetime | None
    undecided: int
    closing_overdue: int
    reopened: int
    in_review: int
    #: Reports to authorities that are not made yet, and the first moment by which one is due.
    to_report: int
    report_due_first: datetime | None
    #: Second codings that the reader can make, and those that they are one of the two to settle.
    to_code_again: int
    to_settle: int


def workload(reader: Actor, *, now: datetime) -> Workload:
    """Return what waits for QA in the home network, in one statement."""
    reported = Deviation.state == State.REPORTED
    # the open ones and the undecided ones are few among all, and each has its index
    undecided = narrowed(select(func.count(Recurrence.id)), reader, Filters(recurrence=Decision.PROPOSED), now)
    columns: AnySelect = select(
        func.count(Deviation.id),
        func.count(Deviation.id).filter(reported),
        func.count(Deviation.id).filter(reported, Deviation.triage_due_at < now),
        func.min(Deviation.triage_due_at).filter(reported),
        undecided.correlate(None).scalar_subquery(),
        func.count(Deviation.id).filter(closing_overdue(now)),
        func.count(Deviation.id).filter(Deviation.state == State.REOPENED),
        func.count(Deviation.id).filter(Deviation.state == State.QA_REVIEW),
        _to_report(reader, func.count(ReportAssessment.id)),
        _to_report(reader, func.min(ReportAssessment.due_at)),
        *due(reader),
    )
    return Workload(*db.session.execute(narrowed(columns, reader, Filters(state="open"), now)).one())


def _to_report(reader: Actor, what: ColumnElement[Any]) -> ScalarSelect[Any]:
    waits = and_(ReportAssessment.is_reportable, ReportAssessment.submitted_on.is_(None))
    return (
        select(what).where(waits, within(ReportAssessment.site_id, reader, Permission.DEVIATION_SEE)).scalar_subquery()
    )
