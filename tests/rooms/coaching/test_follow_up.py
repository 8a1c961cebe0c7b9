"""The follow-up: booked by itself at the first time both have, verified with evidence, and the clock that stands."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from behavior_metrics.accountability.queries import kept_by_team
from behavior_metrics.frames.quarters import Quarter, Window
from coaching.follow_up import commands
from coaching.home.queries import plate
from coaching.reviews.models import CoachingReview
from coaching.scheduling.models import BookedQuarter, BusyTime
from coaching.workspace.panels import reminders
from coaching.workspace.queries import review_page
from lms import clock
from lms.calendars.commands import note_holidays
from lms.exposure.commands import record_batch
from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.times import local_day, start_of_day
from tests.factories.assessments import plant
from tests.factories.deviations import a_batch, classified, triage
from tests.factories.follow_up import Circle, a_closed_circle, an_accepted_circle, close, hold, verify
from tests.factories.people import a_site, someone

#: A Wednesday, 13:30 in Berlin; 30 days later it is Friday 2 April 2027.
HELD = datetime(2027, 3, 3, 12, 30, tzinfo=UTC)
ZONE = "Europe/Berlin"
DAY_30 = date(2027, 4, 2)


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_clock(HELD)
    return set_clock


def leave(person: Any, first: date, last: date) -> None:
    """Note a leave from a day until a day."""
    plant(BusyTime(person_id=person.person.id, starts_at=start_of_day(first, ZONE),
                   ends_at=start_of_day(last + timedelta(days=1), ZONE), kind="leave"))  # fmt: skip


def booked_on(circle: Circle) -> date | None:
    starts_at = circle.meeting.starts_at
    return local_day(starts_at, ZONE) if starts_at else None


def ask(circle: Circle, index: int = 0, waits_on: str = "SECRET the simulator is booked out") -> None:
    run(commands.ask_to_wait, circle.operator.actor, "", circle.commitments[index].id, review_id=circle.review_id,
        waits_on=waits_on)  # fmt: skip


def answer(circle: Circle, index: int = 0, *, accepted: bool = True, refusal: str = "") -> None:
    run(commands.decide_wait, circle.coach.actor, "", circle.commitments[index].id, review_id=circle.review_id,
        accepted=accepted, refusal=refusal)  # fmt: skip


# -- booked by itself --------------------------------------------------------------------------------------------------


def test_a_holiday_on_day_30_moves_it_to_the_next_working_day(app: Flask, it_is: Any) -> None:
    circle = an_accepted_circle()
    run(note_holidays, circle.qa.actor, "test", a_site().id, holidays={DAY_30: "Day of the site"})
    hold(circle)
    close(circle)
    assert booked_on(circle) == date(2027, 4, 5)


def test_a_long_row_of_holidays_is_passed_over(app: Flask, it_is: Any) -> None:
    """More free slots lie on the holidays than are looked at at once."""
    circle = an_accepted_circle()
    shut = {DAY_30 + timedelta(days=days): "Shut-down" for days in range(8)}
    run(note_holidays, circle.qa.actor, "test", a_site().id, holidays=shut)
    hold(circle)
    close(circle)
    assert booked_on(circle) == date(2027, 4, 12)


def test_a_leave_moves_it_to_the_first_day_that_both_have(app: Flask, it_is: Any) -> None:
    circle = an_accepted_circle()
    leave(circle.operator, DAY_30, date(2027, 4, 6))
    leave(circle.coach, date(2027, 4, 7), date(2027, 4, 7))
    hold(circle)
    close(circle)
    assert booked_on(circle) == date(2027, 4, 8)


def test_without_any_time_in_common_the_coach_is_told_so_and_finds_one(app: Flask, it_is: Any, sign_in: Any) -> None:
    circle = an_accepted_circle()
    leave(circle.operator, date(2027, 4, 1), date(2027, 4, 20))
    hold(circle)
    close(circle)
    assert booked_on(circle) is None
    told = select(Notification.sentence).where(Notification.person_id == circle.coach.person.id)
    assert "follow_up_not_found" in set(db.session.scalars(told))
    todo = plate(circle.coach.actor, clock.now()).follow_ups
    assert [(row.id, row.to_book) for row in todo] == [(circle.review_id, True)]
    coach = sign_in(circle.coach)
    assert "Find a time to follow up with Chidi Obi" in coach.get("/").get_data(as_text=True)
    offered = coach.get(f"/reviews/{circle.review_id}/follow-up").get_data(as_text=True)
    first = datetime(2027, 4, 21, 6, 0, tzinfo=UTC)
    assert first.isoformat() in offered
    assert (
        coach.post(f"/reviews/{circle.review_id}/follow-up", data={"starts_at": first.isoformat()}).status_code == 302
    )
    assert booked_on(circle) == date(2027, 4, 21)
    assert plate(circle.coach.actor, clock.now()).follow_ups == []


def test_two_reviews_of_one_coach_are_never_followed_up_at_the_same_time(app: Flask, it_is: Any) -> None:
    first = a_closed_circle()
    second = an_accepted_circle(about_deviation=False)
    # the same coach and operator again
    second = Circle(first.coach, first.operator, first.lead, first.qa, second.review_id, None)
    run(_give_to, _system(), "test", second.review_id, first.coach.person.id, first.operator.person.id)
    hold(second)
    close(second)
    one, two = first.meeting, second.meeting
    assert one.starts_at is not None
    assert two.starts_at is not None
    assert one.ends_at <= two.starts_at or two.ends_at <= one.starts_at


def test_either_of_the_two_moves_it_and_nobody_else_and_not_onto_something_else(app: Flask, it_is: Any) -> None:
    circle = a_closed_circle()
    leave(circle.coach, date(2027, 4, 6), date(2027, 4, 6))
    free, taken = datetime(2027, 4, 7, 8, 0, tzinfo=UTC), datetime(2027, 4, 6, 8, 0, tzinfo=UTC)
    for person in (circle.qa, circle.lead, someone(Role.COACH)):
        with pytest.raises(NotFound):
            run(commands.move_follow_up, person.actor, "", circle.review_id, starts_at=free)
    with pytest.raises(NotAllowed, match="taken at that time"):
        run(commands.move_follow_up, circle.operator.actor, "", circle.review_id, starts_at=taken)
    with pytest.raises(NotAllowed, match="still to come"):
        run(commands.move_follow_up, circle.operator.actor, "", circle.review_id, starts_at=HELD - timedelta(hours=1))
    run(commands.move_follow_up, circle.operator.actor, "", circle.review_id, starts_at=free)
    # a quarter of an hour later: its own time is no obstacle
    run(commands.move_follow_up, circle.coach.actor, "", circle.review_id, starts_at=free + timedelta(minutes=15))
    spans = db.session.execute(select(BusyTime.starts_at).where(BusyTime.kind == "review")).scalars().all()
    assert spans == [free + timedelta(minutes=15)] * 2


def test_closed_early_it_gives_its_time_back(app: Flask, it_is: Any) -> None:
    circle = a_closed_circle()
    it_is(HELD + timedelta(days=20))
    verify(circle, 0, "kept", done_on=local_day(HELD, ZONE))
    verify(circle, 1, "obsolete", evidence="SOP v6 took the field away")
    run(commands.close_follow_up, circle.coach.actor, "", circle.review_id)
    assert circle.review.outcome == "kept"
    standing = select(BusyTime).where(BusyTime.kind == "review", BusyTime.struck_out_at.is_(None))
    assert [busy for busy in db.session.scalars(standing) if busy.ends_at > clock.now()] == []
    assert db.session.scalars(select(BookedQuarter).where(BookedQuarter.meeting_id == circle.meeting.id)).all() == []
    with pytest.raises(NotAllowed, match="is over"):
        run(commands.move_follow_up, circle.coach.actor, "", circle.review_id, starts_at=HELD + timedelta(days=31))


# -- verified with evidence --------------------------------------------------------------------------------------------


def test_nothing_is_verified_without_what_shows_it(app: Flask, it_is: Any, sign_in: Any) -> None:
    circle = a_closed_circle()
    with pytest.raises(NotAllowed, match="Say what shows it"):
        verify(circle, 0, "not_kept", evidence=" ")
    path = f"/reviews/{circle.review_id}/commitments/{circle.commitments[0].id}/verify"
    coach = sign_in(circle.coach)
    refused = coach.post(path, data={"state": "kept", "done_on": "2027-03-03", "evidence": ""})
    assert refused.status_code == 422
    assert "Say what shows it" in refused.get_data(as_text=True)
    later = {"state": "partly", "done_on": "2027-03-09", "evidence": "my long sentence"}
    again = coach.post(path, data=later)
    assert again.status_code == 422
    page = again.get_data(as_text=True)
    assert "cannot be done in the future" in page
    for typed in ('value="my long sentence"', 'value="2027-03-09"', 'selected value="partly"'):
        assert page.count(typed) == 1, typed
    given = {"state": "kept", "done_on": "2027-03-03", "evidence_link": f"/observations/{circle.review_id}"}
    assert coach.post(path, data=given).status_code == 302
    assert f'href="/observations/{circle.review_id}"' in coach.get(f"/reviews/{circle.review_id}").get_data(
        as_text=True
    )


def test_the_summary_of_a_refused_form_leads_to_the_field_of_that_commitment(
    app: Flask, it_is: Any, sign_in: Any
) -> None:
    circle = a_closed_circle()
    second = circle.commitments[1].id
    path = f"/reviews/{circle.review_id}/commitments/{second}"
    it_is(HELD + timedelta(days=4))
    run(
        commands.ask_to_wait, circle.operator.actor, "", second, review_id=circle.review_id, waits_on="the new cassette"
    )
    coach, operator = sign_in(circle.coach), sign_in(circle.operator)
    for client, act, data, field in (
        (coach, "verify", {"state": "kept", "done_on": "2027-03-03", "evidence": ""}, "evidence"),
        (coach, "verify", {"state": "kept", "done_on": "2027-12-24", "evidence": "seen"}, "done_on"),
        (coach, "wait/decide", {"accepted": "0", "refusal": ""}, "refusal"),
        (operator, "done", {"done_on": ""}, "done_on"),
    ):
        refused = client.post(f"{path}/{act}", data=data)
        assert refused.status_code == 422, act
        page = refused.get_data(as_text=True)
        assert re.findall(r'<li><a href="#([^"]+)"', page) == [f"{field}-{second}"], act
        assert page.count(f' id="{field}-{second}"') == 1, act
        assert page.count(f'id="{field}-{second}-error"') == page.count('class="field-error"') == 1, act


# -- the clock stands --------------------------------------------------------------------------------------------------


def test_days_waited_do_not_count_once_the_coach_accepts(app: Flask, it_is: Any) -> None:
    circle = a_closed_circle()
    due = circle.commitments[0].due_on
    it_is(HELD + timedelta(days=4))
    ask(circle)
    it_is(HELD + timedelta(days=6))
    answer(circle)
    assert circle.commitments[0].clock_stopped_on == local_day(HELD, ZONE) + timedelta(days=4)
    it_is(HELD + timedelta(days=40))
    page = review_page(circle.operator.actor, circle.review_id, clock.now())
    assert [c.is_overdue(local_day(clock.now(), ZONE)) for c in page.commitments] == [False, True]
    run(commands.go_on, circle.operator.actor, "", circle.commitments[0].id, review_id=circle.review_id)
    assert (circle.commitments[0].due_on, circle.commitments[0].due_with_waits) == (due, due + timedelta(days=36))


def test_a_wait_that_is_refused_or_not_answered_moves_nothing(app: Flask, it_is: Any) -> None:
    circle = a_closed_circle()
    ask(circle)
    with pytest.raises(NotAllowed, match="Say why"):
        answer(circle, accepted=False)
    answer(circle, accepted=False, refusal="You can ask Sofie for the key today.")
    ask(circle, 1)
    it_is(HELD + timedelta(days=10))
    run(commands.go_on, circle.coach.actor, "", circle.commitments[1].id, review_id=circle.review_id)
    assert [(c.clock_stopped_on, c.due_with_waits) for c in circle.commitments] == [(None, None)] * 2


def test_only_its_owner_asks_and_only_the_coach_answers(app: Flask, it_is: Any) -> None:
    circle = a_closed_circle()
    commitment_id = circle.commitments[0].id
    stranger, other_coach = someone(Role.OPERATOR), someone(Role.COACH)
    with pytest.raises(NotFound):
        run(commands.ask_to_wait, stranger.actor, "", commitment_id, review_id=circle.review_id, waits_on="x")
    ask(circle)
    with pytest.raises(NotFound):
        run(commands.decide_wait, other_coach.actor, "", commitment_id, review_id=circle.review_id, accepted=True)
    with pytest.raises(NotAllowed, match="said already"):
        ask(circle)


def test_what_is_done_and_looked_at_waits_no_longer(app: Flask, it_is: Any) -> None:
    circle = a_closed_circle()
    ask(circle)
    answer(circle)
    it_is(HELD + timedelta(days=20))
    verify(circle, 0, "kept", done_on=local_day(clock.now(), ZONE))
    commitment = circle.commitments[0]
    assert commitment.clock_stopped_on is None
    assert commitment.due_with_waits == commitment.due_on + timedelta(days=20)
    assert commitment.done_on <= commitment.due_with_waits


def test_follow_through_counts_with_the_stopped_clock(app: Flask, it_is: Any) -> None:
    """Due in March; one waits into April: it is not due while it waits, and kept in time by the day that counts."""
    circle = a_closed_circle()
    team = circle.review.team_id
    reader = someone(Role.QA, everywhere=True).actor
    q1, q2 = Quarter.of(date(2027, 3, 1)), Quarter.of(date(2027, 4, 1))
    ask(circle)
    answer(circle)

    def counted() -> dict[Quarter, tuple[int, int]]:
        window = Window.until([local_day(clock.now(), ZONE)], 2)
        return {when: (k.due, k.kept) for (which, when), k in kept_by_team(reader, window).items() if which == team}

    it_is(HELD + timedelta(days=35))
    assert counted() == {q1: (1, 0)}
    verify(circle, 0, "kept", done_on=local_day(clock.now(), ZONE))
    verify(circle, 1, "not_kept", evidence="no run took place")
    it_is(HELD + timedelta(days=60))
    assert counted() == {q1: (1, 0), q2: (1, 1)}


def test_whoever_is_to_act_is_reminded_and_nobody_while_it_waits(app: Flask, it_is: Any) -> None:
    circle = a_closed_circle()
    due = circle.commitments[0].due_on

    def reminded(on: date) -> dict[str, set[str]]:
        names = {circle.coach.person.id: "coach", circle.operator.person.id: "operator"}
        found: dict[str, set[str]] = {"coach": set(), "operator": set()}
        for reminder in reminders(on=on):
            found[names[reminder.person_id]].add(str(reminder.text))
        return found

    assert reminded(due - timedelta(days=4)) == {"coach": set(), "operator": set()}
    assert reminded(due - timedelta(days=3))["operator"] == {"A commitment of your review is due."}
    assert reminded(due + timedelta(days=1))["operator"] == {"A commitment of your review is overdue."}
    ask(circle, 0)
    ask(circle, 1)
    assert reminded(due)["coach"] == {"A commitment waits on others. Accept it, or say why not."}
    answer(circle, 0)
    answer(circle, 1)
    assert reminded(due + timedelta(days=1)) == {"coach": set(), "operator": set()}
    tomorrow = "The follow-up of a review is tomorrow."
    assert reminded(DAY_30 - timedelta(days=1)) == {"coach": {tomorrow}, "operator": {tomorrow}}
    assert reminded(DAY_30)["coach"] == {"The follow-up of a review is today."}
    assert reminded(DAY_30 + timedelta(days=3))["coach"] == {"The follow-up of a review is not recorded yet."}


# -- did it help? ------------------------------------------------------------------------------------------------------


def batches(circle: Circle, number: int, started_on: date, product: str = "CAR-T A") -> None:
    site = a_site()
    for _ in range(number):
        batches.made += 1  # type: ignore[attr-defined]
        run(record_batch, circle.qa.actor, "test", site_id=site.id, number=f"E-{batches.made}", product=product,  # type: ignore[attr-defined]
            started_on=started_on, team_id=None)  # fmt: skip


batches.made = 0  # type: ignore[attr-defined]


def verdict(circle: Circle) -> str:
    effect = review_page(circle.coach.actor, circle.review_id, clock.now()).effect
    assert effect is not None
    return str(effect.verdict)


def test_so_many_batches_without_the_same_deviation_show_that_it_helped(app: Flask, it_is: Any) -> None:
    circle = a_closed_circle(clean_batches=3)
    batches(circle, 5, local_day(HELD, ZONE))  # of the day of closing: they do not count
    it_is(HELD + timedelta(days=10))
    batches(circle, 2, local_day(HELD, ZONE) + timedelta(days=1))
    assert verdict(circle) == "cannot_tell"
    batches(circle, 1, local_day(HELD, ZONE) + timedelta(days=2))
    assert verdict(circle) == "effective"


def test_a_batch_of_another_product_is_no_execution_of_its_step(app: Flask, it_is: Any, sign_in: Any) -> None:
    circle, unknown = a_closed_circle(clean_batches=2), a_closed_circle(clean_batches=2)
    made = a_batch(circle.qa, "E-0", product="CAR-T B")
    assert circle.deviation_id is not None
    triage(circle.qa, circle.deviation_id, batch_id=made.id)
    it_is(HELD + timedelta(days=10))
    batches(circle, 5, local_day(HELD, ZONE) + timedelta(days=1))
    assert (verdict(circle), verdict(unknown)) == ("cannot_tell", "effective")
    told = sign_in(circle.coach).get(f"/reviews/{circle.review_id}").get_data(as_text=True)
    assert "Not come back in 0 batches" in told
    assert "batches of CAR-T B at this site" in told
    told = sign_in(unknown.coach).get(f"/reviews/{unknown.review_id}").get_data(as_text=True)
    assert "Not come back in 5 batches" in told
    assert "every batch of this site, since the record names no batch" in told
    batches(circle, 2, local_day(HELD, ZONE) + timedelta(days=2), "CAR-T B")
    assert verdict(circle) == "effective"


def test_the_same_deviation_again_shows_that_it_did_not(app: Flask, it_is: Any, sign_in: Any) -> None:
    circle = a_closed_circle(clean_batches=1, clean_days=30)
    it_is(HELD + timedelta(days=10))
    batches(circle, 4, local_day(HELD, ZONE) + timedelta(days=2))
    classified(circle.operator, circle.qa, days_ago=3, category="documentation")
    assert verdict(circle) == "effective"
    classified(circle.operator, circle.qa, days_ago=3)
    assert verdict(circle) == "not_effective"
    page = sign_in(circle.qa).get("/reviews/overview").get_data(as_text=True)
    assert "Not effective" in page


def test_a_routine_review_declares_nothing(app: Flask, it_is: Any) -> None:
    circle = an_accepted_circle(about_deviation=False)
    hold(circle)
    with pytest.raises(NotAllowed, match="Only a review about a deviation"):
        close(circle, clean_days=30)


def _give_to(work: Any, review_id: Any, coach_id: Any, coachee_id: Any) -> None:
    review = db.session.get_one(CoachingReview, review_id)
    review.coach_id, review.coachee_id = coach_id, coachee_id


def _system() -> Any:
    from lms.permissions import Permission
    from tests.factories.people import INSTALLER

    _give_to.needs, _give_to.action = Permission.SYSTEM_RUN, "tests.give_to"  # type: ignore[attr-defined]
    return INSTALLER
