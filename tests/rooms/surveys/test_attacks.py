"""S1, S2 and S8: what a database owner, a reader of logs and an owner of old backups learn. Each with a fault it must see."""

from __future__ import annotations

import json
import logging
from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text

from coaching.surveys import sealed, server_secrets
from coaching.surveys.instrument import Answers, in_force
from coaching.surveys.models import SurveySealed, SurveyTicket
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.sealing import BOX_BYTES, SealedAnswer, open_boxes, pseudonym, seal
from lms import clock
from lms.extensions import db
from lms.outbox.delivery import deliver_outbox
from lms.refusals import NotAllowed
from lms.unit_of_work import transaction
from tests.factories.surveys import (
    CANARY,
    DECEMBER,
    QUARTER,
    Crew,
    a_closed_review,
    a_crew,
    a_crew_answers,
    a_registered_key,
    data_dir,
    destroy,
    release,
    unlocked,
)
from tests.rooms.surveys.traces import candidate_keys, clear_forms, disk, opens, tables

DAY = date(2026, 10, 14)
#: What the mutants store in clear: another sheet, since a write-ahead log remembers earlier tests.
LEAKED: Answers = (1, 7, 2, 6, 3, 5, 1)


def _boxes() -> dict[bytes, bytes]:
    return {row.id: row.box for row in db.session.execute(select(SurveySealed.id, SurveySealed.box))}


def _clear_json(answer: SealedAnswer, _public_key: bytes) -> bytes:
    """The mutant: the same row, not sealed."""
    return json.dumps({"team": str(answer.team), "answers": answer.answers}).encode().ljust(BOX_BYTES)


def _link_by_transaction() -> int:
    """Pair tickets with boxes as a database owner can, and count the pairs."""
    if db.engines["survey"].dialect.name == "postgresql":
        join = "select count(*) from survey_ticket t join survey_sealed s on t.xmin::text = s.xmin::text"
    else:
        join = (
            "with t as (select user_id, row_number() over (order by rowid) n from survey_ticket where used), "
            "s as (select id, row_number() over () n from survey_sealed) select count(*) from t join s using (n)"
        )
    with db.engines["survey"].connect() as connection:
        return int(connection.scalar(text(join)) or 0)


def test_s1_a_database_owner_may_pair_tickets_and_boxes_and_reads_none(app: Flask) -> None:
    key = a_registered_key()
    for number in range(4):
        a_crew_answers(a_crew(10, team=f"Team {number}"), DAY)
    boxes = _boxes()
    pairs = _link_by_transaction()
    keys = candidate_keys()
    readable = sum(opens(box, keys) for box in boxes.values())
    print(f"S1: {pairs} of 40 pairs found, {readable} of {len(boxes)} answers read with {len(keys)} candidate keys")  # noqa: T201
    assert (pairs, len(boxes), readable) == (40, 40, 0)
    assert {len(box) for box in boxes.values()} == {BOX_BYTES}
    assert all(opens(box, {unlocked(key).private_key}) for box in boxes.values())


def test_s1_sees_answers_that_are_stored_in_clear(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "seal", _clear_json)
    a_registered_key()
    a_crew_answers(a_crew(3), DAY, LEAKED)
    assert [opens(box, set(), LEAKED) for box in _boxes().values()] == [True] * 3


def test_s1_sees_a_key_that_was_left_on_the_server(app: Flask) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(1), DAY)
    left = data_dir() / "left-behind"
    left.write_bytes(b"private: " + unlocked(key).private_key)
    try:
        assert all(opens(box, candidate_keys()) for box in _boxes().values())
    finally:
        left.unlink()


def _answer_on_the_page(sign_in, crew: Crew, answers: Answers = CANARY) -> None:
    """Let every operator of a crew answer on the page, as of now."""
    now = clock.now()
    asked = [(operator, a_closed_review(crew.coach, operator, now)) for operator in crew.operators]
    browsers = [(sign_in(operator), review_id) for operator, review_id in asked]
    before, files = tables(None), _sizes()
    sheet = {item.key: str(value) for item, value in zip(in_force().items, answers, strict=True)}
    for browser, review_id in browsers:
        assert browser.get(f"/survey/{review_id}").status_code == 200
        answer = browser.post(f"/survey/{review_id}", data=sheet)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/survey/{review_id}/received")
        assert answer.headers["Cache-Control"] == "no-store"
    assert tables(None) == before, "answering changed the record database"
    assert _sizes() == files, "answering wrote into the data folder"


