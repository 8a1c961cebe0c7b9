"""Who is asked, when, and how an answer comes in: once, sealed, in time, and nobody can tell whether it did."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from coaching.surveys import commands, queries, sealed
from coaching.surveys.models import SurveyKey, SurveyKeyRecord, SurveySealed, SurveyTicket
from coaching.surveys.sealing import BOX_BYTES, open_boxes
from lms.extensions import db
from lms.outbox.delivery import deliver_outbox
from lms.outbox.models import OutboxMessage
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run, transaction
from tests.factories import coaching as pairs
from tests.factories.people import a_site, someone
from tests.factories.surveys import (
    CANARY,
    CUSTODIAN,
    QUARTER,
    a_closed_review,
    a_crew,
    a_registered_key,
    data_dir,
    noon,
    unlocked,
)

DAY = date(2026, 10, 14)
SKIPPED = (None,) * 7


def _tickets() -> int:
    return db.session.scalar(select(func.count(SurveyTicket.review_id))) or 0


def _boxes() -> int:
    return db.session.scalar(select(func.count(SurveySealed.id))) or 0


def test_a_closed_review_asks_its_operator_once_through_the_outbox(app: Flask) -> None:
    pair = pairs.a_closed_review()
    assert _tickets() == 0
    deliver_outbox()
    deliver_outbox()
    ticket = db.session.execute(select(SurveyTicket.user_id, SurveyTicket.used)).one()
    assert ticket == (pair.operator.person.id, False)
    message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "command")).one()
    assert message.done_at is not None
    run(commands.issue_survey_ticket, CUSTODIAN, "again", review_id=str(pair.review_id))
    assert _tickets() == 1


def test_the_full_set_is_asked_once_in_28_days_and_the_pulse_in_between(app: Flask) -> None:
    crew = a_crew(1)
    for days, expected in ((0, 1), (10, 2), (27, 2), (28, 1), (55, 2), (56, 1)):
        review_id = a_closed_review(crew.coach, crew.operators[0], noon(DAY + timedelta(days=days)))
        asked = select(SurveyTicket.instrument).where(SurveyTicket.review_id == review_id)
        assert db.session.scalar(asked) == expected, days


def test_follow_ups_that_run_out_of_order_ask_the_full_set_once_as_well(app: Flask) -> None:
    crew = a_crew(1)
    a_closed_review(crew.coach, crew.operators[0], noon(DAY + timedelta(days=10)))
    late = a_closed_review(crew.coach, crew.operators[0], noon(DAY))
    assert db.session.scalar(select(SurveyTicket.instrument).where(SurveyTicket.review_id == late)) == 2


def test_somebody_without_a_team_is_not_asked(app: Flask) -> None:
    site = a_site()
    a_closed_review(someone(Role.COACH, site), someone(Role.OPERATOR, site), noon(DAY))
    assert _tickets() == 0


def test_the_month_is_the_sites_not_that_of_greenwich(app: Flask) -> None:
    crew = a_crew(1)
    a_closed_review(crew.coach, crew.operators[0], noon(date(2026, 10, 31)) + timedelta(hours=11, minutes=30))
    assert db.session.scalars(select(SurveyTicket.month)).one() == "2026-11"


@pytest.mark.parametrize("answers", [CANARY, SKIPPED, (4, None, 4, None, None, 4, 4)], ids=["all", "none", "some"])
def test_answering_skipping_and_half_answering_leave_the_same_traces(
    app: Flask, answers: tuple[int | None, ...]
) -> None:
    key, crew = a_registered_key(), a_crew(1)
    operator = crew.operators[0]
    review_id = a_closed_review(crew.coach, operator, noon(DAY))
    sealed.submit(operator.person.id, review_id, answers, at=noon(DAY))
    assert db.session.scalars(select(SurveyTicket.used)).one() is True
    row = db.session.execute(select(SurveySealed.id, SurveySealed.quarter, SurveySealed.box)).one()
    assert (len(row.id), row.quarter, len(row.box)) == (16, "2026-Q4", BOX_BYTES)
    opened = open_boxes({row.id: row.box}, unlocked(key))
    assert opened.answers[row.id].answers == answers
    assert opened.answers[row.id].team == crew.team_id


def test_only_the_first_finish_counts_and_the_second_hears_the_same(app: Flask) -> None:
    a_registered_key()
    crew = a_crew(1)
    operator = crew.operators[0]
    review_id = a_closed_review(crew.coach, operator, noon(DAY))
    for answers in (CANARY, SKIPPED):
        sealed.submit(operator.person.id, review_id, answers, at=noon(DAY))
    assert _boxes() == 1


def test_an_answer_after_the_seventh_day_is_refused_for_good(app: Flask) -> None:
    a_registered_key()
    crew = a_crew(1)
    operator = crew.operators[0]
    review_id = a_closed_review(crew.coach, operator, noon(DAY))
    with pytest.raises(NotAllowed, match="until 21-Oct-2026"):
        sealed.submit(operator.person.id, review_id, CANARY, at=noon(DAY + timedelta(days=8)))
    assert _boxes() == 0
    sealed.submit(operator.person.id, review_id, CANARY, at=noon(DAY + timedelta(days=7)))
    assert _boxes() == 1


def test_nobody_answers_for_somebody_else_not_even_the_coach(app: Flask) -> None:
    a_registered_key()
    crew = a_crew(2)
    review_id = a_closed_review(crew.coach, crew.operators[0], noon(DAY))
    for other in (crew.coach, crew.operators[1]):
        with pytest.raises(NotFound):
            sealed.submit(other.person.id, review_id, CANARY, at=noon(DAY))
    assert _boxes() == 0


def test_without_a_key_nothing_is_kept_and_the_ticket_stays_good(app: Flask) -> None:
    crew = a_crew(1)
    operator = crew.operators[0]
    review_id = a_closed_review(crew.coach, operator, noon(DAY))
    with pytest.raises(NotAllowed, match="cannot be sealed"):
        sealed.submit(operator.person.id, review_id, CANARY, at=noon(DAY))
    a_registered_key()
    sealed.submit(operator.person.id, review_id, CANARY, at=noon(DAY))
    assert _boxes() == 1


def test_a_key_that_somebody_exchanged_in_the_database_gets_no_answers(app: Flask) -> None:
    a_registered_key()
    crew = a_crew(1)
    operator = crew.operators[0]
    review_id = a_closed_review(crew.coach, operator, noon(DAY))
    with transaction("survey") as connection:
        connection.execute(SurveyKey.__table__.update().values(public_key=bytes(range(32))))
    with pytest.raises(NotAllowed, match="cannot be sealed"):
        sealed.submit(operator.person.id, review_id, CANARY, at=noon(DAY))
    assert _boxes() == 0


def test_a_fault_of_the_database_names_nobody(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """What SQLAlchemy says of a failed statement holds its parameters, and would end up in a log."""
    a_registered_key()
    crew = a_crew(1)
    operator = crew.operators[0]
    review_id = a_closed_review(crew.coach, operator, noon(DAY))
    monkeypatch.setattr(sealed, "seal", lambda *_: b"too short")
    with pytest.raises(NotAllowed, match="Press Finish again") as refusal:
        sealed.submit(operator.person.id, review_id, CANARY, at=noon(DAY))
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__
    assert str(operator.person.id) not in str(refusal.value)
    assert db.session.scalars(select(SurveyTicket.used)).one() is False


def test_a_quarter_has_one_key_and_registering_it_again_mends_a_half_done_start(app: Flask) -> None:
    key = a_registered_key()
    with transaction("survey") as connection:
        connection.execute(SurveyKey.__table__.delete())
    run(commands.register_survey_key, CUSTODIAN, "again", quarter="2026-Q4", public_key=key.public_key)
    state = queries.key_of(QUARTER)
    assert state is not None
    assert state.is_untouched
    with pytest.raises(NotAllowed, match="has its key already"):
        run(commands.register_survey_key, CUSTODIAN, "another", quarter="2026-Q4", public_key=bytes(32))
    assert db.session.scalar(select(func.count()).select_from(SurveyKeyRecord)) == 1


def test_the_servers_secrets_are_readable_by_the_server_alone_and_lie_outside_the_database(app: Flask) -> None:
    a_registered_key()
    files = [data_dir() / "keys" / f"survey-{name}.secret" for name in ("pseudonyms-2026-Q4", "rounding")]
    assert [(len(file.read_bytes()), file.stat().st_mode & 0o777) for file in files] == [(32, 0o400)] * 2


@pytest.mark.parametrize("statement", ["update survey_release set score = '7.0000'", "delete from survey_release"])
def test_a_released_row_is_never_changed(app: Flask, statement: str) -> None:
    row = (
        "insert into survey_release (cell, instrument_version, first_month, last_month, scope, instrument, n_band, score, "
        "released_on) values ('network-small-teams', 'x 1', '2026-10', '2026-10', 'network-small-teams', 1, '5-9', '4.0000', "
        "'2026-11-09')"
    )
    with transaction("survey") as connection:
        connection.execute(text(row))
    with pytest.raises(DBAPIError, match="append-only"), transaction("survey") as connection:
        connection.execute(text(statement))


def test_a_box_of_another_length_is_refused_by_the_database(app: Flask) -> None:
    with pytest.raises(DBAPIError), transaction("survey") as connection:
        connection.execute(SurveySealed.__table__.insert().values(id=bytes(16), quarter="2026-Q4", box=b"clear text"))
