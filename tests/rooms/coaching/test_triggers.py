"""Rules that are data: tried on history before they change, proposing once for each occasion, decided on by a human."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from assessments.observations import commands as observations
from assessments.qualifications.commands import lift_suspension, suspend
from coaching.occasions.rules import Trigger
from coaching.scheduling import commands as scheduling
from coaching.scheduling.models import BusyTime
from coaching.triggers import commands, queries
from coaching.triggers.jobs import look_for_due_reviews, propose_due_reviews
from coaching.triggers.models import ProposalState
from coaching.triggers.rules import due_on
from lms import clock
from lms.calendars.commands import note_holidays
from lms.deviations.commands import name_person_involved
from lms.extensions import db
from lms.identity.leaving import record_leaving
from lms.outbox.models import OutboxMessage
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import replay, run, run_follow_up
from lms.web.times import local_day
from tests.factories.assessments import a_checklist, a_quiz, a_world, an_assignment, plant
from tests.factories.coaching import a_closed_review, an_accepted_review, next_free_slot
from tests.factories.deviations import a_deviation, triage
from tests.factories.people import INSTALLER, a_site, someone, today
from tests.factories.triggers import a_failed_attempt, joined, night, proposals, qualified, switch_on

# -- what happens ------------------------------------------------------------------------------------------------------


def test_as_delivered_nothing_but_a_recurrence_proposes(app: Flask) -> None:
    site = a_site()
    qa, operator = someone(Role.QA, everywhere=True), someone(Role.OPERATOR, site)
    someone(Role.COACH, site)
    triage(qa, a_deviation(operator, people=(operator.person.id,)), severity="critical")
    assert night(site) == 0
    assert proposals() == []


def test_a_severe_deviation_and_a_good_catch_propose_with_their_reason_once(app: Flask, sign_in) -> None:
    site = a_site()
    qa, operator, coach = someone(Role.QA, everywhere=True), someone(Role.OPERATOR, site), someone(Role.COACH, site)
    switch_on(Trigger.SEVERE_DEVIATION)
    switch_on(Trigger.GOOD_CATCH)
    severe = a_deviation(operator, people=(operator.person.id,))
    triage(qa, severe, severity="major")
    triage(qa, severe, severity="critical")
    catch = a_deviation(operator)
    triage(qa, catch, kind="good_catch", severity="minor")
    nobody_named = a_deviation(operator, days_ago=3)
    triage(qa, nobody_named, severity="major")
    found = proposals(operator)
    assert [(one.trigger, one.deviation_id, one.due_on) for one in found] == [
        ("severe_deviation", severe, due_on(today(), 5)),
        ("good_catch", catch, due_on(today(), 10)),
    ]
    page = sign_in(coach).get(f"/reviews/proposals/{found[0].id}").get_data(as_text=True)
    assert "was classified as" in page
    assert "The rule that proposed it" in page


def test_somebody_named_after_the_classification_is_proposed_then(app: Flask) -> None:
    site = a_site()
    qa, operator = someone(Role.QA, everywhere=True), someone(Role.OPERATOR, site)
    switch_on(Trigger.SEVERE_DEVIATION)
    deviation_id = a_deviation(operator)
    triage(qa, deviation_id)
    assert proposals() == []
    run(name_person_involved, qa.actor, "", deviation_id, person_id=operator.person.id)
    assert [(one.coachee_id, one.deviation_id) for one in proposals()] == [(operator.person.id, deviation_id)]


def test_the_due_day_leaves_out_the_holidays_of_the_site(app: Flask) -> None:
    site = a_site()
    qa, operator = someone(Role.QA, everywhere=True), someone(Role.OPERATOR, site)
    holiday = due_on(today(), 3)
    run(note_holidays, qa.actor, "", site.id, holidays={holiday: "Founders' day"})
    switch_on(Trigger.SEVERE_DEVIATION)
    triage(qa, a_deviation(operator, people=(operator.person.id,)))
    assert proposals(operator)[0].due_on == due_on(today(), 6)


def test_a_failed_check_proposes_within_three_working_days_and_cools_down(app: Flask) -> None:
    world = a_world()
    a_quiz(world)
    operator = someone(Role.OPERATOR, world.site)
    switch_on(Trigger.ASSESSMENT, cool_down_days=14)
    assignment = an_assignment(world, operator)
    attempt_id = a_failed_attempt(world, operator, assignment)
    (proposal,) = proposals(operator)
    assert (proposal.trigger, proposal.due_on) == ("assessment_failed", due_on(today(), 3))
    assert proposal.evidence is not None
    assert (proposal.evidence["record"], proposal.evidence["locked"]) == (str(attempt_id), False)
    a_failed_attempt(world, operator, assignment)
    assert len(proposals(operator)) == 1


def test_the_last_attempt_is_told_as_locked_whatever_attempt_the_rule_begins_with(app: Flask) -> None:
    world = a_world()
    a_quiz(world)
    operator = someone(Role.OPERATOR, world.site)
    switch_on(Trigger.ASSESSMENT, failures=10)
    assignment = an_assignment(world, operator)
    a_failed_attempt(world, operator, assignment)
    assert proposals(operator) == []
    a_failed_attempt(world, operator, assignment)
    (proposal,) = proposals(operator)
    assert proposal.evidence is not None
    assert (proposal.evidence["attempt"], proposal.evidence["locked"]) == (2, True)


def test_an_observed_run_that_did_not_pass_proposes_and_one_that_did_does_not(app: Flask) -> None:
    world = a_world()
    a_checklist(world)
    assessor = someone(Role.ASSESSOR, world.site)
    switch_on(Trigger.OBSERVATION)
    for shown, expected in (("yes", 0), ("no", 1)):
        operator = someone(Role.OPERATOR, world.site)
        from tests.factories.assessments import completed

        completed(world, operator, clock.now() - timedelta(days=30))
        begun = run(
            observations.begin_observation,
            assessor.actor,
            "",
            trainee_id=operator.person.id,
            task_id=world.task_id,
            site_id=world.site.id,
            observed_at=clock.now() - timedelta(hours=1),
            batch="training run",
        )
        marks = {"1": {"shown": shown, "note": "the bag was not checked"}, "2": {"shown": "yes", "note": ""}}
        run(
            observations.record_observation,
            assessor.signing,
            "",
            begun.id,
            version=begun.version,
            marks=marks,
            remarks="",
            batch="training run",
        )
        assert [one.trigger for one in proposals(operator)] == ["observation_failed"] * expected


def test_somebody_who_has_left_is_not_proposed(app: Flask) -> None:
    site = a_site()
    qa, operator = someone(Role.QA, everywhere=True), someone(Role.OPERATOR, site)
    deviation_id = a_deviation(operator, people=(operator.person.id,))
    run(record_leaving, INSTALLER, "", operator.person.id, on=today())
    switch_on(Trigger.SEVERE_DEVIATION)
    triage(qa, deviation_id)
    assert proposals() == []


# -- what time brings --------------------------------------------------------------------------------------------------


def test_a_starter_is_proposed_each_week_until_signed_off_and_a_second_night_changes_nothing(app: Flask) -> None:
    world = a_world()
    starter, qualified_one = joined(world.site, days_ago=8), joined(world.site, days_ago=8)
    someone(Role.OPERATOR, world.site)  # joined long ago
    qualified(qualified_one, world.task_id, days_ago=2)
    switch_on(Trigger.STARTER)
    assert night(world.site) == 1
    assert night(world.site) == 0
    (proposal,) = proposals()
    assert (proposal.coachee_id, proposal.trigger) == (starter.person.id, "new_starter")
    assert proposal.evidence is not None
    assert proposal.evidence["number"] == 1


def test_an_occasion_is_proposed_once_however_short_the_cool_down_also_after_it_was_declined(app: Flask) -> None:
    world, coach = a_world(), someone(Role.COACH, a_site())
    starter = joined(world.site, days_ago=8)
    switch_on(Trigger.STARTER, cool_down_days=0)
    assert night(world.site) == 1
    run(commands.decline_proposal, coach.actor, "", proposals(starter)[0].id, reason="we meet at the bench every day")
    assert night(world.site) == 0
    assert len(proposals()) == 1


def test_a_review_that_is_planned_already_needs_no_further_one(app: Flask) -> None:
    world = a_world()
    pair = an_accepted_review()
    qualified(pair.operator, world.task_id, days_ago=37)
    switch_on(Trigger.CADENCE, every_days=35)
    run(
        scheduling.schedule_review,
        pair.coach.actor,
        "",
        pair.review_id,
        starts_at=next_free_slot(pair),
        mode="video",
        place="",
    )
    assert night(a_site()) == 0
    run(scheduling.cancel_review, pair.coach.actor, "", pair.review_id, reason="ill")
    assert night(a_site()) == 1


def test_the_cadence_proposes_whoever_has_met_nobody_for_so_long(app: Flask) -> None:
    world = a_world()
    due, fresh, unqualified = (someone(Role.OPERATOR, world.site) for _ in range(3))
    qualified(due, world.task_id, days_ago=37)
    qualified(fresh, world.task_id, days_ago=20)
    switch_on(Trigger.CADENCE, every_days=35)
    assert night(world.site) == 1
    assert [one.coachee_id for one in proposals()] == [due.person.id]
    assert unqualified.person.id not in {one.coachee_id for one in proposals()}


def test_a_review_that_was_held_begins_the_cadence_anew(app: Flask) -> None:
    world = a_world()
    pair = a_closed_review()
    qualified(pair.operator, world.task_id, days_ago=37)
    switch_on(Trigger.CADENCE, every_days=35)
    assert night(a_site()) == 0


def test_a_return_is_proposed_before_the_next_run_and_a_short_absence_is_not(app: Flask) -> None:
    site = a_site()
    rp = someone(Role.RESPONSIBLE_PERSON, everywhere=True)
    long_away, short_away = someone(Role.OPERATOR, site), someone(Role.OPERATOR, site)
    for person, days in ((long_away, 40), (short_away, 10)):
        with replay() as day:
            pause = day.run(
                suspend,
                rp.actor,
                clock.now() - timedelta(days=days),
                "",
                person_id=person.person.id,
                site_id=site.id,
                task_id=None,
                kind="absence",
                reason="away for a long time",
            )
        run(lift_suspension, rp.actor, "", pause.id, reason="back at work again")
    switch_on(Trigger.RETURN)
    assert night(site) == 1
    (proposal,) = proposals()
    assert (proposal.coachee_id, proposal.trigger) == (long_away.person.id, "return")
    assert proposal.evidence is not None
    # days at the site: between an evening and an evening a clock change can lie, and a day less
    begun, now = (local_day(clock.now() - timedelta(days=days), site.zone) for days in (40, 0))
    assert proposal.evidence["days"] == (now - begun).days


def test_a_long_leave_in_the_diary_counts_as_an_absence(app: Flask) -> None:
    site = a_site()
    operator = someone(Role.OPERATOR, site)
    now = clock.now()
    plant(
        BusyTime(
            person_id=operator.person.id,
            starts_at=now - timedelta(days=45),
            ends_at=now - timedelta(days=1),
            kind="leave",
        )
    )
    switch_on(Trigger.RETURN)
    assert night(site) == 1


def test_the_nightly_look_is_cut_into_parts_and_each_runs_once(app: Flask) -> None:
    world = a_world()
    joined(world.site, days_ago=8)
    joined(a_site("BBB"), days_ago=8)
    switch_on(Trigger.STARTER)
    assert "2 sites" in run(look_for_due_reviews, INSTALLER, "")
    parts = db.session.scalars(select(OutboxMessage.id).where(OutboxMessage.kind == "command")).all()
    assert len(parts) == 1
    for part in [*parts, *parts]:
        run_follow_up(part)
    assert len(proposals()) == 2


def test_two_schedulers_that_look_at_once_propose_an_occasion_once(app: Flask) -> None:
    world = a_world()
    joined(world.site, days_ago=8)
    switch_on(Trigger.STARTER)
    site_id = str(world.site.id)
    db.session.rollback()
    barrier = threading.Barrier(2)

    def look() -> None:
        with app.app_context():
            barrier.wait()
            try:
                run(propose_due_reviews, INSTALLER, "", site_ids=[site_id])
            except Exception:  # noqa: BLE001 - the outbox tries again; what counts is what is stored
                db.session.rollback()
            finally:
                db.session.remove()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(proposals()) == 1


# -- deciding ----------------------------------------------------------------------------------------------------------


def test_a_proposal_is_taken_into_a_review_of_the_same_person_which_is_then_due_sooner(app: Flask, sign_in) -> None:
    site = a_site()
    qa, operator = someone(Role.QA, everywhere=True), someone(Role.OPERATOR, site)
    coach, other = someone(Role.COACH, site), someone(Role.OPERATOR, site)
    routine = run(commands.propose_routine_review, coach.actor, "", coachee_id=operator.person.id)
    review = run(commands.accept_proposal, coach.actor, "", routine.id)
    strangers = run(commands.propose_routine_review, coach.actor, "", coachee_id=other.person.id)
    switch_on(Trigger.SEVERE_DEVIATION)
    triage(qa, a_deviation(operator, people=(operator.person.id,)))
    severe = proposals(operator)[1]
    with pytest.raises(NotAllowed, match="same person"):
        run(commands.merge_proposal, coach.actor, "", severe.id, into_id=strangers.id)
    browser = sign_in(coach)
    address = f"/reviews/proposals/{severe.id}/merge"
    assert browser.post(address, data={}).status_code == 422
    assert browser.post(address, data={"into": str(routine.id)}).status_code == 302
    first, second = proposals(operator)
    assert (second.state, second.merged_into_id) == (ProposalState.MERGED, first.id)
    assert first.due_on == due_on(today(), 5)
    assert "Taken in:" in browser.get(f"/reviews/proposals/{routine.id}").get_data(as_text=True)
    assert review.id


def test_a_review_that_was_held_takes_nothing_in(app: Flask) -> None:
    pair = a_closed_review()
    again = run(commands.propose_routine_review, pair.coach.actor, "", coachee_id=pair.operator.person.id)
    closed = proposals(pair.operator)[0]
    with pytest.raises(NotAllowed, match="not held yet"):
        run(commands.merge_proposal, pair.coach.actor, "", again.id, into_id=closed.id)


def test_one_tap_after_closing_says_whether_it_was_useful_and_counts_for_the_rule_only(app: Flask, sign_in) -> None:
    pair = a_closed_review()
    browser = sign_in(pair.coach)
    assert "Was it useful" in browser.get(f"/reviews/{pair.review_id}").get_data(as_text=True)
    assert "Was it useful" not in sign_in(pair.operator).get(f"/reviews/{pair.review_id}").get_data(as_text=True)
    for word, useful in (("no", 0), ("yes", 1)):
        assert browser.post(f"/reviews/proposals/useful/{pair.review_id}", data={"useful": word}).status_code == 302
        worth = queries.worth_of_rules(pair.coach.actor)["routine"]
        assert (worth.taken_up, worth.useful, worth.not_useful) == (1, useful, 1 - useful)
    open_one = an_accepted_review()
    with pytest.raises(NotAllowed, match="once the review is closed"):
        run(commands.rate_proposal, open_one.coach.actor, "", open_one.review_id, useful=True)
    with pytest.raises(NotFound):
        run(commands.rate_proposal, open_one.coach.actor, "", pair.review_id, useful=True)


def test_a_proposal_of_another_coach_does_not_exist_for_me(app: Flask, sign_in) -> None:
    site = a_site()
    owner, stranger = someone(Role.COACH, site), someone(Role.COACH, site)
    operator = someone(Role.OPERATOR, site)
    proposal = run(commands.propose_routine_review, owner.actor, "", coachee_id=operator.person.id)
    browser = sign_in(stranger)
    for path in ("", "/coach"):
        assert browser.get(f"/reviews/proposals/{proposal.id}{path}").status_code == 404
    for path in ("/accept", "/merge", "/decline"):
        data = {"reason": "x", "into": str(proposal.id)}
        assert browser.post(f"/reviews/proposals/{proposal.id}{path}", data=data).status_code == 404
    assert sign_in(operator).get(f"/reviews/proposals/{proposal.id}/coach").status_code == 404
