"""Beginning and ending a series, and planning its next reviews, which the scheduler does by itself."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from coaching.meeting_rules.models import MeetingRules
from coaching.meeting_rules.rules import Permitted, check_mode
from coaching.reviews.guides import OF_SERIES, check_kind, kinds
from coaching.reviews.models import CoachingReview
from coaching.scheduling.commands import book
from coaching.scheduling.queries import free_slots
from coaching.scheduling.rules import wall_moment
from coaching.series import rules
from coaching.series.models import ReviewSeries, SeriesDay
from lms.extensions import db
from lms.identity.models import Person
from lms.identity.queries import holders
from lms.network.models import Site
from lms.network.queries import team_of, zone_of
from lms.notifications.commands import notify
from lms.permissions import Permission, Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command
from lms.web.times import local_day, show_day, show_moment


@command(needs=Permission.REVIEW_COACH)
def begin_series(
    work: Work,
    *,
    coachee_id: UUID,
    every_weeks: int,
    first_on: date,
    minute: int,
    mode: str,
    place: str,
    kind: str = "scheduled",
) -> ReviewSeries:
    """Begin a standing appointment with somebody. What falls into the next four weeks is planned at once."""
    coachee = db.session.get(Person, coachee_id)
    if coachee is None or work.actor.person_id is None or not work.actor.may(Permission.REVIEW_COACH, coachee.site_id):
        raise NotFound("There is no such person at your sites.")
    if coachee_id == work.actor.person_id:
        raise NotAllowed("You cannot coach yourself. Choose somebody else.", field="coachee")
    check_kind(kind, OF_SERIES)
    site = db.session.get_one(Site, coachee.site_id)
    rules.check_series(
        every_weeks=every_weeks,
        weekday=first_on.weekday(),
        minute=minute,
        first_on=first_on,
        today=local_day(work.at, site.zone),
    )
    check_mode(_permitted(site.id), mode, site.name)
    running = select(ReviewSeries.id).where(
        ReviewSeries.coach_id == work.actor.person_id,
        ReviewSeries.coachee_id == coachee_id,
        ReviewSeries.ended_at.is_(None),
    )
    if db.session.scalar(running) is not None:
        raise NotAllowed(f"You meet {coachee.name} regularly already. End that first.", field="coachee")
    series = ReviewSeries(
        coach_id=work.actor.person_id,
        coachee_id=coachee_id,
        site_id=coachee.site_id,
        every_weeks=every_weeks,
        first_on=first_on,
        minute=minute,
        mode=mode,
        place=place,
        kind=kind,
    )
    work.add(series)
    db.session.flush()
    while _plan_next(work, series):
        pass
    return series


@command(needs=Permission.REVIEW_COACH)
def end_series(work: Work, series_id: UUID, *, reason: str) -> ReviewSeries:
    """End a standing appointment, with a reason. What is planned already stays and can be cancelled by itself."""
    series = db.session.get(ReviewSeries, series_id)
    if series is None or series.coach_id != work.actor.person_id:
        raise NotFound("There is no such series of yours.")
    if not reason.strip():
        raise NotAllowed("Say why: the operator is told.", field="reason")
    if series.ended_at is not None:
        raise NotAllowed("This series has ended already.")
    series.ended_at = work.at
    notify(work, series.coachee_id, "series_ended", "/reviews", why=reason.strip()[:200])
    return series


@command(needs=Permission.SYSTEM_RUN)
def plan_every_series(work: Work) -> str:
    """Ask for the next review of every series for which one is due to be planned, each as a command of its own."""
    today = work.at.date()
    running = select(ReviewSeries).where(ReviewSeries.ended_at.is_(None)).order_by(ReviewSeries.id)
    planned = _planned()
    asked = 0
    for series in db.session.scalars(running):
        day = rules.next_to_plan(series.first_on, series.every_weeks, planned.get(series.id, set()), today)
        if day is not None:
            work.follow_up(plan_series, f"{series.id}:{day.isoformat()}", series_id=series.id)
            asked += 1
    return f"{asked} series to plan"


@command(needs=Permission.SYSTEM_RUN)
def plan_series(work: Work, *, series_id: str) -> None:
    """Plan what a series has in the next four weeks. Asked twice, it plans nothing twice."""
    series = db.session.get_one(ReviewSeries, UUID(series_id))
    while series.ended_at is None and _plan_next(work, series):
        pass


def _planned(series_id: UUID | None = None) -> dict[UUID, set[date]]:
    statement = select(SeriesDay.series_id, SeriesDay.day)
    if series_id is not None:
        statement = statement.where(SeriesDay.series_id == series_id)
    found: dict[UUID, set[date]] = {}
    for series, day in db.session.execute(statement):
        found.setdefault(series, set()).add(day)
    return found


def _plan_next(work: Work, series: ReviewSeries) -> bool:
    """Plan the next day of a series that is near enough; return whether there was one."""
    zone = zone_of(series.site_id)
    today = local_day(work.at, zone)
    day = rules.next_to_plan(series.first_on, series.every_weeks, _planned(series.id).get(series.id, set()), today)
    if day is None or _ended_by_leaving(work, series, day):
        return False
    kind = kinds()[series.kind or "scheduled"]
    review = CoachingReview(
        kind=kind.code,
        guide=kind.guide,
        site_id=series.site_id,
        team_id=team_of(series.coachee_id, day),
        coach_id=series.coach_id,
        coachee_id=series.coachee_id,
    )
    work.add(review)
    db.session.flush()
    wanted = wall_moment(day, series.minute, zone)
    forbidden = series.mode not in _permitted(series.site_id).modes
    slots = free_slots(series.coach_id, series.coachee_id, starts_at=wanted, ends_at=wanted + rules.GRACE)
    slot = None if forbidden else rules.slot_for(slots, wanted)
    outcome = "no_time" if slot is None else "as_planned" if slot.starts_at == wanted else "moved"
    clocks = rules.clock_words(day, series.minute, zone)
    work.add(SeriesDay(series_id=series.id, day=day, review_id=review.id, outcome=outcome, clocks=clocks))
    target = f"/reviews/{review.id}"
    if slot is None:
        said = "series_mode_forbidden" if forbidden else "series_no_time"
        notify(work, series.coach_id, said, f"{target}/schedule", day=show_day(day))
        notify(work, series.coachee_id, "review_accepted", target)
        return True
    book(work, [review], slot.starts_at, key=review.id, mode=series.mode, place=series.place)
    for person_id in (series.coach_id, series.coachee_id):
        when = show_moment(slot.starts_at, zone)
        if outcome == "moved":
            notify(work, person_id, "series_moved", target, when=when, wanted=show_moment(wanted, zone))
        elif clocks == "missing":
            notify(work, person_id, "series_clocks_missing", target, when=when)
        elif clocks == "twice":
            notify(work, person_id, "series_clocks_twice", target, when=when)
        else:
            notify(work, person_id, "review_scheduled", target, when=when)
    return True


def _permitted(site_id: UUID) -> Permitted:
    found = db.session.scalar(select(MeetingRules).where(MeetingRules.site_id == site_id))
    return found.permitted() if found is not None else Permitted()


def _ended_by_leaving(work: Work, series: ReviewSeries, day: date) -> bool:
    """End a series of which one has left or is no coach any more by that day; the other is told."""
    coachee = db.session.get_one(Person, series.coachee_id)
    coaches = [person_id for person_id, _ in holders(Role.COACH, series.site_id, day)]
    coach = db.session.get_one(Person, series.coach_id)
    coach_is_gone = coach.id not in coaches or (coach.left_on is not None and coach.left_on <= day)
    coachee_is_gone = coachee.left_on is not None and coachee.left_on <= day
    if not coach_is_gone and not coachee_is_gone:
        return False
    series.ended_at = work.at
    stays = coachee.id if coach_is_gone else coach.id
    notify(work, stays, "series_over", "/reviews" if stays == coachee.id else "/reviews/series")
    return True
