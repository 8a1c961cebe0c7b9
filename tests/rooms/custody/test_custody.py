"""The custodian's pages: a look before a release, a rehearsal, a quarter given up; and nothing of a key left anywhere."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from coaching.custody import forms, rules
from coaching.custody.models import CustodyAct
from coaching.surveys import commands as surveys
from coaching.surveys import jobs, queries, sealed, server_secrets
from coaching.surveys.demonstration import PASSPHRASE, QUICK
from coaching.surveys.models import SurveyReleaseEvent, SurveySealed, SurveyTicket
from coaching.surveys.sealing import make_key
from lms import clock
from lms.audit.report import Fault
from lms.audit.verification import verify
from lms.cli import command_line
from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.signatures.models import Signature
from lms.unit_of_work import run
from tests.factories.people import INSTALLER, PASSWORD, a_site, someone
from tests.factories.surveys import (
    CANARY,
    CUSTODIAN,
    DECEMBER,
    OCTOBER,
    QUARTER,
    a_closed_review,
    a_crew,
    a_crew_answers,
    a_registered_key,
    data_dir,
    noon,
    release,
)
from tests.rooms.surveys.traces import disk, tables

MID_OCTOBER, MID_NOVEMBER = date(2026, 10, 14), date(2026, 11, 18)
DUE = noon(OCTOBER.releasable_from)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return a function that sets the clock, which stands on the day of October's release."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_clock(DUE)
    return set_clock


@pytest.fixture
def custodian(app: Flask, sign_in: Any, at: Any) -> Any:
    return sign_in(someone(Role.CUSTODIAN, everywhere=True))


def _send(browser: Any, address: str, file: str, passphrase: str = PASSPHRASE, **more: str) -> Any:
    data = {"passphrase": passphrase, "key_file": FileStorage(io.BytesIO(file.encode()), "survey.key"), **more}
    # encoded here, since the client would spool a large request to a file of its own
    boundary, body = encode_multipart(data)
    return browser.post(address, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def _never(*_: object) -> None:
    message = "an answer was opened"
    raise AssertionError(message)


def _boxes() -> int:
    return db.session.scalar(select(func.count(SurveySealed.id))) or 0


def _acts() -> list[tuple[str, str, str]]:
    columns = CustodyAct.kind, CustodyAct.quarter, CustodyAct.month
    return [tuple(row) for row in db.session.execute(select(*columns).order_by(CustodyAct.id))]


# -- a look ---------------------------------------------------------------------------------------------------------------


def test_a_look_says_what_a_release_would_do_and_does_none_of_it(custodian: Any) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(6, team="Six"), MID_OCTOBER)
    a_crew_answers(a_crew(3, team="Three"), MID_OCTOBER)
    survey = tables("survey")
    seen = _send(custodian, "/survey/releases", key.file, month="2026-10", step="look")
    assert seen.status_code == 200
    assert "1 figure would be published" in seen.text
    assert "Site AAA, Three: Voice climate" in seen.text
    assert "Six" not in seen.text
    assert tables("survey") == survey
    assert _acts() == [("looked", "2026-Q4", "2026-10")]
    assert db.session.scalar(select(func.count(SurveyReleaseEvent.id))) == 0
    done = _send(custodian, "/survey/releases", key.file, month="2026-10", step="release")
    assert "1 figure was published" in done.text


@pytest.mark.parametrize("waiting", [1, 4])
def test_a_look_and_a_release_are_the_same_however_many_of_a_small_team_answered(custodian: Any, waiting: int) -> None:
    """A count that grew by one would tell that somebody of the small team had answered."""
    key = a_registered_key()
    a_crew_answers(a_crew(5, team="Five"), MID_OCTOBER)
    small = a_crew(4, team="Small")
    for number, operator in enumerate(small.operators):
        review_id = a_closed_review(small.coach, operator, noon(MID_OCTOBER))
        if number < waiting:
            sealed.submit(operator.person.id, review_id, CANARY, at=noon(MID_OCTOBER))
    look = sealed.look_with_file(OCTOBER, key.file, PASSPHRASE, on=OCTOBER.releasable_from, record=lambda _: None)
    report = release(OCTOBER, key)
    assert (look.figures, look.waiting, look.too_few) == (1, ("Site AAA, Small: Voice climate",), False)
    assert (report.counted, report.straight_lines, len(report.rows)) == (5, None, 1)


def test_a_look_is_refused_while_answers_may_still_come(app: Flask) -> None:
    """Otherwise two looks on two days would tell who answered between them."""
    key = a_registered_key()
    a_crew_answers(a_crew(5), MID_OCTOBER)
    with pytest.raises(NotAllowed, match="may still arrive"):
        sealed.look_with_file(OCTOBER, key.file, PASSPHRASE, on=date(2026, 11, 8), record=lambda _: None)


# -- in memory only -------------------------------------------------------------------------------------------------------


@pytest.fixture
def files_made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the ways into a temporary file that were taken; the spooled one as it leaves memory."""
    taken: list[str] = []

    def watch(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def watched(*given: Any, **named: Any) -> Any:
            taken.append(name)
            return real(*given, **named)

        monkeypatch.setattr(owner, name, watched)

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp"):
        watch(tempfile, name)
    watch(tempfile.SpooledTemporaryFile, "rollover")
    return taken


@pytest.mark.parametrize(("address", "more"), [("/survey/releases", {"month": "2026-10"}), ("/survey/custody", {})])
def test_key_file_and_passphrase_are_parsed_in_memory_and_a_larger_request_is_not_read(
    custodian: Any, files_made: list[str], address: str, more: dict[str, str]
) -> None:
    key = a_registered_key()
    assert _send(custodian, address, key.file, **more).status_code in {200, 302}
    padded = _send(custodian, address, key.file + "x" * 600_000, **more)
    assert padded.status_code == 413
    assert "KiB that are accepted here" in padded.text
    assert files_made == []


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_check_sees_a_request_that_is_spooled(
    custodian: Any, files_made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: the limit of every other page, under which Werkzeug spools a larger part to disk."""
    key = a_registered_key()
    monkeypatch.setattr(forms, "LARGEST_REQUEST", 10_000_000)
    assert _send(custodian, "/survey/custody", key.file + "x" * 600_000).status_code == 422
    assert "rollover" in files_made


@pytest.mark.alone
def test_neither_key_nor_passphrase_is_left_in_a_log_a_table_or_a_file(
    custodian: Any, caplog: pytest.LogCaptureFixture
) -> None:
    # not the demonstration's, which stands in its read-me on purpose
    passphrase = "five words that nobody else has"
    key = a_registered_key(passphrase=passphrase)
    a_crew_answers(a_crew(5), MID_OCTOBER)
    with caplog.at_level("DEBUG"):
        for address, more in (
            ("/survey/custody", {"passphrase": passphrase}),
            ("/survey/releases", {"month": "2026-10", "step": "look", "passphrase": passphrase}),
            ("/survey/releases", {"month": "2026-10", "passphrase": passphrase}),
            ("/survey/releases", {"month": "2026-10", "passphrase": "a wrong passphrase of mine"}),
        ):
            answer = _send(custodian, address, key.file, **more)
            assert answer.headers["Cache-Control"] == "no-store"
            assert passphrase not in answer.text
    wrapped = key.file.split("private: ")[1].strip()
    secrets = (wrapped, passphrase, "a wrong passphrase of mine")
    assert [secret for secret in secrets if secret in caplog.text] == []
    found = [(place.name, s) for place, content in disk() for s in secrets if s.encode() in content]
    assert found == []
    stored = [row for bind in (None, "survey") for rows in tables(bind).values() for row in rows]
    assert [secret for secret in secrets if any(secret in row for row in stored)] == []


def test_a_session_that_ended_carries_no_passphrase_on(client: Any, at: Any) -> None:
    answer = _send(client, "/survey/custody", a_registered_key().file)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/survey/custody")


# -- a rehearsal ----------------------------------------------------------------------------------------------------------


def test_a_rehearsal_opens_no_answer_and_says_that_the_key_holds(
    custodian: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(5), MID_OCTOBER)
    monkeypatch.setattr(sealed, "open_boxes", _never)
    assert _send(custodian, "/survey/custody", key.file).status_code == 302
    page = custodian.get("/survey/custody").text
    assert "it is the registered key of 2026-Q4. No answer was opened." in page
    assert "Rehearsed: the file opens" in page
    assert _acts() == [("rehearsed", "2026-Q4", "")]


def test_a_rehearsal_refuses_another_key_a_wrong_passphrase_and_a_server_without_its_secrets(custodian: Any) -> None:
    key = a_registered_key()
    other = make_key(QUARTER, PASSPHRASE, QUICK)
    cases = [
        (other, PASSPHRASE, "not the key that was registered for 2026-Q4"),
        (key, "something else entirely", "does not open the key of 2026-Q4"),
    ]
    for file, passphrase, sentence in cases:
        refused = _send(custodian, "/survey/custody", file.file, passphrase)
        assert refused.status_code == 422
        assert sentence in refused.text
    server_secrets.destroy(data_dir(), QUARTER)
    refused = _send(custodian, "/survey/custody", key.file)
    assert "secret of 2026-Q4 is not there any more" in refused.text
    assert _acts() == []


# -- a quarter given up ---------------------------------------------------------------------------------------------------


def _give_up(browser: Any, *, cause: str = "lost", reason: str = "The stick broke.", password: str = PASSWORD) -> Any:
    data = {"cause": cause, "reason": reason, "password": password, "version": "1"}
    return browser.post("/survey/keys/2026-Q4/give-up", data=data)


def test_a_lost_key_is_said_and_signed_and_what_was_sealed_to_it_is_destroyed_unread(
    custodian: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, crew = a_registered_key(), a_crew(4)
    a_crew_answers(a_crew(5, team="Released"), MID_OCTOBER)
    a_crew_answers(crew, MID_OCTOBER)
    release(OCTOBER, key)
    before = queries.stored_rows()
    monkeypatch.setattr(sealed, "open_boxes", _never)
    assert "It cannot be taken back" in custodian.get("/survey/keys/2026-Q4/give-up").text
    assert _give_up(custodian).status_code == 302
    assert (_boxes(), queries.stored_rows()) == (0, before)
    assert db.session.scalar(select(func.count(SurveyTicket.review_id))) == 0
    assert server_secrets.pseudonym_secret(data_dir(), QUARTER) is None
    signed = db.session.scalars(select(Signature).where(Signature.record_type == "survey_custody_act")).one()
    assert (signed.meaning, signed.reason) == ("confirmed", "The stick broke.")
    assert {finding.fault for finding in verify().findings} <= {Fault.TIME_GOES_BACK}
    assert "given up, unread" in custodian.get("/survey/releases").text
    log = custodian.get("/survey/custody.csv").get_data().decode("utf-8-sig")
    assert '"Given up: answers destroyed unread","2026-Q4","","The key file is lost","The stick broke."' in log
    reader = sign_in(someone(Role.QA, a_site()))
    assert reader.post("/survey/climate").status_code == 303
    assert "The answers of 2026-Q4 were given up" in reader.get("/survey/climate").text


def test_after_it_was_given_up_a_quarter_takes_and_releases_nothing_and_asks_nobody(custodian: Any) -> None:
    key, crew = a_registered_key(), a_crew(5)
    review_id = a_closed_review(crew.coach, crew.operators[0], noon(MID_NOVEMBER))
    _give_up(custodian, cause="seen", reason="The safe stood open.")
    with pytest.raises(NotAllowed, match="cannot be sealed at present"):
        sealed.submit(crew.operators[0].person.id, review_id, CANARY, at=noon(MID_NOVEMBER))
    a_closed_review(crew.coach, crew.operators[1], noon(MID_NOVEMBER))
    assert db.session.scalar(select(func.count(SurveyTicket.review_id))) == 0
    with pytest.raises(NotAllowed, match="were given up on 09-Nov-2026"):
        release(DECEMBER, key)
    with pytest.raises(NotAllowed, match=r"takes no more answers\. Register the key of 2027-Q1"):
        run(surveys.register_survey_key, CUSTODIAN, "test", quarter="2026-Q4", public_key=bytes(32))
    assert _give_up(custodian).status_code == 409
    assert queries.due_months(queries.keys(), [], date(2027, 3, 1)) == []


def test_giving_up_needs_reason_cause_and_the_custodians_own_password(custodian: Any) -> None:
    a_registered_key()
    a_crew_answers(a_crew(5), MID_OCTOBER)
    cases = [
        ({"password": "a wrong one"}, "password"),
        ({"reason": " "}, "the reason is part of what you sign"),
        ({"cause": "bored"}, "Not a valid choice"),
    ]
    for wrong, sentence in cases:
        refused = _give_up(custodian, **wrong)
        assert refused.status_code == 422
        assert sentence in refused.text
        assert "The stick broke." in refused.text or "reason" in wrong
    assert (_boxes(), _acts()) == (5, [])
    assert custodian.get("/survey/keys/2030-Q1/give-up").status_code == 404
    assert custodian.get("/survey/keys/soon/give-up").status_code == 404


def test_giving_up_that_was_cut_short_can_be_done_again(custodian: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    a_registered_key()
    a_crew_answers(a_crew(5), MID_OCTOBER)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(server_secrets, "destroy", killed)
        with pytest.raises(KeyboardInterrupt):
            _give_up(custodian)
    assert _boxes() == 5
    again = custodian.post(
        "/survey/keys/2026-Q4/give-up",
        data={"cause": "lost", "reason": "Once more.", "password": PASSWORD, "version": "2"},
    )
    assert (again.status_code, _boxes()) == (302, 0)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"given_up": True, "destroyed": True, "closed": True}, "given up already"),
        ({"given_up": False, "destroyed": True, "closed": True}, "was destroyed already"),
        ({"given_up": False, "destroyed": False, "closed": True}, "All of 2026-Q4 was released"),
    ],
)
def test_there_must_be_something_to_give_up(state: dict[str, bool], sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        rules.check_can_give_up("2026-Q4", **state)


# -- who, and when --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CUSTODIAN])
def test_nobody_but_the_custodian_opens_these_pages(app: Flask, sign_in: Any, role: Role) -> None:
    browser = sign_in(someone(role, everywhere=True))
    for address in ("/survey/releases", "/survey/custody", "/survey/custody.csv", "/survey/keys/2026-Q4/give-up"):
        assert browser.get(address).status_code == 403
        assert browser.post(address).status_code in {403, 405}


def test_pages_of_the_custodian_ask_six_times_at_most(custodian: Any, queries: Any) -> None:
    a_registered_key()
    for address in ("/survey/releases", "/survey/custody", "/survey/keys/2026-Q4/give-up"):
        with queries() as sent:
            assert custodian.get(address).status_code == 200
        assert len(sent) <= 6, (address, sent)


def test_the_custodian_is_reminded_to_destroy_a_key_after_its_thirty_days(app: Flask, at: Any) -> None:
    key = a_registered_key()
    for month in (OCTOBER, OCTOBER.next, DECEMBER):
        release(month, key)
    a_registered_key(QUARTER.next)
    holder = someone(Role.CUSTODIAN, everywhere=True)
    for day, told in ((date(2027, 1, 30), []), (date(2027, 1, 31), ["survey_destroy_due"])):
        at(noon(day))
        run(jobs.remind_custodian, INSTALLER, "test")
        found = db.session.scalars(select(Notification.sentence).where(Notification.person_id == holder.person.id))
        assert list(found) == told


def test_looking_and_rehearsing_on_the_command_line(app: Flask, at: Any, tmp_path: Any) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(5), MID_OCTOBER)
    place = tmp_path / "q4.key"
    place.write_text(key.file)
    runner = CliRunner()
    for arguments, words in (
        (["rehearse", "--key", str(place)], "registered key of 2026-Q4"),
        (["look", "2026-10", "--key", str(place)], "1 figures would be published"),
        (["rehearse", "--key", str(place), "--json"], '"quarter": "2026-Q4"'),
        (["look", "2026-10", "--key", str(place), "--json"], '"figures": 1'),
    ):
        done = runner.invoke(command_line(), ["survey", *arguments], obj=app, input=f"{PASSPHRASE}\n")
        assert done.exit_code == 0, done.output
        assert words in done.output
    assert _boxes() == 5
    assert [kind for kind, _, _ in _acts()] == ["rehearsed", "looked"] * 2
