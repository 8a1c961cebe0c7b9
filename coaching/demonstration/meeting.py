"""What coaches do besides single reviews: standing appointments, a meeting of a team, and calibration among themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random
from uuid import UUID

from assessments.api import checklists, points_of
from coaching.calibration.commands import ask_calibration, rate_calibration
from coaching.calibration.queries import coaches
from coaching.calibration.rules import NOT_SEEN, STEPS
from coaching.group_reviews.commands import call_team_together, schedule_team
from coaching.scheduling.queries import free_slots
from coaching.series.commands import begin_series
from lms.demonstration.cast import Member, by_login
from lms.demonstration.chance import chance
from lms.demonstration.loading import Day
from lms.demonstration.staffing import ACCOUNTS
from lms.demonstration.telling import working_moment
from lms.demonstration.world import PersonSpec
from lms.permissions import Role
from lms.web.times import local_day

#: Calibrations in the last months, one every so many days; the newest waits for the coach with a password.
CALIBRATIONS, CALIBRATED_EVERY = 8, timedelta(days=11)
#: Of a point that both see, this share is marked as it was; the rest one step beside it.
MARKED_AS_IT_WAS = 0.8
POINT_NOT_SEEN = 0.05
#: Rhythm and reason of the standing appointments that the coach with a password has begun, by the hour of the day.
SERIES = ((1, "new_starter", 9 * 60), (4, "scheduled", 14 * 60))
TEAM_OF = 4


def found(day: Day) -> None:
    """Put it on the agenda: calibration since training records begin, meetings on the last working day."""
    begins: date = day.stage.memory["training begins"]
    first = datetime.combine(begins, time(12), day.starts_at.tzinfo) + timedelta(days=7)
    for number in range(CALIBRATIONS):
        day.put(first + number * CALIBRATED_EVERY, partial(_calibrate, number))
    last = day.world.end - timedelta(days=1)
    while last.weekday() >= 5:
        last -= timedelta(days=1)
    # in the evening, when no review of the day is to be booked any more
    day.put(datetime.combine(last.date(), time(20), day.starts_at.tzinfo), _meet)


def play(_: Day) -> None:
    """Set about nothing in the morning: all of it is on the agenda."""


def _coach(day: Day) -> Member:
    return day.cast.members[by_login(day.world)[ACCOUNTS[Role.COACH]].employee_no]


# -- the same run, rated by two ------------------------------------------------------------------------------------------


def _calibrate(number: int, day: Day, at: datetime) -> None:
    rng = chance(day.world.seed, "calibration", number)
    here = [one for one in day.world.people if _coaches_on(one, day.date)]
    newest = number == CALIBRATIONS - 1
    asker = day.cast.members[here[number % len(here)].employee_no]
    offered = {day.cast.employee_no[person_id] for person_id, _name in coaches(asker.actor, day.date)}
    own = _coach(day).spec.employee_no
    choice = [own] if newest and own in offered else sorted(offered)
    known = sorted(checklists(), key=lambda one: (one.title, str(one.id)))
    if not choice or not known:
        return
    second = day.cast.members[rng.choice(choice)]
    checklist = rng.choice(known)
    about = f"Training video {number + 1}, {checklist.title}"[:200]
    moment = working_moment(at, 0, asker.actor.zone, rng)
    raters = (asker,) if newest else (asker, second)
    day.put(moment, partial(_ask, _Run(checklist.id, about, asker, second, raters, rng)))


def _coaches_on(person: PersonSpec, on: date) -> bool:
    return person.works_on(on) and any(held.role is Role.COACH for held in person.roles)


@dataclass(frozen=True)
class _Run:
    """A run to be rated: by which checklist, who asks whom, and who has rated by the end of history."""

    checklist_id: UUID
    about: str
    asker: Member
    second: Member
    raters: Sequence[Member]
    rng: Random


def _ask(run: _Run, day: Day, at: datetime) -> None:
    rng = run.rng
    asked = day.run(
        ask_calibration,
        run.asker.actor,
        at,
        "",
        checklist_id=run.checklist_id,
        second_id=run.second.id,
        about=run.about,
    )
    positions = [point.position for point in points_of(run.checklist_id)]
    seen = {position: rng.randrange(1, len(STEPS)) for position in positions}
    for number, coach in enumerate(run.raters):
        marks = {str(position): _mark(step, rng) for position, step in seen.items()}
        moment = working_moment(at + timedelta(days=number), 1, coach.actor.zone, rng)
        day.put(moment, partial(_rate, asked.id, coach, marks))


def _rate(exercise_id: UUID, coach: Member, marks: dict[str, str], day: Day, at: datetime) -> None:
    day.run(rate_calibration, coach.actor, at, "", exercise_id, marks=marks)


def _mark(step: int, rng: Random) -> str:
    draw = rng.random()
    if draw < POINT_NOT_SEEN:
        return NOT_SEEN
    beside = 0 if draw < POINT_NOT_SEEN + MARKED_AS_IT_WAS else rng.choice((-1, 1))
    return STEPS[min(max(step + beside, 0), len(STEPS) - 1)]


# -- standing appointments, and a team -----------------------------------------------------------------------------------


def _meet(day: Day, at: datetime) -> None:
    """Let the coach with a password begin standing appointments, and call a team together."""
    coach = _coach(day)
    people = [one for one in day.world.people if one.site == coach.spec.site and one.team and one.works_on(day.date)]
    today = local_day(at, coach.actor.zone)
    monday = today + timedelta(days=7 - today.weekday())
    for number, (weeks, kind, minute) in enumerate(SERIES[: len(people)]):
        day.run(
            begin_series,
            coach.actor,
            at,
            "standing appointment",
            coachee_id=day.cast.id_of(people[-1 - number].employee_no),
            every_weeks=weeks,
            first_on=monday + timedelta(days=number + 1),
            minute=minute,
            mode="onsite",
            place="Coaching room",
            kind=kind,
        )
    _call_together(coach, [one for one in people if one.team == people[0].team][:TEAM_OF], day, at)


def _call_together(coach: Member, team: Sequence[PersonSpec], day: Day, at: datetime) -> None:
    if len(team) < 2:
        return
    ids = [day.cast.id_of(one.employee_no) for one in team]
    subject = "What we expected at the last fill, and what happened"
    called = day.run(call_team_together, coach.actor, at, subject, coachee_ids=ids, subject=subject, kind="deviation")
    begin = day.starts_at + timedelta(days=4)
    slot = free_slots(coach.id, ids, starts_at=begin, ends_at=begin + timedelta(days=21)).first()
    if slot is not None:
        day.run(
            schedule_team,
            coach.actor,
            at + timedelta(minutes=5),
            "",
            called.id,
            starts_at=slot.starts_at,
            mode="onsite",
            place="Meeting room 2",
            agreed_beyond="Agreed at the shift meeting.",
        )
