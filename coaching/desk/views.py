"""The coach's desk: the week, what is to be decided, signed and followed up, the people, and how full it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from coaching.desk import rules
from coaching.desk.queries import DeskRow, desk, taken_by
from coaching.triggers.queries import open_proposals
from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.web.times import local_day

bp = Blueprint("desk", __name__, template_folder="../templates")


@dataclass(frozen=True, slots=True)
class Coachee:
    """Somebody the coach works with, and what is next with them. No figure."""

    name: str
    site_name: str
    review_id: UUID
    next: rules.Next


@bp.get("/coaching/desk")
@requires(Permission.REVIEW_COACH)
def week() -> ResponseReturnValue:
    """Show a week of the coach (``week=2026-W48``; without it the present one) and everything that waits for them."""
    today = local_day(clock.now(), viewer().zone)
    days = rules.week_of(request.args.get("week", ""), today)
    rows = desk(viewer(), days)
    people = _people(rows)
    met = [row for row in rows if row.meets_on is not None and row.meets_on in days]
    return render_template(
        "coaching/desk.html",
        days=[(day, [r for r in met if r.meets_on == day], [r for r in _following(rows) if r.follow_up_on == day])
              for day in days],
        today=today,
        monday=days[0],
        before=rules.name_of(days[0] - timedelta(days=7)),
        after=rules.name_of(days[0] + timedelta(days=7)),
        proposals=open_proposals(viewer()),
        to_sign=[row for row in rows if row.next.step is rules.Step.SIGN],
        to_schedule=[row for row in rows if row.next.step is rules.Step.FIND_TIME],
        overdue=[row for row in _following(rows) if row.follow_up_on and row.follow_up_on < today],
        people=people,
        load=rules.load((row.meets_on for row in met if row.meets_on), days, len(people)),
        caps=taken_by(viewer()),
    )  # fmt: skip


def _following(rows: Sequence[DeskRow]) -> list[DeskRow]:
    return [row for row in rows if row.is_alive and row.state == "closed"]


def _people(rows: Sequence[DeskRow]) -> list[Coachee]:
    """Return each person once, with the soonest thing; what is due first stands first."""
    alive = sorted((row for row in rows if row.is_alive), key=lambda row: (row.coachee_name, str(row.coachee_id)))
    found = []
    for _key, own in groupby(alive, key=lambda row: row.coachee_id):
        reviews = list(own)
        first = rules.soonest(row.next for row in reviews)
        review = next(row for row in reviews if row.next == first)
        found.append(Coachee(review.coachee_name, review.site_name, review.id, first))
    return sorted(found, key=lambda one: (one.next.by is not None, one.next.by or date.min, one.name))
