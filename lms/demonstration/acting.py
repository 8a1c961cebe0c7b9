"""What is done after a deviation of the simulated history, and the looks at whether it worked."""

from __future__ import annotations

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
from lms.demonstration.loading import Day
from lms.demonstration.places import phrases
from lms.demonstration.telling import working_moment
from lms.demonstration.truth import ACTED_ON, IN_PLACE_LATE
from lms.demonstration.world import EventSpec
from lms.extensions import db
from lms.web.times import local_day

#: What is declared beforehand for every action.
PLAN = rules.Plan(baseline_days=365, window_days=120, window_batches=40, reduction_percent=50, grace_days=7)


def act_on(event: EventSpec, day: Day, at: datetime, *, qa: Member, owner: Member) -> None:
    """Open an action from some of the more than minor deviations, and put on the agenda what becomes of it."""
    rng = chance(day.world.seed, "capa", event.key)
    if event.severity == "minor" or rng.random() >= ACTED_ON:
        return
    title = rng.choice(phrases()["action"][event.root_cause_class])
    zone = next(site.zone for site in day.world.sites if site.code == event.site)
    due = rules.due_on(local_day(at, zone), event.severity)
    capa = day.run(
        capas.open_capa,
        qa.actor,
        at,
        "",
        day.cast.deviations[event.key],
        kind=rules.Kind.CORRECTIVE,
        title=title,
        description="",
        owner_id=owner.id,
        due_on=due,
    )
    day.run(
        capas.plan_effectiveness,
        qa.actor,
        at,
        "",
        capa.id,
        version=capa.version,
        criterion=phrases()["action"]["criterion"][0],
        plan=PLAN,
        category=event.category,
    )
    days = rng.randint(65, 100) if rng.random() < IN_PLACE_LATE else rng.randint(8, 50)
    day.put(at + timedelta(days=days), partial(_put_in_place, capa.id, owner, zone, rng))
    look = partial(_look, capa.id, qa, zone, rng)
    for months in (5, 9, 14):
        day.put(working_moment(at + timedelta(days=days + 30 * months), 0, zone, rng), look)


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
