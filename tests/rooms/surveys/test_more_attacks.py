"""S1 to S5 and S8 again, harder: backups after every answer, whole organisations in the database, and further mutants."""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from coaching.surveys import queries, release, sealed, server_secrets
from coaching.surveys.instrument import Answers
from coaching.surveys.models import SurveySealed, SurveyTicket
from coaching.surveys.periods import Month
from coaching.surveys.sealing import open_boxes, pseudonym
from lms import clock
from lms.extensions import db
from lms.network import commands as network
from lms.unit_of_work import run, transaction
from tests.factories.people import INSTALLER, Someone
from tests.factories.surveys import (
    CANARY,
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    QUARTER,
    Crew,
    a_closed_review,
    a_crew,
    a_crew_answers,
    a_registered_key,
    data_dir,
    destroy,
    noon,
    unlocked,
)
from tests.factories.surveys import release as release_month
from tests.pure.surveys.organisations import enters_the_mean, isolates_somebody, random_sheet
from tests.rooms.surveys.traces import candidate_keys, opens

DAY = date(2026, 10, 14)


def _boxes() -> dict[bytes, bytes]:
    db.session.rollback()
    return {row.id: row.box for row in db.session.execute(select(SurveySealed.id, SurveySealed.box))}


def test_s1_a_backup_after_every_answer_pairs_each_person_with_a_box_and_reads_none(app: Flask) -> None:
    key = a_registered_key()
    crew = a_crew(8)
    backups, paired = [_boxes()], {}
    for operator in crew.operators:
        review_id = a_closed_review(crew.coach, operator, noon(DAY))
        sealed.submit(operator.person.id, review_id, CANARY, at=noon(DAY))
        backups.append(_boxes())
        (new,) = backups[-1].keys() - backups[-2].keys()
        paired[operator.person.id] = backups[-1][new]
    keys = candidate_keys()
    assert len(paired) == 8
    assert not any(opens(box, keys) for box in paired.values())
    assert all(opens(box, {unlocked(key).private_key}) for box in paired.values())


