"""The survey's part of the play: keys, answers sealed in the evening, releases by the demonstration's custodian.

Answers and releases go the survey's own way, after the day's unit of work: never through the trail, as in a real network.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from coaching.demonstration.answering import answers_of
from coaching.surveys import commands as surveys
from coaching.surveys import sealed
from coaching.surveys.demonstration import key_folder, make_demonstration_custodian
from coaching.surveys.instrument import in_force
from coaching.surveys.models import SurveyTicket
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.published import Release
from coaching.surveys.server_secrets import shred
from lms.demonstration.cast import by_login
from lms.demonstration.chance import chance
from lms.demonstration.loading import Day, Stage
from lms.demonstration.staffing import ACCOUNTS
from lms.demonstration.world import PersonSpec
from lms.extensions import db
from lms.permissions import Actor, Role
from lms.unit_of_work import replay
from lms.web.times import local_day

#: A release that came due this lately is left to the custodian with a password.
LEFT_TO_CUSTODIAN = timedelta(days=21)
#: Days after a quarter on which both halves of its secrets are destroyed.
KEPT_DAYS = 40


def found(day: Day) -> None:
    """Make the custodian's keys of every quarter of the history, and of the present one."""
    quarters = []
    month = Month.of(day.date)
    while month <= Month.of(day.world.today):
        quarters.append(month.quarter)
        month = month.next
    keys = make_demonstration_custodian(sorted(set(quarters)), current_app.config["SETTINGS"].data_dir)
    day.stage.memory["survey keys"] = keys
    day.stage.memory["survey answers"] = {}


def play(day: Day) -> None:
    """Register the key of a quarter on its first day."""
    quarter = Month.of(day.date).quarter
    registered = day.stage.memory.setdefault("survey registered", set())
    if quarter not in registered:
        registered.add(quarter)
        key = day.stage.memory["survey keys"][quarter].public_key
        custodian = _custodian(day.stage)
        day.run(
            surveys.register_survey_key,
            custodian,
            day.starts_at + timedelta(hours=8),
            "key of the quarter",
            quarter=str(quarter),
            public_key=key,
        )


def evening(stage: Stage, on: date) -> None:
    """Hand in the answers of the day, and release what is due."""
    _remember_sheets(stage)
    noon = datetime.combine(on, time(12), UTC)
    for person, review_id, closed_on in stage.memory["survey answers"].pop(on, ()):
        answers = answers_of(stage.world, person, closed_on, in_force())
        if answers is not None:
            sealed.submit(stage.cast.id_of(person.employee_no), review_id, answers, at=noon)
    _release(stage, on)


def _remember_sheets(stage: Stage) -> None:
    """Put today's new tickets aside for the day on which each person answers."""
    closed: list[tuple[UUID, PersonSpec, datetime]] = stage.memory.pop("closed", [])
    given = select(SurveyTicket.review_id).where(SurveyTicket.review_id.in_([row[0] for row in closed]))
    tickets = set(db.session.scalars(given)) if closed else set()
    for review_id, person, at in closed:
        if review_id not in tickets:
            continue
        zone = next(site.zone for site in stage.world.sites if site.code == person.site)
        closed_on = local_day(at, zone)
        after = chance(stage.world.seed, "answers on", person.employee_no, closed_on.isoformat()).randint(1, 6)
        if person.login == ACCOUNTS[Role.OPERATOR] and stage.world.today - closed_on <= timedelta(days=6):
            continue  # the operator with a password has not answered yet
        day = closed_on + timedelta(days=after)
        stage.memory["survey answers"].setdefault(day, []).append((person, review_id, closed_on))


def _release(stage: Stage, on: date) -> None:
    month = Month.of(on.replace(day=1) - timedelta(days=1))
    waits = stage.world.today - on <= LEFT_TO_CUSTODIAN
    if month.releasable_from == on and month >= Month.of(stage.world.start) and not waits:
        key = stage.memory["survey keys"][month.quarter]
        at = stage.latest  # the day's records are written already, and time in the trail never goes back
        sealed.release_month(month, key, on=on, record=lambda release: _record(stage, at, release))
    for quarter in sorted(stage.memory["survey registered"]):
        if quarter.end + timedelta(days=KEPT_DAYS) == on:
            _destroy(stage, quarter, on)


def _record(stage: Stage, at: datetime, release: Release) -> None:
    with replay() as unit:
        unit.run(surveys.record_release, _custodian(stage), at, "monthly release", release)


def _destroy(stage: Stage, quarter: Quarter, on: date) -> None:
    def record() -> None:
        with replay() as unit:
            at = stage.latest
            unit.run(surveys.record_key_destroyed, _custodian(stage), at, "the quarter is over", quarter=str(quarter))

    sealed.destroy_key(quarter, on=on, record=record)
    shred(key_folder(current_app.config["SETTINGS"].data_dir) / f"survey-{quarter}.key")


def _custodian(stage: Stage) -> Actor:
    person = by_login(stage.world)[ACCOUNTS[Role.CUSTODIAN]]
    return stage.cast.actor(person.employee_no)
