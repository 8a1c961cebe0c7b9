"""Nobody is booked twice: 200 bookings of overlapping slots at once, the lock alone, the constraint alone, and neither."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from coaching.scheduling import commands as scheduling
from coaching.scheduling import queries
from coaching.scheduling.models import Appointment, BookedQuarter
from coaching.scheduling.rules import Diary
from lms import clock
from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Actor, Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.people import a_site, a_team, someone
from tests.factories.scheduling import MONDAY, accepted_review, double_booked, standing_spans

#: Bookings begin at one of so many quarters, so that nearly all of them overlap others.
QUARTERS = 12
NINE = MONDAY + timedelta(hours=2)


@dataclass(frozen=True)
class Plan:
    """Who books which review when."""

    actor: Actor
    review_id: UUID
    starts_at: datetime


@pytest.fixture(autouse=True)
def _monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)


def plans(count: int, coaches: int = 5, operators: int = 8) -> list[Plan]:
    """Give so many bookings among few people."""
    site = a_site()
    team = a_team(site)
    leads = [someone(Role.COACH, site) for _ in range(coaches)]
    people = [someone(Role.OPERATOR, site, team=team) for _ in range(operators)]
    return [
        Plan(
            leads[n % coaches].actor,
            accepted_review(leads[n % coaches], people[n % operators]),
            NINE + timedelta(minutes=15 * (n * 7 % QUARTERS)),
        )
        for n in range(count)
    ]


def book_at_once(app: Flask, wanted: list[Plan]) -> tuple[int, list[str]]:
    """Let every booking run in a thread of its own, all let go together; return how many were booked, and the refusals."""
    db.session.remove()
    booked: list[UUID] = []
    refused: list[str] = []
    faults: list[BaseException] = []
    go = threading.Event()

    def book(plan: Plan) -> None:
        with app.app_context():
            go.wait()
            try:
                run(
                    scheduling.schedule_review,
                    plan.actor,
                    "",
                    plan.review_id,
                    starts_at=plan.starts_at,
                    mode="video",
                    place="",
                    agreed_beyond="Any hour suits us.",
                )
                booked.append(plan.review_id)
            except NotAllowed as refusal:
                refused.append(str(refusal))
            except BaseException as fault:  # noqa: BLE001 - told in the test's own thread
                faults.append(fault)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=book, args=(plan,)) for plan in wanted]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert faults == []
    return len(booked), refused


def without_constraint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: the database does not mind who takes a quarter."""
    monkeypatch.setattr(scheduling, "take_quarters", lambda *_: None)


def decides_on_what_was_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: no lock holds, so every booking decides on diaries that were read before the others were written."""
    real: Callable[..., dict[UUID, Diary]] = queries.diaries
    shown = real(db.session.scalars(select(Person.id)).all(), NINE, NINE + timedelta(hours=6))
    db.session.remove()

    def old(people: Collection[UUID], *_: Any, **__: Any) -> dict[UUID, Diary]:
        return {person_id: shown[person_id] for person_id in people}

    monkeypatch.setattr(queries, "diaries", old)


def test_of_200_parallel_bookings_of_overlapping_slots_none_is_double(app: Flask) -> None:
    wanted = plans(200)
    booked, refused = book_at_once(app, wanted)
    assert booked + len(refused) == 200
    # five coaches with three hours and a half each hold four reviews of 45 minutes at most
    assert 5 <= booked <= 5 * 4
    assert double_booked(standing_spans()) == []
    assert db.session.scalar(select(func.count()).select_from(Appointment)) == booked
    # three quarters of an hour for each of the two people of every review that was booked
    assert db.session.scalar(select(func.count()).select_from(BookedQuarter)) == booked * 2 * 3
    assert {sentence.split(" is taken")[1] for sentence in refused} == {
        " at that time, since you opened this page or all along. Choose another slot."
    }


def test_the_lock_alone_keeps_every_person_single(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = plans(60)
    without_constraint(monkeypatch)
    booked, _ = book_at_once(app, wanted)
    assert booked >= 5
    assert double_booked(standing_spans()) == []


def test_the_constraint_alone_keeps_every_person_single_and_says_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = plans(60)
    decides_on_what_was_shown(monkeypatch)
    booked, refused = book_at_once(app, wanted)
    assert booked >= 5
    assert double_booked(standing_spans()) == []
    assert set(refused) == {"Somebody took this time in between. Choose another slot."}


def test_without_both_the_proof_finds_people_in_two_places(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = plans(60)
    decides_on_what_was_shown(monkeypatch)
    without_constraint(monkeypatch)
    booked, _ = book_at_once(app, wanted)
    assert booked == 60
    assert double_booked(standing_spans()) != []