def test_s2_sees_a_log_line_that_tells_who_answered(
    app: Flask, sign_in, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The mutant: one line for each answer, as any access log would write it."""
    real, now = sealed.submit, clock.now()
    a_registered_key(Month.of(now.date()).quarter)
    crew = a_crew(1)
    review_id = a_closed_review(crew.coach, crew.operators[0], now)
    browser = sign_in(crew.operators[0])

    def talkative(person_id: UUID, *given: object, **named: object) -> None:
        logging.getLogger("access").info("POST /survey by %s", person_id)
        real(person_id, *given, **named)

    with caplog.at_level(logging.INFO):
        caplog.clear()
        assert browser.post(f"/survey/{review_id}").status_code == 303
        assert str(crew.operators[0].person.id) not in caplog.text
        assert "/survey" not in caplog.text
        monkeypatch.setattr(sealed, "submit", talkative)
        browser.post(f"/survey/{review_id}")
        assert str(crew.operators[0].person.id) in caplog.text


class Organisation:
    """Three small teams that answer, skip, move and are released for a quarter; whose box is whose is remembered."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.key = a_registered_key()
        self.crews = [a_crew(size, team=f"Team {size}") for size in (6, 5, 3)]
        self.team_of: dict[UUID, Crew] = {o.person.id: crew for crew in self.crews for o in crew.operators}
        self.people: list[Someone] = [o for crew in self.crews for o in crew.operators]
        self.given: dict[bytes, tuple[UUID, UUID, Answers]] = {}
        self.cells: list[dict[bytes, UUID]] = []

    def live(self) -> None:
        for month in (OCTOBER, NOVEMBER, DECEMBER):
            day = date(month.year, month.number, 10)
            for person in self.people:
                if self.chance.random() < 0.12:
                    self._move(person, date(month.year, month.number, 5))
                if self.chance.random() < 0.85:
                    self._answer(person, day)
            self._release(month)

    def _move(self, person: Someone, on: date) -> None:
        crew = self.chance.choice(self.crews)
        if crew is not self.team_of[person.person.id]:
            run(network.join_team, INSTALLER, "moved", person.person.id, crew.team_id, on=on)
            self.team_of[person.person.id] = crew

    def _answer(self, person: Someone, day: date) -> None:
        crew, answers = self.team_of[person.person.id], random_sheet(self.chance)
        before = set(_boxes())
        review_id = a_closed_review(crew.coach, person, noon(day))
        sealed.submit(person.person.id, review_id, answers, at=noon(day))
        for box in set(_boxes()) - before:
            self.given[box] = (person.person.id, crew.team_id, answers)

    def _release(self, month: Month) -> None:
        before = set(_boxes())
        report = release_month(month, self.key)
        counted = before - set(_boxes())
        published = {row["team_id"] for row in report.rows}
        groups: dict[object, dict[bytes, UUID]] = defaultdict(dict)
        for box in counted:
            person, team, answers = self.given[box]
            place = str(team) if str(team) in published else "pooled"
            if enters_the_mean(answers) and (place != "pooled" or None in published):
                groups[place][box] = person
        self.cells += [group for group in groups.values() if group]

    @property
    def fewest(self) -> int:
        return min((len(set(cell.values())) for cell in self.cells), default=99)


def test_s3_s4_a_whole_organisation_publishes_five_persons_or_more_and_nothing_to_subtract(app: Flask) -> None:
    lived = Organisation(1)
    lived.live()
    assert len(lived.cells) >= 3
    assert lived.fewest >= 5
    assert not isolates_somebody(lived.cells, 5)
    assert len(queries.stored_rows()) == len(lived.cells)


def test_s3_sees_a_release_that_counts_answers_for_persons(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "_is_enough", lambda group, k: len(group.entries) >= k - 2)
    lived = Organisation(1)
    lived.live()
    assert lived.fewest < 5


def test_s5_a_release_that_forgot_what_it_published_is_refused_by_the_table_itself(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: late answers form the same cell again. The application would publish it; the database does not."""
    key, crew = a_registered_key(), a_crew(6)
    reviews = a_crew_answers(crew, DAY)
    release_month(OCTOBER, key)
    before = queries.stored_rows()
    with transaction("survey") as connection:
        connection.execute(update(SurveyTicket).values(used=False))
    for operator, review_id in zip(crew.operators, reviews, strict=True):
        sealed.submit(operator.person.id, review_id, (1, 7, 1, 2, 7, 7, 1), at=noon(DAY))
    real = sealed.plan_release
    monkeypatch.setattr(sealed, "plan_release", lambda case: real(replace(case, released=(), closed=False)))
    with pytest.raises(IntegrityError):
        release_month(OCTOBER, key)
    assert queries.stored_rows() == before


def test_s8_sees_a_secret_that_was_not_destroyed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: with the quarter's secret left behind, a kept key tells whose an old answer is."""
    key, crew = a_registered_key(), a_crew(5)
    a_crew_answers(crew, DAY)
    backup = _boxes()
    release_month(DECEMBER, key)
    monkeypatch.setattr(server_secrets, "destroy", lambda *_: None)
    destroy(QUARTER)
    codes = {answer.pseudonym for answer in open_boxes(backup, unlocked(key)).answers.values()}
    people = {operator.person.id for operator in crew.operators}
    assert codes == {pseudonym(secret, person) for secret in candidate_keys() for person in people} & codes


def test_s8_sees_a_key_file_that_was_not_destroyed(app: Flask) -> None:
    """The mutant: the custodian keeps an unwrapped key beside the server."""
    key = a_registered_key()
    a_crew_answers(a_crew(5), DAY)
    backup = _boxes()
    release_month(DECEMBER, key)
    destroy(QUARTER)
    left = data_dir() / "kept-against-the-rule"
    left.write_text(unlocked(key).private_key.hex())
    try:
        assert all(opens(box, candidate_keys()) for box in backup.values())
    finally:
        left.unlink()
