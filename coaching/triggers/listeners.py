"""What happened in other rooms, shown to the rules; and those that fire, proposed. Inside the transaction of what happened."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from coaching.occasions.queries import classified, first_named, number_of
from coaching.occasions.rules import Event, Trigger, firings, is_cooled
from coaching.triggers import queries
from coaching.triggers.commands import Coaches, propose_what_fires
from lms.facts import (
    AssessmentFailed,
    DeviationClassified,
    DeviationRecorded,
    ObservationFailed,
    RecurrenceConfirmed,
)
from lms.network.queries import zone_of
from lms.unit_of_work import Work
from lms.web.times import local_day


def on_recurrence_confirmed(fact: RecurrenceConfirmed, *, work: Work) -> None:
    """A confirmed recurrence is talked about with somebody who was at the bench; once, however often it is confirmed."""
    if queries.is_proposed_for(fact.recurrence_id):
        return
    person_id = first_named([fact.deviation_id]).get(fact.deviation_id)
    if person_id is not None:
        event = Event(
            what="recurrence",
            record_id=fact.recurrence_id,
            person_id=person_id,
            site_id=fact.site_id,
            on=local_day(fact.confirmed_at, zone_of(fact.site_id)),
            severity=fact.severity,
            title=number_of(fact.deviation_id),
        )
        _consider(work, event, team_id=fact.team_id, deviation_id=fact.deviation_id, recurrence_id=fact.recurrence_id)


def on_deviation_classified(fact: DeviationClassified, *, work: Work) -> None:
    """A severe one is talked about with somebody who was at the bench, a good catch with whoever made it."""
    person_id = first_named([fact.deviation_id]).get(fact.deviation_id)
    if person_id is None and fact.kind == "good_catch":
        person_id = fact.reported_by_id
    if person_id is not None:
        event = Event(
            what="deviation",
            record_id=fact.deviation_id,
            person_id=person_id,
            site_id=fact.site_id,
            on=local_day(fact.classified_at, zone_of(fact.site_id)),
            severity=fact.severity,
            kind=fact.kind,
            title=fact.number,
        )
        _consider(work, event, deviation_id=fact.deviation_id)


def on_deviation_recorded(fact: DeviationRecorded, *, work: Work) -> None:
    """Whoever was at the bench may be named only after QA has classified what happened."""
    earlier = classified(fact.deviation_id) if fact.people else None
    if earlier is not None:
        on_deviation_classified(earlier, work=work)


def on_assessment_failed(fact: AssessmentFailed, *, work: Work) -> None:
    """A knowledge check was not passed, or no attempt is left."""
    event = Event(
        what="assessment",
        record_id=fact.attempt_id,
        person_id=fact.person_id,
        site_id=fact.site_id,
        on=local_day(fact.failed_at, zone_of(fact.site_id)),
        attempt=fact.number,
        locked=fact.locked,
        title=fact.title,
    )
    _consider(work, event)


def on_observation_failed(fact: ObservationFailed, *, work: Work) -> None:
    """An observed run was not passed."""
    event = Event(
        what="observation",
        record_id=fact.observation_id,
        person_id=fact.person_id,
        site_id=fact.site_id,
        on=local_day(fact.failed_at, zone_of(fact.site_id)),
        title=fact.title,
    )
    _consider(work, event)


def _consider(
    work: Work,
    event: Event,
    *,
    team_id: UUID | None = None,
    deviation_id: UUID | None = None,
    recurrence_id: UUID | None = None,
) -> None:
    today = local_day(work.at, zone_of(event.site_id))
    since = min(event.on, today) - timedelta(days=1)
    firing = [
        (rule, one)
        for rule in queries.rules_in_force().values()
        if rule.is_on
        for one in firings(rule, event, since, today)
    ]
    if not firing or not queries.can_be_met(event.person_id, today):
        return
    known = queries.proposed_to(event.person_id)
    coaches = Coaches([event.site_id], today)
    for rule, one in firing:
        occasions, last_on = known.get(rule.code, (set(), None))
        if one.occasion in occasions or not is_cooled(rule, last_on, today):
            continue
        propose_what_fires(
            work,
            one,
            rule=rule,
            coaches=coaches,
            team_id=team_id,
            deviation_id=deviation_id,
            recurrence_id=recurrence_id if rule.code is Trigger.RECURRENCE else None,
        )
