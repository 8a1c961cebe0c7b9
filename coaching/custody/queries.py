"""What was done with the survey's keys, in the order of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from coaching.custody.models import CustodyAct
from coaching.custody.rules import Act
from coaching.surveys.models import SurveyKeyRecord
from coaching.surveys.periods import Quarter
from coaching.surveys.queries import EventRow, KeyState
from lms.extensions import db


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act with a key, as the custodian's log shows it."""

    done_on: date
    #: ``released``, ``destroyed``, or one of ``rules.Act``.
    kind: str
    quarter: str
    month: str
    cause: str
    reason: str


def log(keys: list[KeyState], events: list[EventRow]) -> list[ActRow]:
    """Return every act with a key, newest first: looks, rehearsals, releases, keys destroyed, quarters given up."""
    statement = select(
        CustodyAct.done_on,
        CustodyAct.kind,
        CustodyAct.quarter,
        CustodyAct.month,
        CustodyAct.cause,
        CustodyAct.reason,
    ).order_by(CustodyAct.id.desc())
    rows = [ActRow(*row) for row in db.session.execute(statement)]
    rows += [
        ActRow(event.released_on, "released", str(event.month.quarter), str(event.month), "", "") for event in events
    ]
    rows += [
        ActRow(key.destroyed_on, "destroyed", str(key.quarter), "", "", "")
        for key in keys
        if key.destroyed_on is not None and key.given_up_on is None
    ]
    return sorted(rows, key=lambda row: row.done_on, reverse=True)


def last_rehearsals(rows: list[ActRow]) -> dict[str, date]:
    """Return the newest day on which each quarter's key was rehearsed."""
    return {row.quarter: row.done_on for row in reversed(rows) if row.kind == Act.REHEARSED}


def version_of_key(quarter: Quarter) -> int | None:
    """Return the version of a quarter's key record; None where there is none."""
    return db.session.scalar(select(SurveyKeyRecord.version).where(SurveyKeyRecord.quarter == str(quarter)))
