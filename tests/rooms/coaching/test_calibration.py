"""Calibration: two coaches rate alone, compare once both have, and their agreement is between them."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from assessments.api import points_of
from coaching.calibration import commands
from coaching.calibration import queries as reading
from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.assessments import a_world, put_in_force
from tests.factories.people import Someone, a_site, someone

POINTS = 10


@pytest.fixture
def checklist(app: Flask) -> UUID:
    points = [(f"Shows thing {number}", False) for number in range(POINTS)]
    return put_in_force(code="CL-1", title="Hatch", task_id=a_world().task_id, points=points).id


@pytest.fixture
def two(app: Flask) -> tuple[Someone, Someone]:
    return someone(Role.COACH), someone(Role.COACH, a_site("BBB"), everywhere=True)


def asked(by: Someone, other: Someone, checklist: UUID) -> UUID:
    given = {"checklist_id": checklist, "second_id": other.person.id, "about": "training video 12"}
    return run(commands.ask_calibration, by.actor, "", **given).id


def marks(*different: int, usual: str = "shown", other: str = "prompted") -> dict[str, str]:
    return {str(n): other if n in different else ("mastered" if n % 2 else usual) for n in range(1, POINTS + 1)}


def rated(by: Someone, exercise_id: UUID, given: dict[str, str]) -> None:
    run(commands.rate_calibration, by.actor, "", exercise_id, marks=given)


def test_neither_sees_the_others_marks_before_both_are_in(
    two: tuple[Someone, Someone], checklist: UUID, sign_in: Any
) -> None:
    first, second = two
    exercise_id = asked(first, second, checklist)
    rated(first, exercise_id, marks(3))
    assert reading.exercise_page(second.actor, exercise_id).theirs == {}
    page = sign_in(second).get(f"/calibration/{exercise_id}").get_data(as_text=True)
    assert "checked" not in page
    rated(second, exercise_id, marks(4))
    for reader in two:
        found = reading.exercise_page(reader.actor, exercise_id)
        assert found.theirs != {}
        assert found.mine != found.theirs
    told = select(Notification.sentence).where(Notification.person_id == first.person.id)
    assert list(db.session.scalars(told)) == ["calibration_compared"]


def test_what_was_rated_alone_stays_and_every_point_has_a_mark(two: tuple[Someone, Someone], checklist: UUID) -> None:
    first, second = two
    exercise_id = asked(first, second, checklist)
    with pytest.raises(NotAllowed, match="every point a mark"):
        rated(first, exercise_id, {"1": "shown"})
    rated(first, exercise_id, marks())
    with pytest.raises(NotAllowed, match="rated this run already"):
        rated(first, exercise_id, marks(1))


def test_nobody_but_the_pair_reads_it_and_a_coach_of_other_sites_cannot_be_asked(
    two: tuple[Someone, Someone], checklist: UUID, sign_in: Any
) -> None:
    first, second = two
    exercise_id = asked(first, second, checklist)
    third = someone(Role.COACH)
    for other in (third, someone(Role.QA, everywhere=True), someone(Role.ADMINISTRATOR, everywhere=True)):
        with pytest.raises(NotFound):
            reading.exercise_page(other.actor, exercise_id)
        assert reading.exercises_of(other.actor) == []
    assert sign_in(third).get(f"/calibration/{exercise_id}").status_code == 404
    with pytest.raises(NotFound):
        rated(third, exercise_id, marks())
    elsewhere = someone(Role.COACH, a_site("CCC"))
    with pytest.raises(NotAllowed, match="another coach"):
        asked(first, elsewhere, checklist)


def test_the_marks_are_kept_back_in_the_trail(two: tuple[Someone, Someone], checklist: UUID, sign_in: Any) -> None:
    exercise_id = asked(*two, checklist)
    rated(two[0], exercise_id, marks(3))
    text = sign_in(someone(Role.QA, everywhere=True)).get("/trail?record=calibration_rating").get_data(as_text=True)
    assert "calibration" in text.lower()
    assert "mastered" not in text


def test_the_pair_is_told_its_agreement_from_thirty_points_on(
    two: tuple[Someone, Someone], checklist: UUID, sign_in: Any, queries: Any
) -> None:
    for number in range(2):
        exercise_id = asked(*two, checklist)
        rated(two[0], exercise_id, marks(1))
        rated(two[1], exercise_id, marks(1, 2 + number))
    browser = sign_in(two[1])
    assert "Cannot tell yet: 20 points compared, 30 are needed." in browser.get(f"/calibration/{exercise_id}").get_data(
        as_text=True
    )
    exercise_id = asked(two[1], two[0], checklist)
    rated(two[0], exercise_id, marks(1))
    rated(two[1], exercise_id, marks(1))
    with queries() as seen:
        text = browser.get(f"/calibration/{exercise_id}").get_data(as_text=True)
    assert len(seen) <= 6, seen
    assert re.search(r"Weighted kappa 0\.\d\d \(0\.\d\d to 1?0?\.\d\d\), from 30 points", text), text


def test_the_network_is_told_from_five_coaches_on_and_never_of_a_pair(
    two: tuple[Someone, Someone], checklist: UUID, sign_in: Any
) -> None:
    qa = sign_in(someone(Role.QA, everywhere=True))

    def compare(first: Someone, second: Someone) -> None:
        exercise_id = asked(first, second, checklist)
        rated(first, exercise_id, marks(1, 2))
        rated(second, exercise_id, marks(1))

    for _ in range(4):
        compare(*two)
    assert "so far 2 coaches have compared" in qa.get("/programme").get_data(as_text=True)
    others = [someone(Role.COACH) for _ in range(3)]
    for other in others:
        compare(two[0], other)
    text = qa.get("/programme").get_data(as_text=True)
    assert "from 70 points that two rated alone" in text
    assert not [coach for coach in (*two, *others) if coach.person.family_name in text]


def test_the_way_over_the_pages(two: tuple[Someone, Someone], checklist: UUID, sign_in: Any) -> None:
    first, second = (sign_in(coach) for coach in two)
    assert len(points_of(checklist)) == POINTS
    sent = {"about": "training video 12", "checklist": str(checklist), "second": str(two[1].person.id)}
    assert first.post("/calibration", data={**sent, "about": ""}).status_code == 422
    made = first.post("/calibration", data=sent)
    assert made.status_code == 302
    page = made.headers["Location"]
    half = {"point-1": "shown"}
    refused = second.post(f"{page}/rate", data=half)
    assert refused.status_code == 422
    assert re.search(r'name="point-1" value="shown" checked', refused.get_data(as_text=True))
    whole = {f"point-{point}": mark for point, mark in marks().items()}
    assert second.post(f"{page}/rate", data=whole).status_code == 302
    assert "has not rated yet" in second.get(page).get_data(as_text=True)
    assert "training video 12" in second.get("/calibration").get_data(as_text=True)
