"""The right coach through the real command path: story 5, conflicts, and nobody free said aloud."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from coaching.matching.commands import keep_coaching_profile
from coaching.matching.models import CoachingProfile
from coaching.matching.rules import Kept, Share
from coaching.occasions.rules import Trigger
from coaching.triggers import commands
from coaching.triggers.jobs import propose_due_reviews
from coaching.triggers.rules import due_on
from lms import clock
from lms.deviations.commands import name_person_involved
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity.models import RoleAssignment
from lms.investigations.commands import start_investigation
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.times import local_day
from tests.factories.deviations import a_deviation, on, triage
from tests.factories.people import INSTALLER, Someone, a_site, also, someone, today
from tests.factories.triggers import matched_by, planned_reviews, proposals, switch_on

EVERY_DAY_13_TO_18 = tuple((weekday, 13 * 60, 18 * 60) for weekday in range(7))
EVERY_DAY_7_TO_16 = tuple((weekday, 7 * 60, 16 * 60) for weekday in range(7))


def told(person: Someone) -> list[str]:
    return list(
        db.session.scalars(
            select(Notification.sentence).where(Notification.person_id == person.person.id).order_by(Notification.id)
        )
    )


def a_severe_one(operator: Someone, qa: Someone, *named: Someone, severity: str = "major") -> None:
    deviation_id = a_deviation(operator, people=(operator.person.id, *(one.person.id for one in named)))
    triage(qa, deviation_id, severity=severity)


def test_story_5_eli_is_at_6_of_6_so_it_goes_to_farah_with_the_reason_shown(app: Flask, sign_in) -> None:
    site = a_site()
    qa, chidi = someone(Role.QA, everywhere=True), someone(Role.OPERATOR, site, name="Chidi Okafor")
    eli, farah = (someone(Role.COACH, site, name=name) for name in ("Eli Brandt", "Farah Nasser"))
    gita = someone(Role.COACH, site, name="Gita Lund")
    matched_by(chidi, languages=["en"], week=EVERY_DAY_7_TO_16)
    matched_by(eli, share=Share.PART, languages=["en"])
    matched_by(farah, share=Share.PART, languages=["de", "en"], week=EVERY_DAY_13_TO_18)
    switch_on(Trigger.SEVERE_DEVIATION)
    planned_reviews(eli, site, 6)
    planned_reviews(farah, site, 4)

    a_severe_one(chidi, qa, gita)

    (proposal,) = proposals(chidi)
    today = local_day(clock.now(), site.zone)
    assert proposal.coach_id == farah.person.id
    assert (proposal.trigger, proposal.due_on) == ("severe_deviation", due_on(today, 5))
    assert proposal.matching is not None
    kept = Kept.of(proposal.matching["chosen"])  # type: ignore[arg-type]
    assert (kept.reviews, kept.reviews_cap, kept.languages, kept.common_hours) == (4, 6, ("en",), "3")
    assert kept.common is not None
    assert [f"{at.astimezone(ZoneInfo(site.zone)):%H:%M}" for at in kept.common] == ["13:00", "16:00"]
    assert "review_proposed" in told(farah)

    page = sign_in(farah).get(f"/reviews/proposals/{proposal.id}").get_data(as_text=True)
    for shown in ("no part in it", "English", "13:00–16:00", "(3 h)", "4 of 6 reviews", "6 of 6 reviews", "Eli Brandt"):
        assert shown in page
    # that Gita is named in the deviation is nothing that a coach is told
    assert "Gita" not in page


def test_neither_the_involved_nor_the_investigator_nor_the_line_manager_nor_the_reporter_is_asked(app: Flask) -> None:
    site = a_site()
    qa, operator = someone(Role.QA, everywhere=True), someone(Role.OPERATOR, site)
    involved, lead, manager, reporter = (someone(Role.COACH, site, name=f"{letter} Conflict") for letter in "ABCD")
    matched_by(operator, manager=manager)
    deviation_id = a_deviation(
        reporter, people=(operator.person.id, involved.person.id), detection_channel="supervisor"
    )
    triage(qa, deviation_id)
    also(lead, Role.SITE_LEAD, site)
    on(qa.actor, start_investigation, deviation_id, lead_id=lead.person.id)
    proposal = run(commands.propose_review, qa.actor, "", deviation_id, coachee_id=operator.person.id)
    assert proposal.coach_id is None
    neutral = someone(Role.COACH, site, name="Z Neutral")
    run(propose_due_reviews, INSTALLER, "", site_ids=[str(site.id)])
    assert proposals(operator)[0].coach_id == neutral.person.id


def test_nobody_free_is_told_at_once_seen_on_home_and_solved_by_the_site_lead(app: Flask, sign_in) -> None:
    site = a_site()
    qa, operator, lead = someone(Role.QA, site), someone(Role.OPERATOR, site), someone(Role.SITE_LEAD, site)
    elsewhere = someone(Role.SITE_LEAD, a_site("BBB"))
    eli = someone(Role.COACH, site, name="Eli Brandt")
    matched_by(eli, share=Share.PART)
    planned_reviews(eli, site, 6)
    switch_on(Trigger.SEVERE_DEVIATION)
    a_severe_one(operator, qa)
    (proposal,) = proposals(operator)
    assert proposal.coach_id is None
    assert told(lead) == ["review_without_coach"]
    assert told(elsewhere) == []

    browser = sign_in(lead)
    assert "has no coach" in browser.get("/").get_data(as_text=True)
    assert operator.person.name in browser.get("/reviews/proposals").get_data(as_text=True)
    assert operator.person.name not in sign_in(elsewhere).get("/reviews/proposals").get_data(as_text=True)
    assert sign_in(elsewhere).get(f"/reviews/proposals/{proposal.id}/coach").status_code == 404
    record = sign_in(qa).get(f"/deviations/{proposal.deviation_id}").get_data(as_text=True)
    assert "no coach is free" in record

    page = browser.get(f"/reviews/proposals/{proposal.id}/coach").get_data(as_text=True)
    assert "6 of 6 reviews" in page
    address = f"/reviews/proposals/{proposal.id}/coach"
    given = {"coach": str(eli.person.id), "version": proposal.version, "reason": ""}
    refused = browser.post(address, data=given)
    assert refused.status_code == 422
    assert "Say why this coach" in refused.get_data(as_text=True)
    assert browser.post(address, data={**given, "reason": "Two of the six can move."}).status_code == 302
    (proposal,) = proposals(operator)
    assert (proposal.coach_id, proposal.reassigned_reason) == (eli.person.id, "Two of the six can move.")
    assert "has no coach" not in browser.get("/").get_data(as_text=True)


def test_without_a_site_lead_qa_is_told_that_nobody_is_free(app: Flask) -> None:
    site = a_site()
    qa, operator = someone(Role.QA, site), someone(Role.OPERATOR, site)
    switch_on(Trigger.SEVERE_DEVIATION)
    a_severe_one(operator, qa)
    assert proposals(operator)[0].coach_id is None
    assert told(qa) == ["review_without_coach"]


def test_a_coach_gives_a_proposal_on_but_neither_to_a_full_one_nor_to_one_with_a_conflict(app: Flask) -> None:
    site = a_site()
    operator = someone(Role.OPERATOR, site)
    first, second, full, manager = (someone(Role.COACH, site, name=f"{letter} Coach") for letter in "ABCD")
    matched_by(full, share=Share.PART)
    planned_reviews(full, site, 6)
    matched_by(operator, manager=manager)
    proposal = run(commands.propose_routine_review, first.actor, "", coachee_id=operator.person.id)

    def give(by: Someone, to: Someone) -> None:
        (row,) = proposals(operator)
        reassign = commands.reassign_proposal
        run(reassign, by.actor, "", proposal.id, version=row.version, coach_id=to.person.id, reason="I am away")

    for to, sentence in ((full, "as much as a coach takes"), (manager, "cannot take this review"), (first, "already")):
        with pytest.raises(NotAllowed, match=sentence):
            give(first, to)
    with pytest.raises(NotFound):
        give(second, second)
    give(first, second)
    assert proposals(operator)[0].coach_id == second.person.id
    with pytest.raises(NotFound):
        give(first, second)
    # whoever answers for the site may overload somebody, but never with a conflict
    lead = someone(Role.SITE_LEAD, site)
    with pytest.raises(NotAllowed, match="cannot take this review"):
        give(lead, manager)
    give(lead, full)
    assert proposals(operator)[0].coach_id == full.person.id


def test_the_open_proposals_of_a_coach_who_left_the_role_find_another_one_at_night(app: Flask) -> None:
    site = a_site()
    operator, lead = someone(Role.OPERATOR, site), someone(Role.SITE_LEAD, site)
    leaver = someone(Role.COACH, site)
    run(commands.propose_routine_review, leaver.actor, "", coachee_id=operator.person.id)
    role = db.session.scalars(
        select(RoleAssignment).where(RoleAssignment.person_id == leaver.person.id, RoleAssignment.role == Role.COACH)
    ).one()
    yesterday = today() - timedelta(days=1)
    run(identity.end_role, INSTALLER, "", role.id, person_id=leaver.person.id, on=yesterday)
    run(propose_due_reviews, INSTALLER, "", site_ids=[str(site.id)])
    assert proposals(operator)[0].coach_id is None
    assert told(lead) == ["review_without_coach"]
    run(propose_due_reviews, INSTALLER, "", site_ids=[str(site.id)])
    assert told(lead) == ["review_without_coach"]
    follower = someone(Role.COACH, site)
    run(propose_due_reviews, INSTALLER, "", site_ids=[str(site.id)])
    assert proposals(operator)[0].coach_id == follower.person.id
    assert told(follower) == ["review_proposed"]


def test_a_coach_keeps_their_own_profile_and_an_administrator_anybodys_at_their_site(app: Flask, sign_in) -> None:
    site = a_site()
    coach, admin = someone(Role.COACH, site), someone(Role.ADMINISTRATOR, site)
    operator, stranger = someone(Role.OPERATOR, site), someone(Role.OPERATOR, a_site("BBB"))
    own = {"share": "part", "languages": ["de", "en"], "subjects": ["transduction"]}
    assert sign_in(coach).post("/reviews/profile", data=own).status_code == 302
    kept = db.session.scalars(select(CoachingProfile)).one()
    assert (kept.share, kept.languages, kept.subjects) == ("part", "de en", "transduction")
    browser = sign_in(admin)
    assert "checked> German" in browser.get(f"/people/{coach.person.id}/coaching").get_data(as_text=True)
    named = {"share": "full", "languages": ["en"], "line_manager": str(coach.person.id)}
    assert browser.post(f"/people/{operator.person.id}/coaching", data=named).status_code == 302
    wrong = browser.post(f"/people/{operator.person.id}/coaching", data={**named, "languages": ["xx"]})
    assert wrong.status_code == 422
    assert browser.get(f"/people/{stranger.person.id}/coaching").status_code == 404
    assert browser.post(f"/people/{stranger.person.id}/coaching", data=named).status_code == 404
    with pytest.raises(NotFound):
        run(keep_coaching_profile, coach.actor, "", operator.person.id, share="full", languages=[], subjects=[])


def test_naming_somebody_later_does_not_make_a_coach_with_a_part_in_it_keep_it_silently(app: Flask) -> None:
    site = a_site()
    qa, operator = someone(Role.QA, everywhere=True), someone(Role.OPERATOR, site)
    coach = someone(Role.COACH, site)
    deviation_id = a_deviation(operator, people=(operator.person.id,))
    triage(qa, deviation_id)
    run(commands.propose_review, qa.actor, "", deviation_id, coachee_id=operator.person.id)
    assert proposals(operator)[0].coach_id == coach.person.id
    run(name_person_involved, qa.actor, "", deviation_id, person_id=coach.person.id)
    with pytest.raises(NotAllowed, match="part in this deviation"):
        run(commands.accept_proposal, coach.actor, "", proposals(operator)[0].id)
    assert proposals(operator)[0].state == "open"
