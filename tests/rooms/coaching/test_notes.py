"""Notes of a review: shared, the coach's, the operator's own. Kept in the query layer, whoever asks, and in the trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from coaching.notes import commands
from coaching.notes.models import ReviewNote
from coaching.notes.queries import notes_of
from coaching.reviews.models import CoachingReview
from lms.extensions import db
from lms.permissions import Permission, Role
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import Work, run
from tests.factories.follow_up import Circle, a_closed_circle, an_accepted_circle
from tests.factories.people import INSTALLER, Someone, a_site, someone

SHARED, COACHS, OWN = "SHARED words of both", "PRIVATE words of the coach", "PRIVATE words of the operator"


def _hand_over(work: Work, review_id: UUID, coach_id: UUID) -> None:
    db.session.get_one(CoachingReview, review_id).coach_id = coach_id


_hand_over.needs = Permission.SYSTEM_RUN  # type: ignore[attr-defined]
_hand_over.action = "tests.hand_over"  # type: ignore[attr-defined]


def write(by: Someone, circle: Circle, text: str, readers: str) -> ReviewNote:
    return run(commands.write_note, by.actor, "", circle.review_id, text=text, readers=readers)


@pytest.fixture
def circle(app: Flask) -> Circle:
    made = a_closed_circle()
    write(made.coach, made, SHARED, "shared")
    write(made.coach, made, COACHS, "coach")
    write(made.operator, made, OWN, "own")
    return made


def test_each_of_the_two_reads_what_is_shared_and_their_own(circle: Circle) -> None:
    assert [note.text for note in notes_of(circle.coach.actor, circle.review_id).rows] == [SHARED, COACHS]
    assert [note.text for note in notes_of(circle.operator.actor, circle.review_id).rows] == [SHARED, OWN]


@pytest.mark.parametrize("role", list(Role))
def test_nobody_else_reads_a_note_by_query_or_on_any_page_whatever_their_role(
    app: Flask, circle: Circle, sign_in: Any, role: Role
) -> None:
    """QA, site lead, administrator, inspector, another coach, another operator, and everybody else, also network-wide."""
    for reader in (someone(role), someone(role, a_site("BBB"), everywhere=True)):
        with pytest.raises(NotFound):
            notes_of(reader.actor, circle.review_id)
        browser = sign_in(reader)
        trail = f"/trail?record=coaching_review&id={circle.review_id}"
        for path in (f"/reviews/{circle.review_id}/notes", f"/reviews/{circle.review_id}", "/reviews/overview",
                     "/reviews/overview/list.csv", "/system-actions", "/trail", "/trail?record=review_note", trail):  # fmt: skip
            answer = browser.get(path)
            text = answer.get_data(as_text=True)
            assert answer.status_code < 500
            for secret in (SHARED, COACHS, OWN, "SECRET"):
                assert secret not in text, (role, path)


def test_the_other_of_the_two_does_not_get_a_private_note_on_the_page(circle: Circle, sign_in: Any) -> None:
    pages = {
        who: sign_in(getattr(circle, who)).get(f"/reviews/{circle.review_id}/notes").get_data(as_text=True)
        for who in ("coach", "operator")
    }
    assert COACHS in pages["coach"]
    assert OWN not in pages["coach"]
    assert OWN in pages["operator"]
    assert COACHS not in pages["operator"]
    assert all(SHARED in page for page in pages.values())


def test_a_note_of_a_coach_stays_theirs_when_another_takes_over(circle: Circle) -> None:
    """Private means its writer, never whoever coaches now."""
    other = someone(Role.COACH)
    run(_hand_over, INSTALLER, "test", circle.review_id, other.person.id)  # type: ignore[arg-type]
    assert [note.text for note in notes_of(other.actor, circle.review_id).rows] == [SHARED]


def test_who_reads_a_note_is_never_changed(circle: Circle) -> None:
    note = db.session.scalars(select(ReviewNote).where(ReviewNote.text == COACHS)).one()
    run(commands.rewrite_note, circle.coach.actor, "", note.id, version=note.version, text="put right")
    stored = db.session.get_one(ReviewNote, note.id, populate_existing=True)
    assert (stored.text, stored.readers) == ("put right", "coach")
    with pytest.raises(StaleForm):
        run(commands.rewrite_note, circle.coach.actor, "", note.id, version=1, text="again")
    with pytest.raises(NotFound):
        run(commands.rewrite_note, circle.operator.actor, "", note.id, version=stored.version, text="mine")


def test_the_rule_is_shown_before_the_review_is_booked(app: Flask, sign_in: Any) -> None:
    circle = an_accepted_circle()
    for who in (circle.coach, circle.operator):
        page = sign_in(who).get(f"/reviews/{circle.review_id}/notes").get_data(as_text=True)
        assert "no other coach, QA, site lead, administrator or inspector reads it" in page


def test_what_a_page_refuses_stays_typed(circle: Circle, sign_in: Any) -> None:
    browser = sign_in(circle.operator)
    path = f"/reviews/{circle.review_id}/notes"
    refused = browser.post(path, data={"text": "For the coach alone?", "readers": "coach"})
    assert refused.status_code == 422
    assert "For the coach alone?" in refused.get_data(as_text=True)
    assert browser.post(path, data={"text": "Mine", "readers": "own"}).status_code == 302
    with pytest.raises(NotAllowed, match="Write the note"):
        write(circle.operator, circle, "  ", "own")
