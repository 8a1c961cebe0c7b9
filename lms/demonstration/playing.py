"""The ground's part of the play: network and people, batches, deviations and what QA does with them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lms.demonstration.acting import act_on
from lms.demonstration.cast import Member
from lms.demonstration.chance import chance
from lms.demonstration.investigating import close, investigate
from lms.demonstration.loading import PASSWORD, Day
from lms.demonstration.places import phrases, texts
from lms.demonstration.staffing import ACCOUNTS
from lms.demonstration.truth import CONFIRMED
from lms.demonstration.world import BatchSpec, EventSpec, PersonSpec
from lms.deviations import commands as deviations
from lms.deviations.models import Deviation
from lms.deviations.rules import is_late
from lms.exposure import commands as exposure
from lms.exposure.models import Batch
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity.leaving import record_leaving
from lms.identity.models import Account
from lms.network import commands as network
from lms.permissions import Actor, Role
from lms.recurrences import commands as recurrences
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import Decision

#: Who founds the network and brings people in: the installer, as `candor init` does.
INSTALLER = Actor.system("demonstration")
FOUNDING = "founding of the demonstration network"


def found(day: Day) -> None:
    """Found the network with its sites and teams, and put everything that batches bring on the agenda."""
    world, at = day.world, day.starts_at
    home = day.run(
        network.found_network, INSTALLER, at, FOUNDING, name="Candor demonstration network", is_demonstration=True
    )
    day.stage.held.append(home)
    for site in world.sites:
        opened = day.run(
            network.open_site,
            INSTALLER,
            at,
            FOUNDING,
            home.id,
            code=site.code,
            name=site.name,
            zone=site.zone,
            is_control_site=site.is_control_site,
        )
        day.cast.sites[site.code] = opened.id
        day.stage.held.append(opened)
    for team in world.teams:
        site_id = day.cast.sites[team.site]
        formed = day.run(network.form_team, INSTALLER, at, FOUNDING, site_id, name=team.name)
        day.cast.teams[team.key] = formed.id
        day.stage.held.append(formed)
    for person in world.people:
        if person.joined_on == day.date:
            _join(person, day, at)  # at once, since the other rooms are founded by people
        else:
            day.put(datetime.combine(person.joined_on, time(0, 1), UTC), partial(_join, person))
        if person.left_on is not None:
            day.put(datetime.combine(person.left_on, time(0, 2), UTC), partial(_leave, person))
    zones = {site.code: ZoneInfo(site.zone) for site in world.sites}
    for batch in world.batches:
        day.put(datetime.combine(batch.started_on, time(6, 30), zones[batch.site]), partial(_start, batch))
        day.put(datetime.combine(batch.finished_on, time(16), zones[batch.site]), partial(_finish, batch))
    for event in world.recorded:
        if event.recorded_at is not None:
            day.put(event.recorded_at, partial(_raise, event))


def play(_: Day) -> None:
    """Set about nothing in the morning: people, batches and events have put themselves on the agenda."""


def _join(person: PersonSpec, day: Day, at: datetime) -> None:
    registered = day.run(
        identity.register_person,
        INSTALLER,
        at,
        "joins",
        employee_no=person.employee_no,
        given_name=person.given_name,
        family_name=person.family_name,
        site_id=day.cast.sites[person.site],
        joined_on=person.joined_on,
        email=f"{person.login}@{person.site.lower()}.example",
        login=person.login,
    )
    account_id = db.session.scalars(select(Account.id).where(Account.person_id == registered.id)).one()
    day.stage.held.append(registered)
    zone = next(site.zone for site in day.world.sites if site.code == person.site)
    day.cast.join(person, registered.id, account_id, zone)
    for held in person.roles:
        site_id = None if held.site is None else day.cast.sites[held.site]
        since = held.valid_from or person.joined_on
        day.run(
            identity.grant_role,
            INSTALLER,
            at,
            "joins",
            registered.id,
            role=held.role,
            site_id=site_id,
            valid_from=since,
            valid_to=held.valid_to,
        )
    if person.team is not None:
        team_id = day.cast.teams[person.team]
        day.run(network.join_team, INSTALLER, at, "joins", registered.id, team_id, on=person.joined_on)
    if person.login in ACCOUNTS.values():
        token = day.run(identity.send_one_time_link, INSTALLER, at, "joins", account_id)
        day.run(identity.choose_password, INSTALLER, at, "joins", token, password=PASSWORD)


def _leave(person: PersonSpec, day: Day, at: datetime) -> None:
    day.run(record_leaving, INSTALLER, at, "leaves", day.cast.id_of(person.employee_no), on=at.date())


def _start(batch: BatchSpec, day: Day, at: datetime) -> None:
    recorded = day.run(
        exposure.record_batch,
        _one(day, Role.SITE_LEAD, batch.site).actor,
        at,
        "",
        site_id=day.cast.sites[batch.site],
        number=batch.number,
        product=batch.product,
        started_on=batch.started_on,
        team_id=day.cast.teams[batch.team],
        process_version=batch.process_version,
    )
    day.cast.batches[batch.number] = recorded.id


def _finish(batch: BatchSpec, day: Day, at: datetime) -> None:
    known = db.session.get_one(Batch, day.cast.batches[batch.number])
    lead = _one(day, Role.SITE_LEAD, batch.site).actor
    day.run(
        exposure.finish_batch,
        lead,
        at,
        "",
        known.id,
        version=known.version,
        finished_on=batch.finished_on,
        disposition=batch.disposition,
    )


def _raise(event: EventSpec, day: Day, at: datetime) -> None:
    raised = day.run(
        deviations.raise_deviation,
        _present(event.reporter, event, day),
        at,
        "",
        site_id=day.cast.sites[event.site],
        description=event.description,
        occurred_at=event.occurred_at,
        process_step=event.process_step,
        immediate_action=event.immediate_action,
        kind=event.kind,
        detection_channel=event.channel,
        team_id=day.cast.teams[event.team],
        batch_id=day.cast.batches[event.batch],
        late_reason=event.late_reason or _late_after_all(event, day, at),
        people=tuple(day.cast.id_of(employee_no) for employee_no in event.people),
    )
    day.cast.deviations[event.key] = raised.id
    day.cast.deviation_key[raised.id] = event.key
    if event.handling is not None:
        day.put(event.handling.triaged_at, partial(_triage, event))
        day.put(event.handling.decided_at, partial(_decide, event))
        day.put(event.handling.closed_at, partial(_close, event))


def _late_after_all(event: EventSpec, day: Day, at: datetime) -> str:
    """Return why an entry is late that became so because the day's earlier acts took until past its moment."""
    return phrases()["late"]["self_reported"][0] if is_late(event.occurred_at, max(at, day.stage.latest)) else ""


