"""A person's own times: the week, absences, dated exceptions, a coach's limits. Each change can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from coaching.availability import rules
from coaching.availability.rules import LEAVE, OTHER
from coaching.scheduling.models import Appointment, BusyTime, ExtraTime, MeetingLimits, WorkingHours
from coaching.scheduling.rules import Limits, Span, day_span, wall_moment
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command
from lms.web.times import local_day


@command(needs=Permission.DIARY_KEEP)
def set_week(work: Work, *, week: Mapping[int, Sequence[tuple[int, int]]]) -> None:
    """Enter the hours of one's week, in place of those of before. Raises ``NotAllowed`` for a week without any."""
    _replace_week(work, rules.check_week(week))


@command(needs=Permission.DIARY_KEEP)
def undo_week(work: Work) -> None:
    """Bring the week of before back. Done twice, it is as it was. Raises ``NotAllowed`` if there was none."""
    person_id, _ = _self(work)
    rows = select(WorkingHours.set_at, WorkingHours.replaced_at).where(WorkingHours.person_id == person_id)
    known = db.session.execute(rows).all()
    entered = [row.set_at for row in known if row.replaced_at is None and row.set_at is not None]
    changed_at = max(entered or [row.replaced_at for row in known if row.replaced_at is not None], default=None)
    if changed_at is None:
        raise NotAllowed("You have not changed your week yet.")
    before = select(WorkingHours).where(WorkingHours.person_id == person_id, WorkingHours.replaced_at == changed_at)
    week: dict[int, list[tuple[int, int]]] = {}
    for row in db.session.scalars(before):
        week.setdefault(row.weekday, []).append((row.from_minute, row.to_minute))
    _replace_week(work, week)


def _replace_week(work: Work, week: Mapping[int, Sequence[tuple[int, int]]]) -> None:
    person_id, _ = _self(work)
    for row in db.session.scalars(
        select(WorkingHours).where(WorkingHours.person_id == person_id, WorkingHours.replaced_at.is_(None))
    ):
        row.replaced_at = work.at
    for weekday, spans in sorted(week.items()):
        for begin, end in spans:
            work.add(
                WorkingHours(person_id=person_id, weekday=weekday, from_minute=begin, to_minute=end, set_at=work.at)
            )


@command(needs=Permission.DIARY_KEEP)
def note_absence(work: Work, *, first_day: date, last_day: date) -> int:
    """Note whole days on which one is away; return how many planned reviews lie in them and are to be moved."""
    person_id, zone = _self(work)
    rules.check_absence(first_day, last_day, local_day(work.at, zone))
    span = Span(day_span(first_day, zone).starts_at, day_span(last_day, zone).ends_at)
    return _take(work, person_id, span, LEAVE)


@command(needs=Permission.DIARY_KEEP)
def note_taken(work: Work, *, day: date, spans: Sequence[tuple[int, int]]) -> int:
    """Note that one is taken on a day at some hours; return how many planned reviews lie in them."""
    person_id, zone = _self(work)
    rules.check_time(day, spans, local_day(work.at, zone))
    return sum(_take(work, person_id, _span(day, one, zone), OTHER) for one in spans)


@command(needs=Permission.DIARY_KEEP)
def note_extra(work: Work, *, day: date, spans: Sequence[tuple[int, int]]) -> None:
    """Note that one can be met on a day outside one's hours, on a holiday as well."""
    person_id, zone = _self(work)
    rules.check_time(day, spans, local_day(work.at, zone))
    for one in spans:
        span = _span(day, one, zone)
        work.add(ExtraTime(person_id=person_id, starts_at=span.starts_at, ends_at=span.ends_at))


@command(needs=Permission.DIARY_KEEP)
def strike_out(work: Work, entry_id: UUID) -> None:
    """Take an entry of one's own back. It stays on record and can be brought back."""
    entry = _entry(work, entry_id)
    if entry.struck_out_at is not None:
        raise NotAllowed("This entry is taken back already.")
    entry.struck_out_at = work.at


@command(needs=Permission.DIARY_KEEP)
def bring_back(work: Work, entry_id: UUID) -> None:
    """Bring an entry back that was taken back."""
    entry = _entry(work, entry_id)
    if entry.struck_out_at is None:
        raise NotAllowed("This entry stands already.")
    entry.struck_out_at = None


@command(needs=Permission.REVIEW_COACH)
def set_limits(work: Work, *, limits: Limits) -> MeetingLimits:
    """Enter how many reviews one takes a day and a week, and the minutes between two of them."""
    rules.check_limits(limits)
    person_id, _ = _self(work)
    row = db.session.scalar(select(MeetingLimits).where(MeetingLimits.person_id == person_id))
    if row is None:
        row = MeetingLimits(person_id=person_id)
        work.add(row)
    row.buffer_minutes, row.a_day, row.a_week = limits.buffer_minutes, limits.a_day, limits.a_week
    return row


def _self(work: Work) -> tuple[UUID, str]:
    row = db.session.execute(
        select(Person.id, Site.zone).join(Site, Site.id == Person.site_id).where(Person.id == work.actor.person_id)
    ).first()
    if row is None:
        raise NotFound("Only a person keeps times.")
    return row[0], row[1]


def _entry(work: Work, entry_id: UUID) -> BusyTime | ExtraTime:
    entry = db.session.get(BusyTime, entry_id) or db.session.get(ExtraTime, entry_id)
    if entry is None or entry.person_id != work.actor.person_id:
        raise NotFound("There is no such entry of yours.")
    if isinstance(entry, BusyTime) and entry.kind not in {LEAVE, OTHER}:
        raise NotAllowed("This time is a review's or a batch's. Move that instead.")
    return entry


def _span(day: date, minutes: tuple[int, int], zone: str) -> Span:
    return Span(wall_moment(day, minutes[0], zone), wall_moment(day, minutes[1], zone))


def _take(work: Work, person_id: UUID, span: Span, kind: str) -> int:
    if span.ends_at <= span.starts_at:
        raise NotAllowed("In the night the clocks change this time does not exist. Give another.", field="hours")
    work.add(BusyTime(person_id=person_id, starts_at=span.starts_at, ends_at=span.ends_at, kind=kind))
    reviews = (
        select(func.count())
        .select_from(BusyTime)
        .join(Appointment, Appointment.id == BusyTime.appointment_id)
        .where(
            BusyTime.person_id == person_id,
            BusyTime.kind == "review",
            BusyTime.struck_out_at.is_(None),
            Appointment.cancelled_at.is_(None),
            BusyTime.starts_at < span.ends_at,
            BusyTime.ends_at > max(span.starts_at, work.at),
        )
    )
    return db.session.scalar(reviews) or 0
