"""The assessors' part of the play: checklists, observed runs, and qualifications that are renewed before they run out."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import select

from assessments.checklists.commands import approve_checklist, write_checklist
from assessments.demonstration.commands import take_over_qualifications
from assessments.demonstration.sitting import import_quizzes, sit
from assessments.observations import commands as observations
from assessments.observations.models import Checklist, ChecklistPoint
from assessments.qualifications import commands as qualifications
from assessments.standing import commands as standing
from lms.demonstration.cast import by_login
from lms.demonstration.chance import chance
from lms.demonstration.loading import Day
from lms.demonstration.staffing import ACCOUNTS
from lms.demonstration.telling import working_moment
from lms.demonstration.world import PersonSpec
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NotAllowed

_HERE = Path(__file__).parent
TAKEN_OVER = "authorisation list of the site, signed by its quality unit"
#: Days before its end at which a qualification is renewed; now and then it is forgotten until after.
RENEWED = (8, 45)
FORGOTTEN = 0.05
#: Share of observed runs in which a critical point is not shown.
NOT_PASSED = 0.04
#: What the next version of a checklist watches for too, which of its points, from 0, is critical now, and why.
NEXT_POINT = "Reads the volume on the worksheet and on the pump aloud, and the second person repeats both."
NOW_CRITICAL = 6
NEXT_BECAUSE = "Two worksheets that look alike were mixed up at two sites."
#: Days until the next try when the reading was not done yet or a run was not passed.
TRY_AGAIN = 7


def found(day: Day) -> None:
    """Say how knowledge checks are sat, and put the beginning of qualification records on the agenda."""
    day.stage.memory["sit check"] = sit
    begins: date = day.stage.memory["training begins"]
    day.put(datetime.combine(begins, time(11), day.starts_at.tzinfo), _begin)


def play(day: Day) -> None:
    """Let newcomers be observed, once they have had time to read."""
    begins: date = day.stage.memory["training begins"]
    for person in day.world.people:
        if person.team and person.joined_on > begins and day.date - person.joined_on == timedelta(days=26):
            for code in day.stage.memory["tasks"]:
                day.put(day.starts_at + timedelta(hours=7), partial(_qualify, person, code, 0))
    if day.date == day.world.today - timedelta(days=2) and day.stage.memory["tasks"]:
        day.put(day.starts_at + timedelta(hours=9), _next_checklist)


def _begin(day: Day, at: datetime) -> None:
    trainer = day.cast.actor(by_login(day.world)[ACCOUNTS[Role.TRAINER]].employee_no)
    import_quizzes(day, at)
    qa = next(p for p in day.world.people if any(r.role is Role.QA and r.site is None for r in p.roles))
    approver = day.cast.signing(qa.employee_no, at)
    for path in sorted((_HERE / "checklists").glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        entry = day.stage.memory["task entries"][content["checklist"]["task"]]
        task_id = day.stage.memory["tasks"][entry["code"]]
        points = [(point["text"], point["critical"]) for point in content["point"]]
        sent = day.run(
            write_checklist,
            trainer,
            at,
            "",
            code=content["checklist"]["code"],
            title=content["checklist"]["title"],
            task_id=task_id,
            points=points,
        )
        day.run(approve_checklist, approver, at, "", sent.id)
        day.run(
            qualifications.set_task_requirement,
            day.cast.actor(qa.employee_no),
            at,
            "",
            task_id,
            runs_needed=entry["runs_needed"],
            valid_months=entry["valid_months"],
        )
    for person in day.world.people:
        if person.team and person.works_on(day.date):
            _take_over(day, at + timedelta(hours=2), person)


def _next_checklist(day: Day, at: datetime) -> None:
    """Let a trainer send the next version of a checklist, which waits for approval when the history ends."""
    file = tomllib.loads((_HERE / "checklists" / "T-TRANSDUCTION.toml").read_text(encoding="utf-8"))
    day.run(
        write_checklist,
        day.cast.actor(by_login(day.world)[ACCOUNTS[Role.TRAINER]].employee_no),
        at,
        NEXT_BECAUSE,
        code=file["checklist"]["code"],
        title=file["checklist"]["title"],
        task_id=day.stage.memory["tasks"][file["checklist"]["task"]],
        points=[
            *((point["text"], point["critical"] or place == NOW_CRITICAL) for place, point in enumerate(file["point"])),
            (NEXT_POINT, True),
        ],
    )


def _take_over(day: Day, at: datetime, person: PersonSpec) -> None:
    tasks, entries = day.stage.memory["tasks"], day.stage.memory["task entries"]
    until = {}
    for code, task_id in tasks.items():
        months = entries[code]["valid_months"]
        rng = chance(day.world.seed, "paper", person.employee_no, code)
        days = round(months * 30.4 * rng.uniform(0.5, 1.0))
        ends_at = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
        until[task_id] = ends_at
        _plan_renewal(day, person, code, ends_at)
    qa = day.cast.signing(_qa(day, person.site), at)
    site_id = day.cast.sites[person.site]
    day.run(take_over_qualifications, qa, at, TAKEN_OVER, day.cast.id_of(person.employee_no), site_id, until)


def _plan_renewal(day: Day, person: PersonSpec, code: str, ends_at: datetime) -> None:
    rng = chance(day.world.seed, "renewal", person.employee_no, code, ends_at.date().isoformat())
    forgotten = rng.random() < FORGOTTEN
    before = -rng.randint(2, 25) if forgotten else rng.randint(*RENEWED)
    zone = day.cast.actor(person.employee_no).zone
    morning = max(ends_at - timedelta(days=before), day.ends_at)
    day.put(working_moment(morning, 0, zone, rng), partial(_qualify, person, code, 0))


def _qualify(person: PersonSpec, code: str, runs: int, day: Day, at: datetime) -> None:
    """Observe one run, and let QA grant what is due; try again in a week while something is missing."""
    if not person.works_on(day.date + timedelta(days=2)):
        return
    rng = chance(day.world.seed, "run", person.employee_no, code, day.date.isoformat())
    zone = day.cast.actor(person.employee_no).zone
    later = working_moment(at + timedelta(days=TRY_AGAIN), 0, zone, rng)
    try:
        passed = _observe(day, at, person, code, rng)
    except NotAllowed:  # the reading comes first, and is not done
        day.put(later, partial(_qualify, person, code, runs))
        return
    granting = at + timedelta(hours=1)
    if passed and _grant(day, granting, person, code):
        return
    day.put(later, partial(_qualify, person, code, runs + 1))


def _observe(day: Day, at: datetime, person: PersonSpec, code: str, rng: Random) -> bool:
    assessor = day.world.holders(Role.ASSESSOR, person.site, day.date)[0].employee_no
    task_id: UUID = day.stage.memory["tasks"][code]
    batch = _batch(day, person)
    begun = day.run(
        observations.begin_observation,
        day.cast.actor(assessor),
        at,
        "",
        trainee_id=day.cast.id_of(person.employee_no),
        task_id=task_id,
        site_id=day.cast.sites[person.site],
        observed_at=at - timedelta(minutes=50),
        batch=batch,
    )
    signed_at = at + timedelta(minutes=5)
    signed = day.run(
        observations.record_observation,
        day.cast.signing(assessor, signed_at),
        signed_at,
        "",
        begun.id,
        version=begun.version,
        marks=_marks(day, task_id, rng),
        remarks="",
        batch=batch,
    )
    return bool(signed.passed)


def _marks(day: Day, task_id: UUID, rng: Random) -> dict[str, dict[str, str]]:
    points = day.stage.memory.setdefault("points", {})
    if task_id not in points:
        rows = (
            select(ChecklistPoint.position, ChecklistPoint.critical)
            .join(Checklist, Checklist.id == ChecklistPoint.checklist_id)
            .where(Checklist.task_id == task_id, Checklist.is_current)
            .order_by(ChecklistPoint.position)
        )
        points[task_id] = [tuple(row) for row in db.session.execute(rows)]
    marks = {str(position): {"shown": "yes", "note": ""} for position, _ in points[task_id]}
    missed = rng.choice([position for position, critical in points[task_id] if critical] or [1])
    if rng.random() < NOT_PASSED:
        marks[str(missed)] = {"shown": "no", "note": "Left out under time pressure; shown again and talked through."}
    return marks


def _grant(day: Day, at: datetime, person: PersonSpec, code: str) -> bool:
    task_id: UUID = day.stage.memory["tasks"][code]
    try:
        granted = day.run(
            standing.grant_due_qualification,
            day.cast.signing(_qa(day, person.site), at),
            at,
            "",
            person_id=day.cast.id_of(person.employee_no),
            task_id=task_id,
            site_id=day.cast.sites[person.site],
        )
    except NotAllowed:  # more runs are asked for, or the training is not in force any more
        return False
    _plan_renewal(day, person, code, granted.valid_to)
    return True


def _batch(day: Day, person: PersonSpec) -> str:
    latest: dict[str, str] = day.stage.memory.setdefault("latest batch", {})
    known = day.stage.memory.setdefault("batches seen", [0])
    while known[0] < len(day.world.batches) and day.world.batches[known[0]].started_on <= day.date:
        latest[day.world.batches[known[0]].team] = day.world.batches[known[0]].number
        known[0] += 1
    return latest.get(person.team or "", "training run")


def _qa(day: Day, site: str) -> str:
    """Return the QA person of a site, before the control site's."""
    holders = day.world.holders(Role.QA, site, day.date)
    local = [p for p in holders if any(r.role is Role.QA and r.site == site for r in p.roles)]
    return (local or list(holders))[0].employee_no