def _present(employee_no: str, event: EventSpec, day: Day) -> Actor:
    """Return the reporter; if they left before the record was made, the lead of the site writes it down for them."""
    member = day.cast.members[employee_no]
    return member.actor if member.spec.works_on(day.date) else _one(day, Role.SITE_LEAD, event.site).actor


def _triage(event: EventSpec, day: Day, at: datetime) -> None:
    deviation = db.session.get_one(Deviation, day.cast.deviations[event.key])
    handling = event.handling
    if handling is None:
        return
    day.run(
        deviations.triage_deviation,
        _one(day, Role.QA, event.site).actor,
        at,
        "",
        deviation.id,
        version=deviation.version,
        process_step=event.process_step,
        category=event.category,
        root_cause_class=event.root_cause_class,
        kind=event.kind,
        detection_channel=event.channel,
        severity=event.severity,
        severity_rationale=handling.severity_rationale,
        team_id=deviation.team_id,
        batch_id=deviation.batch_id,
        answer=handling.answer,
    )


def _decide(event: EventSpec, day: Day, at: datetime) -> None:
    """Decide on the matches, if the rules have found any."""
    proposed = select(Recurrence.id, Recurrence.version).where(
        Recurrence.deviation_id == day.cast.deviations[event.key], Recurrence.decision == Decision.PROPOSED
    )
    rng = chance(day.world.seed, "decide", event.key)
    # what came back after an action comes first, since confirming it decides the repetition too
    while found := db.session.execute(proposed.order_by(Recurrence.rule.desc()).limit(1)).first():
        recurrence_id, version = found
        confirmed = rng.random() < CONFIRMED
        reason = rng.choice(phrases()["confirm"]["qa"]) if confirmed else rng.choice(texts()["overrule"])["reason"]
        decision = Decision.CONFIRMED if confirmed else Decision.OVERRULED
        qa = day.cast.signing(_one(day, Role.QA, event.site).spec.employee_no, at)
        day.run(
            recurrences.decide_recurrence,
            qa,
            at,
            reason,
            recurrence_id,
            version=version,
            decision=decision,
            reason=reason,
        )


def _close(event: EventSpec, day: Day, at: datetime) -> None:
    _decide(event, day, at)  # a record that came late may have made it a match after QA had looked
    deviation = db.session.get_one(Deviation, day.cast.deviations[event.key])
    qa, lead = _one(day, Role.QA, event.site), _one(day, Role.SITE_LEAD, event.site)
    if event.severity != "minor":
        investigate(day, at, deviation, lead, partial(act_on, event, day, at, qa=qa, owner=lead))
    close(day, at, deviation, qa, event.root_cause_class)


def _one(day: Day, role: Role, site: str) -> Member:
    """Return who does a role's work at a site: whoever holds it there, before those who hold it everywhere."""
    memory = day.stage.memory.setdefault("one", {})
    if (role, site) not in memory:
        holders = day.world.holders(role, site, day.date)
        local = [p for p in holders if any(r.role is role and r.site == site for r in p.roles)]
        memory[role, site] = (local or list(holders))[0].employee_no
    return day.cast.members[memory[role, site]]
