"""Stating a concern, answering alone, settling a route, the person's own words, and removing all of it after a year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select

from coaching.just_culture import queries, rules
from coaching.just_culture.models import JustCultureAnswers, JustCultureCase, JustCultureWords
from coaching.just_culture.rules import Stage
from lms.audit.erasing import erase, events_that_hold
from lms.extensions import db
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.notifications.models import Notification
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command
from lms.web.times import local_day

_UNTRAINED = (
    "Only somebody who is qualified for the task “just-culture-assessment” may do this. Ask for the training, or ask a "
    "qualified colleague."
)


@command(needs=Permission.JUST_CULTURE_ASSESS)
def open_just_culture_case(
    work: Work, deviation_id: UUID, *, subject_id: UUID, second_id: UUID, concern: str
) -> JustCultureCase:
    """State a concern about somebody's part in a deviation; the person and the second assessor are told at once.

    The signature says that all of it is removed after twelve months, and orders that. Raises ``NotAllowed`` without the
    training, before the system's causes are filled in, and for assessors with a part in the deviation; ``NotFound`` for a
    deviation of another site.
    """
    about = queries.opening(work.actor, deviation_id)
    first_id = _trained(work)
    rules.check_system_causes(
        about.number, investigated=about.investigated, factors=about.factors, excluded=about.excluded
    )
    involved = [person_id for person_id, _name in about.involved]
    rules.check_people(first=first_id, second=second_id, subject=subject_id, involved=involved, named=about.named)
    today = local_day(work.at, zone_of(about.site_id))
    choice = {person_id for person_id, _name in queries.assessors(about.site_id, today, work.at)}
    if second_id not in choice or not queries.is_trained(second_id, work.at):
        raise NotAllowed("Choose a second assessor who is qualified today.", field="second")
    rules.check_concern(concern)
    case = JustCultureCase(
        site_id=about.site_id,
        opened_at=work.at,
        purge_on=rules.purge_on(today),
        deviation_id=deviation_id,
        subject_id=subject_id,
        first_id=first_id,
        second_id=second_id,
        concern=concern.strip(),
        questions=rules.VERSION,
    )
    work.add(case)
    sign(work, case, Meaning.AUTHORED)
    notify(work, subject_id, "just_culture_about_you", _target(case.id), number=about.number)
    notify(work, second_id, "just_culture_second", _target(case.id), number=about.number)
    return case


@command(needs=Permission.JUST_CULTURE_ASSESS)
def answer_just_culture(
    work: Work, case_id: UUID, *, answers: Mapping[str, str], route: str, reason: str
) -> JustCultureAnswers:
    """Answer as one of the two, without seeing the other's answers. Once both want the same way it is settled by that."""
    case = _assessors_case(work, case_id)
    given = _answers(case_id)
    if work.actor.person_id in {one.assessor_id for one in given}:
        raise NotAllowed("You have answered already. What you answered alone stays as it was.")
    rules.check_answers(case.questions, answers, route, reason)
    made = JustCultureAnswers(
        case_id=case.id,
        site_id=case.site_id,
        assessor_id=work.actor.person_id,
        answers={question: answers[question] for question in rules.QUESTIONS[case.questions]},
        route=route,
        reason=reason.strip(),
        given_at=work.at,
    )
    work.add(made)
    if not given:
        return made
    if given[0].route == route:
        _settle(work, case, route, "")
    else:
        for assessor_id in (case.first_id, case.second_id):
            _tell(work, assessor_id, case.id, "just_culture_talk")
    return made


@command(needs=Permission.JUST_CULTURE_ASSESS)
def settle_just_culture(work: Work, case_id: UUID, *, version: int, route: str, reason: str) -> JustCultureCase:
    """Record the route that two assessors who differed have agreed on, with why. What each answered alone stays."""
    case = _assessors_case(work, case_id)
    if case.version != version:
        raise StaleForm("The other assessor recorded something meanwhile. Read it and send again.")
    routes = [one.route for one in _answers(case_id)]
    if rules.stage(routes, settled=case.settled_at is not None) is not Stage.TALKING:
        raise NotAllowed(
            "There is nothing to settle: either an answer is missing, or the route is known.", field="route"
        )
    rules.check_route(route, reason)
    _settle(work, case, route, reason.strip())
    return case


