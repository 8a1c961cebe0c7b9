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
from coaching.surveys.instrument import shipped
from coaching.surveys.models import SurveyTicket
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.published import Release
from coaching.surveys.server_secrets import shred
from coaching.voice import queries as voice
from coaching.voice.commands import answer_wave
from lms.demonstration.cast import by_login
from lms.demonstration.chance import chance
from lms.demonstration.loading import Day, Stage
from lms.demonstration.staffing import ACCOUNTS
from lms.demonstration.world import PersonSpec
from lms.extensions import db
from lms.permissions import Actor, Permission, Role
from lms.unit_of_work import replay
from lms.web.times import local_day

#: A release that came due this lately is left to the custodian with a password.
LEFT_TO_CUSTODIAN = timedelta(days=21)
#: Of the quarter that was released this lately, this share of sites has not written its note.
NEWEST_WAVE = timedelta(days=92)
LEFT_OWED = 0.25
#: What teams said and what their sites did, in pairs.
NOTES = (
    (
        "Questions about a step are not always welcome in a full room.",
        "The first ten minutes of hand-over are for questions; nobody is waited for.",
    ),
    (
        "Whoever stops a run hears nothing afterwards.",
        "QA tells the team within two working days what came of each stop.",
    ),
    (
        "Concerns from the night shift get lost.",
        "The shift lead writes concerns into the hand-over sheet and reads out the answers.",
    ),
    (
        "Slips are put right quietly, since the form is long.",
        "The form for a slip has four fields now; the long one is for QA.",
    ),
)
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
    for person, review_id, closed_on, code in stage.memory["survey answers"].pop(on, ()):
        answers = answers_of(stage.world, person, closed_on, shipped()[code])
        if answers is not None:
            _read_the_notice(stage, person)
            sealed.submit(stage.cast.id_of(person.employee_no), review_id, answers, at=noon)
    _release(stage, on)


def _remember_sheets(stage: Stage) -> None:
    """Put today's new tickets aside for the day on which each person answers."""
    closed: list[tuple[UUID, PersonSpec, datetime]] = stage.memory.pop("closed", [])
    given = select(SurveyTicket.review_id, SurveyTicket.instrument)
    given = given.where(SurveyTicket.review_id.in_([row[0] for row in closed]))
    tickets = {row[0]: row[1] for row in db.session.execute(given)} if closed else {}
    for review_id, person, at in closed:
        if review_id not in tickets:
            continue
        zone = next(site.zone for site in stage.world.sites if site.code == person.site)
        closed_on = local_day(at, zone)
        after = chance(stage.world.seed, "answers on", person.employee_no, closed_on.isoformat()).randint(1, 6)
        if person.login == ACCOUNTS[Role.OPERATOR] and stage.world.today - closed_on <= timedelta(days=6):
            continue  # the operator with a password has not answered yet
        day = closed_on + timedelta(days=after)
        stage.memory["survey answers"].setdefault(day, []).append((person, review_id, closed_on, tickets[review_id]))


def _read_the_notice(stage: Stage, person: PersonSpec) -> None:
    """Whoever answers has read the notice before, once."""
    read: set[str] = stage.memory.setdefault("survey notice", set())
    if person.employee_no not in read:
        read.add(person.employee_no)
        actor = stage.cast.actor(person.employee_no)
        with replay() as unit:
            unit.run(surveys.acknowledge_notice, actor, stage.latest, "", actor.person_id)


def _release(stage: Stage, on: date) -> None:
    month = Month.of(on.replace(day=1) - timedelta(days=1))
    waits = stage.world.today - on <= LEFT_TO_CUSTODIAN
    if month.releasable_from == on and month >= Month.of(stage.world.start) and not waits:
        key = stage.memory["survey keys"][month.quarter]
        at = stage.latest  # the day's records are written already, and time in the trail never goes back
        sealed.release_month(month, key, on=on, record=lambda release: _record(stage, at, release))
        if month.ends_quarter:
            _answer_waves(stage)
    for quarter in sorted(stage.memory["survey registered"]):
        if quarter.end + timedelta(days=KEPT_DAYS) == on:
            _destroy(stage, quarter, on)


def _record(stage: Stage, at: datetime, release: Release) -> None:
    with replay() as unit:
        unit.run(surveys.record_release, _custodian(stage), at, "monthly release", release)


def _answer_waves(stage: Stage) -> None:
    """Let each site's lead say what was done about a published quarter; two sites owe the newest one for a while."""
    leads = {role.site: person for person in stage.world.people for role in person.roles if role.role is Role.SITE_LEAD}
    for code in sorted(leads, key=str):
        lead = stage.cast.actor(leads[code].employee_no)
        for wave in voice.waves(lead, Permission.VOICE_ANSWER):
            rng = chance(stage.world.seed, "wave", str(code), wave.quarter)
            newest = stage.world.today - wave.released_on < NEWEST_WAVE
            if wave.answered or (newest and rng.random() < LEFT_OWED):
                continue
            said, did = rng.choice(NOTES)
            with replay() as unit:
                unit.run(
                    answer_wave,
                    lead,
                    stage.latest,
                    did,
                    wave.id,
                    version=wave.version,
                    said=said,
                    did=did,
                    owner_id=stage.cast.id_of(leads[code].employee_no),
                    due_on=local_day(stage.latest, lead.zone) + timedelta(days=30),
                )


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
