"""What is done after a deviation of the simulated history, and the looks at whether it worked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from sqlalchemy import select

from lms.capas import commands as capas
from lms.capas import rules
from lms.capas.counting import seen
from lms.capas.models import Capa, EffectivenessCheck
from lms.capas.rules import State
from lms.demonstration.cast import Member
from lms.demonstration.chance import chance
from lms.demonstration.investigating import close_anew
from lms.demonstration.loading import Day
from lms.demonstration.places import phrases
from lms.demonstration.telling import working_moment
from lms.demonstration.truth import ACTED_ON, IN_PLACE_LATE
from lms.demonstration.world import EventSpec
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.web.times import local_day

#: What is declared beforehand for every action.
PLAN = rules.Plan(baseline_days=365, window_days=120, window_batches=40, reduction_percent=50, grace_days=7)


@dataclass(frozen=True)
class _Act:
    """Whose action it is, after which deviation, and by which chance it goes on."""

    event: EventSpec
    qa: Member
    owner: Member
    zone: str
    rng: Random


def act_on(event: EventSpec, day: Day, at: datetime, *, qa: Member, owner: Member) -> None:
    """Open an action from some of the more than minor deviations, and put on the agenda what becomes of it."""
    rng = chance(day.world.seed, "capa", event.key)
    if event.severity != "minor" and rng.random() < ACTED_ON:
        zone = next(site.zone for site in day.world.sites if site.code == event.site)
        _open(_Act(event, qa, owner, zone, rng), day, at)


def _open(act: _Act, day: Day, at: datetime, follows_id: UUID | None = None) -> None:
    event, rng = act.event, act.rng
    capa = day.run(
        capas.open_capa,
        act.qa.actor,
        at,
        "",
        day.cast.deviations[event.key],
        kind=rules.Kind.CORRECTIVE,
        title=rng.choice(phrases()["action"][event.root_cause_class]),
        description="",
        owner_id=act.owner.id,
        due_on=rules.due_on(local_day(at, act.zone), event.severity),
        follows_id=follows_id,
    )
    day.run(
        capas.plan_effectiveness,
        act.qa.actor,
        at,
        "",
        capa.id,
        version=capa.version,
        criterion=phrases()["action"]["criterion"][0],
        plan=PLAN,
        category=event.category,
    )
    days = rng.randint(65, 100) if rng.random() < IN_PLACE_LATE else rng.randint(8, 50)
    day.put(at + timedelta(days=days), partial(_put_in_place, capa.id, act.owner, act.zone, rng))
    for months in (5, 9, 14):
        looked_at = working_moment(at + timedelta(days=days + 30 * months), 0, act.zone, rng)
        day.put(looked_at, partial(_look, capa.id, act.qa, act.zone, rng))
    for months in range(1, 25, 2):
        answered_at = working_moment(at + timedelta(days=days + 30 * months), 3, act.zone, rng)
        day.put(answered_at, partial(_follow, capa.id, act))


def _follow(capa_id: UUID, act: _Act, day: Day, at: datetime) -> None:
    """Answer an action that came back with the one that follows it."""
    if db.session.get_one(Capa, capa_id).state == State.RETURNED:
        _open(act, day, at, follows_id=capa_id)
        deviation = db.session.get_one(Deviation, day.cast.deviations[act.event.key])
        close_anew(day, at, deviation, qa=act.qa, lead=act.owner)


def _put_in_place(capa_id: UUID, owner: Member, zone: str, rng: Random, day: Day, at: datetime) -> None:
    capa = db.session.get_one(Capa, capa_id)
    evidence = rng.choice(phrases()["action"]["evidence"])
    day.run(
        capas.implement_capa,
        owner.actor,
        at,
        "",
        capa_id,
        version=capa.version,
        implemented_on=local_day(at, zone),
        evidence=evidence,
    )


def _look(capa_id: UUID, qa: Member, zone: str, rng: Random, day: Day, at: datetime) -> None:
    """Look at the effect if the window is over; if it is not, look again at the next date."""
    capa = db.session.get_one(Capa, capa_id)
    check = db.session.scalars(select(EffectivenessCheck).where(EffectivenessCheck.capa_id == capa_id)).one()
    if capa.state != State.IMPLEMENTED or seen(capa, check, zone=zone, today=local_day(at, zone)).missing:
        return
    remark = rng.choice(phrases()["action"]["remark"])
    signing = day.cast.signing(qa.spec.employee_no, at)
    day.run(capas.look_at_effect, signing, at, "", capa_id, version=capa.version, remark=remark)