@command(needs=Permission.HOME_SEE)
def add_own_words(work: Work, case_id: UUID, *, words: str) -> JustCultureWords:
    """Keep what the person says to it, in their own words; empty words take it back. Both assessors are told."""
    case = _own_case(work, case_id)
    if case.subject_id != work.actor.person_id:
        raise NotFound("There is no such page of yours.")
    kept = db.session.get(JustCultureWords, case_id)
    if kept is None:
        kept = JustCultureWords(case_id=case_id)
        work.add(kept)
    kept.words, kept.written_at = words.strip(), work.at
    for assessor_id in (case.first_id, case.second_id):
        _tell(work, assessor_id, case_id, "just_culture_words")
    return kept


@command(needs=Permission.SYSTEM_RUN)
def purge_just_culture(work: Work) -> str:
    """Remove what was written in every case whose day has come at its site: records, the trail's values, messages.

    The opening's signature ordered it. What stays says that a case was opened, when, where and by whom; the trail verifies.
    """
    tomorrow = work.at.date() + timedelta(days=1)  # no site's day is further on than that
    due = select(JustCultureCase).where(JustCultureCase.purged_at.is_(None), JustCultureCase.purge_on <= tomorrow)
    near = db.session.scalars(due.order_by(JustCultureCase.opened_at)).all()
    cases = [case for case in near if case.purge_on <= local_day(work.at, zone_of(case.site_id))]
    for case in cases:
        _purge(work, case)
    return f"{len(cases)} cases removed"


def _purge(work: Work, case: JustCultureCase) -> None:
    answers = _answers(case.id)
    emptied = {case.id, *(one.id for one in answers)}
    events = events_that_hold(emptied, lambda _text: True)
    work.redacted |= emptied
    case.deviation_id = case.subject_id = case.first_id = case.second_id = case.settled_at = None
    case.concern = case.route = case.reason = case.blind = ""
    case.purged_at = work.at
    for one in answers:
        one.assessor_id = one.given_at = None
        one.answers, one.route, one.reason, one.blind = {}, "", "", ""
    db.session.flush()
    erase(work, case.id, case.site_id, events)
    db.session.execute(delete(JustCultureWords).where(JustCultureWords.case_id == case.id))
    db.session.execute(delete(Notification).where(Notification.target == _target(case.id)))


def _settle(work: Work, case: JustCultureCase, route: str, reason: str) -> None:
    case.route, case.reason, case.settled_at = route, reason, work.at
    for person_id in (case.subject_id, case.first_id, case.second_id):
        _tell(work, person_id, case.id, "just_culture_settled")


def _trained(work: Work) -> UUID:
    person_id = work.actor.person_id
    if person_id is None or not queries.is_trained(person_id, work.at):
        raise NotAllowed(_UNTRAINED)
    return person_id


def _own_case(work: Work, case_id: UUID) -> JustCultureCase:
    statement = select(JustCultureCase).where(JustCultureCase.id == case_id, queries.concerns(work.actor))
    case = db.session.scalar(statement.with_for_update())
    if case is None:
        raise NotFound("There is no such page of yours.")
    return case


def _assessors_case(work: Work, case_id: UUID) -> JustCultureCase:
    case = _own_case(work, case_id)
    if work.actor.person_id not in {case.first_id, case.second_id}:
        raise NotFound("There is no such page of yours.")
    _trained(work)
    return case


def _answers(case_id: UUID) -> list[JustCultureAnswers]:
    return list(db.session.scalars(select(JustCultureAnswers).where(JustCultureAnswers.case_id == case_id)))


def _tell(work: Work, person_id: UUID | None, case_id: UUID, sentence: str) -> None:
    if person_id is not None and person_id != work.actor.person_id:
        notify(work, person_id, sentence, _target(case_id))


def _target(case_id: UUID) -> str:
    return f"/just-culture/{case_id}"