def _sizes() -> dict[str, int]:
    return {str(path): path.stat().st_size for path in data_dir().rglob("*") if path.is_file()}


def _present_quarter() -> Quarter:
    return Month.of(clock.now().date()).quarter


@pytest.mark.alone
def test_s2_no_file_no_log_and_no_table_holds_an_answer_or_tells_who_answered_when(
    app: Flask, sign_in, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    a_registered_key(_present_quarter())
    crew = a_crew(40)
    with caplog.at_level(logging.INFO):
        caplog.clear()
        _answer_on_the_page(sign_in, crew)
        deliver_outbox()
    assert len(_boxes()) == 40
    logged = caplog.text + "".join(capfd.readouterr())
    people = {str(operator.person.id) for operator in crew.operators} | {
        str(review) for review in db.session.scalars(select(SurveyTicket.review_id))
    }
    secret = server_secrets.pseudonym_secret(data_dir(), _present_quarter())
    assert secret is not None
    codes = [pseudonym(secret, operator.person.id) for operator in crew.operators]
    wanted = [*clear_forms(CANARY), *codes, *(code.hex().encode() for code in codes)]
    found = [(place.name, form) for place, content in disk() for form in wanted if form in content]
    assert found == []
    assert [name for name in (*people, "/survey/") if name in logged] == []
    assert not any(form.decode("latin-1") in logged for form in clear_forms(CANARY))


@pytest.mark.alone
def test_s2_sees_answers_stored_in_clear(app: Flask, sign_in, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "seal", _clear_json)
    a_registered_key(_present_quarter())
    _answer_on_the_page(sign_in, a_crew(2), LEAKED)
    found = {form for _, content in disk() for form in clear_forms(LEAKED) if form in content}
    assert json.dumps(LEAKED).encode() in found


def test_s8_after_the_quarter_no_backup_opens_with_anything_that_is_left(app: Flask) -> None:
    key = a_registered_key()
    crew = a_crew(5)
    a_crew_answers(crew, DAY)
    backup, custodians_file = _boxes(), data_dir() / "custodian.key"
    custodians_file.write_text(key.file)
    release(DECEMBER, key)
    destroy(QUARTER)
    server_secrets.shred(custodians_file)
    keys = candidate_keys()
    readable = sum(opens(box, keys) for box in backup.values())
    print(f"S8: {readable} of {len(backup)} old answers read with {len(keys)} candidate keys")  # noqa: T201
    assert (len(backup), readable) == (5, 0)
    assert server_secrets.pseudonym_secret(data_dir(), QUARTER) is None
    assert not custodians_file.exists()
    assert tables("survey")["survey_ticket"] == []


def test_s8_without_the_secret_not_even_the_key_tells_whose_an_old_answer_is(app: Flask) -> None:
    """The custodian kept a copy against the rule: the sheet opens, but its code fits nobody any more."""
    key = a_registered_key()
    crew = a_crew(5)
    a_crew_answers(crew, DAY)
    box_id, box = next(iter(_boxes().items()))
    release(DECEMBER, key)
    destroy(QUARTER)
    code = open_boxes({box_id: box}, unlocked(key)).answers[box_id].pseudonym
    people = {operator.person.id for operator in crew.operators}
    guesses = {pseudonym(secret, person) for secret in candidate_keys() for person in people}
    assert code not in guesses


def test_s8_destroying_waits_thirty_days_and_for_the_last_release(app: Flask) -> None:
    key = a_registered_key()
    with pytest.raises(NotAllowed, match="kept until 31-Jan-2027"):
        sealed.destroy_key(QUARTER, on=date(2027, 1, 30), record=lambda: None)
    with pytest.raises(NotAllowed, match="2026-12 was not released yet"):
        destroy(QUARTER)
    release(DECEMBER, key)
    destroy(QUARTER)


def test_s8_a_box_made_outside_counts_for_nothing(app: Flask) -> None:
    """Whoever knows the public key can make boxes, but not the code of anybody who was asked."""
    key = a_registered_key()
    crew = a_crew(4)
    a_crew_answers(crew, DAY)
    forged = [
        {
            "id": bytes([number]) * 16,
            "quarter": str(QUARTER),
            "box": seal(
                SealedAnswer(1, crew.team_id, DECEMBER, pseudonym(bytes([number]) * 32, UUID(int=number)), CANARY),
                key.public_key,
            ),
        }
        for number in range(1, 4)
    ]
    with transaction("survey") as connection:
        connection.execute(SurveySealed.__table__.insert(), forged)
    assert release(DECEMBER, key).rows == ()
