"""Answers to invitations by mail: what they do to an appointment, what they never do, and where they are read from."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from coaching.replies.cli import calendars
from coaching.replies.jobs import read_replies, take
from coaching.replies.mail_reading import LARGEST
from coaching.replies.models import AppointmentAnswer, ReadMail
from coaching.replies.rules import Outcome
from coaching.reviews.models import CoachingReview, ReviewState
from coaching.scheduling import commands as scheduling
from coaching.scheduling.models import Appointment
from lms.extensions import db
from lms.notifications.models import Notification
from lms.outbox.delivery import compose
from lms.outbox.models import OutboxMessage
from lms.permissions import Role
from lms.unit_of_work import run
from tests.factories.coaching import Pair, an_accepted_review, next_free_slot
from tests.factories.follow_up import a_closed_circle
from tests.factories.mails import an_answer
from tests.factories.people import a_site, someone
from tests.servers.imap_server import imap_server


@pytest.fixture(autouse=True)
def _keep_settings(app: Flask) -> Iterator[None]:
    before = app.config["SETTINGS"]
    yield
    app.config["SETTINGS"] = before


@pytest.fixture
def pair(app: Flask) -> Pair:
    """A review of Chidi with Eli that is in both calendars."""
    pair = an_accepted_review()
    book(pair)
    return pair


def book(pair: Pair) -> None:
    begin = next_free_slot(pair)
    run(scheduling.schedule_review, pair.coach.actor, "", pair.review_id, starts_at=begin, mode="video", place="")


def appointment() -> Appointment:
    return db.session.scalars(select(Appointment).execution_options(populate_existing=True)).one()


def answers() -> list[tuple[str, int]]:
    rows = db.session.scalars(select(AppointmentAnswer).order_by(AppointmentAnswer.id))
    return [(row.answer, row.sequence) for row in rows]


def told(person_id: Any) -> list[str]:
    return list(db.session.scalars(select(Notification.sentence).where(Notification.person_id == person_id)))


def declined(pair: Pair, **other: Any) -> bytes:
    return an_answer(appointment().uid, pair.operator.person.email, **other)


def test_an_invitation_declined_by_mail_is_told_to_the_coach_and_cancels_nothing(pair: Pair, sign_in: Any) -> None:
    before = appointment()
    stands = (before.starts_at, before.sequence, before.cancelled_at)
    assert take(declined(pair)).outcome is Outcome.COUNTED
    after = appointment()
    assert (after.starts_at, after.sequence, after.cancelled_at) == stands
    assert db.session.get_one(CoachingReview, pair.review_id).state == ReviewState.SCHEDULED
    assert told(pair.coach.person.id) == ["invitation_declined"]
    name = pair.operator.person.given_name
    coach = sign_in(pair.coach)
    assert f"{name} declined by mail" in coach.get("/notifications").get_data(as_text=True)
    home = coach.get("/").get_data(as_text=True)
    assert f"{pair.operator.person.name} declined by mail" in home
    assert f"/reviews/{pair.review_id}/schedule" in home
    for path in (f"/reviews/{pair.review_id}/answers", "/my/calendar"):
        assert "declined by mail" in coach.get(path).get_data(as_text=True)
    assert "declined by mail" in sign_in(pair.operator).get("/my/calendar").get_data(as_text=True)


def test_another_time_answers_the_refusal_and_an_answer_to_the_old_invitation_is_ignored(
    pair: Pair, sign_in: Any
) -> None:
    take(declined(pair))
    begin = appointment().starts_at + timedelta(minutes=15)
    other = {"starts_at": begin, "mode": "video", "place": "", "why": "It was declined."}
    run(scheduling.schedule_review, pair.coach.actor, "", pair.review_id, **other)
    coach = sign_in(pair.coach)
    assert "declined by mail" not in coach.get("/").get_data(as_text=True)
    assert coach.get(f"/reviews/{pair.review_id}/answers").status_code == 204
    late = take(declined(pair, sequence=0, message_id="<2@example.org>"))
    assert late.outcome is Outcome.REFUSED
    assert late.sentence.startswith("It answers invitation number 0; the one that stands is number 1.")
    assert answers() == [("declined", 0)]


def test_the_same_mail_twice_counts_once_and_a_newer_answer_takes_the_place_of_an_older_one(pair: Pair) -> None:
    assert take(declined(pair)).outcome is Outcome.COUNTED
    assert take(b"Received: by relay.example.org\r\n" + declined(pair)).outcome is Outcome.READ_BEFORE
    assert told(pair.coach.person.id) == ["invitation_declined"]
    yes = declined(pair, partstat="ACCEPTED", said_at="20261128T110000Z", message_id="<2@example.org>")
    assert take(yes).outcome is Outcome.COUNTED
    older = declined(pair, said_at="20261128T103000Z", message_id="<3@example.org>")
    assert "before an answer of the same person" in take(older).sentence
    assert answers() == [("declined", 0), ("accepted", 0)]


def test_a_proposal_is_told_with_its_time_and_moves_nothing(pair: Pair, sign_in: Any) -> None:
    stands = appointment().starts_at
    times = "DTSTART:20301214T140000Z\nDTEND:20301214T144500Z\n"
    assert take(declined(pair, method="COUNTER", partstat="TENTATIVE", more=times)).outcome is Outcome.COUNTED
    assert appointment().starts_at == stands
    assert told(pair.coach.person.id) == ["other_time_proposed"]
    assert "14-Dec-2030 15:00 CET" in sign_in(pair.coach).get("/").get_data(as_text=True)


def test_what_somebody_else_sends_in_their_name_changes_nothing(pair: Pair) -> None:
    stranger = someone(Role.OPERATOR, a_site())
    uid, who, eve = appointment().uid, pair.operator.person.email, stranger.person.email
    for number, (mail, sentence) in enumerate(
        [
            (an_answer(uid, who, sender=eve), "another address"),
            (an_answer(uid, eve), "not invited"),
            (an_answer("review-0@candor", who), "not known here"),
            (b"x" * (LARGEST + 1), "larger than"),
        ],
        1,
    ):
        taken = take(mail)
        assert taken.outcome is Outcome.REFUSED
        assert sentence in taken.sentence
        assert len(db.session.scalars(select(ReadMail)).all()) == number
    assert answers() == []
    assert told(pair.coach.person.id) == []


def test_after_a_cancellation_an_answer_is_ignored(pair: Pair) -> None:
    mail = declined(pair, sequence=1)
    run(scheduling.cancel_review, pair.coach.actor, "", pair.review_id, reason="ill")
    assert "was cancelled" in take(mail).sentence


def test_nobody_but_the_two_is_told_what_was_answered(pair: Pair, sign_in: Any) -> None:
    take(declined(pair))
    for role in Role:
        browser = sign_in(someone(role, everywhere=role in {Role.QA, Role.INSPECTOR, Role.ADMINISTRATOR}))
        assert browser.get(f"/reviews/{pair.review_id}/answers").status_code == 204
        for path in ("/", "/my/calendar", "/trail", "/calendars/answers"):
            assert "declined" not in browser.get(path).get_data(as_text=True), (role, path)


def test_an_administrator_sees_that_mails_came_and_not_from_whom(pair: Pair, sign_in: Any) -> None:
    take(declined(pair))
    take(an_answer("review-0@candor", "eve@example.org"))
    browser = sign_in(someone(Role.ADMINISTRATOR))
    page = browser.get("/calendars/answers").get_data(as_text=True)
    assert "not known here" in page
    for words in (pair.operator.person.email, pair.operator.person.family_name, "eve@", "review-0"):
        assert words not in page
    assert "not known here" in browser.get("/calendars/answers.csv").get_data(as_text=True)


def test_the_invitation_is_a_mail_with_words_and_a_calendar_as_alternatives(pair: Pair) -> None:
    message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "mail")).first()
    assert message is not None
    mail = compose(message.id, message.payload, message.created_at)
    assert mail.get_content_type() == "multipart/alternative"
    words, calendar = mail.iter_parts()
    assert words.get_content_type() == "text/plain"
    assert calendar.get_content_type() == "text/calendar"
    assert (calendar.get_param("method"), calendar.get_content_charset()) == ("REQUEST", "utf-8")
    [event] = Calendar.from_ical(calendar.get_payload(decode=True)).walk("VEVENT")
    assert str(event["ORGANIZER"]) == "mailto:candor@localhost"
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"


def test_a_file_a_folder_an_mbox_and_a_maildir_are_read_from_the_command_line(pair: Pair, tmp_path: Path) -> None:
    mails = [declined(pair, message_id="<1@x>"), an_answer("u", "eve@example.org", message_id="<2@x>")]
    (tmp_path / "one.eml").write_bytes(mails[0])
    (tmp_path / "two.eml").write_bytes(mails[1])
    box = mailbox.mbox(tmp_path / "mbox")
    folder = mailbox.Maildir(tmp_path / "maildir")
    for mail in mails:
        box.add(mail)
        folder.add(mail)
    box.close()

    def said(path: Path) -> str:
        result = CliRunner().invoke(calendars, ["read-replies", str(path)], catch_exceptions=False)
        assert result.exit_code == 0
        return result.output

    assert said(tmp_path / "one.eml").startswith("1 mails, 1 answers counted.")
    for path in (tmp_path, tmp_path / "mbox", tmp_path / "maildir"):
        output = said(path)
        assert output.startswith("2 mails, 0 answers counted."), path
        assert "read before" in output
    assert said(tmp_path / "maildir").startswith("0 mails")
    assert len(list((tmp_path / "maildir" / "cur").glob("*:2,S"))) == 2
    assert answers() == [("declined", 0)]


def test_a_path_without_mail_is_refused_with_a_sentence(app: Flask, tmp_path: Path) -> None:
    result = CliRunner().invoke(calendars, ["read-replies", str(tmp_path / "none")])
    assert "There is no mail at" in str(result.exception)


def test_a_maildir_of_the_settings_is_read_by_the_scheduler(app: Flask, pair: Pair, tmp_path: Path) -> None:
    folder = mailbox.Maildir(tmp_path / "box")
    folder.add(declined(pair))
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], replies_url=f"maildir:{tmp_path}/box")
    assert read_replies() == 1
    assert read_replies() == 0
    assert answers() == [("declined", 0)]


def test_an_imap_mailbox_is_read_once_and_what_is_too_large_is_not_fetched(app: Flask, pair: Pair) -> None:
    with imap_server() as box:
        box.deliver(declined(pair))
        box.deliver(b"From: eve@example.org\r\n\r\n" + b"x" * LARGEST)
        box.deliver(declined(pair, partstat="ACCEPTED", said_at="20261128T110000Z", message_id="<2@example.org>"))
        address = f"imap://{box.login}:{box.password}@127.0.0.1:{box.port}/INBOX"
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], replies_url=address)
        assert read_replies() == 2
        assert box.seen == {1, 2, 3}
        assert not any(command.startswith("UID FETCH 2 (BODY") for command in box.commands)
        asked = len(box.commands)
        assert read_replies() == 0
        assert not any("FETCH" in command for command in box.commands[asked:])
    assert answers() == [("declined", 0), ("accepted", 0)]


def test_a_mailbox_that_cannot_be_read_says_so_without_its_password_and_nothing_breaks(app: Flask, caplog: Any) -> None:
    with imap_server() as box:
        for address in (
            f"imap://{box.login}:wrong-secret@127.0.0.1:{box.port}/INBOX",
            f"imap://{box.login}:{box.password}@127.0.0.1:{box.port}/Other",
            "imap://candor:wrong-secret@127.0.0.1:9/INBOX",
            "maildir:/nowhere",
        ):
            caplog.clear()
            app.config["SETTINGS"] = replace(app.config["SETTINGS"], replies_url=address)
            assert read_replies() == 0
            assert "cannot be read" in caplog.text
            assert "secret" not in caplog.text


def test_a_mail_whose_reading_broke_comes_again(app: Flask, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    with imap_server() as box:
        box.deliver(declined(pair))
        address = f"imap://{box.login}:{box.password}@127.0.0.1:{box.port}/INBOX"
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], replies_url=address)

        def breaks(*_: object, **__: object) -> None:
            raise RuntimeError("the database is away")

        with monkeypatch.context() as patch:
            patch.setattr("coaching.replies.jobs.take", breaks)
            with pytest.raises(RuntimeError):
                read_replies()
        assert box.seen == set()
        assert read_replies() == 1


def test_the_page_of_ones_calendar_asks_six_times_at_most_whatever_was_answered(
    pair: Pair, sign_in: Any, queries: Any
) -> None:
    browser = sign_in(pair.coach)
    counts = []
    for _ in range(2):
        with queries() as seen:
            assert browser.get("/my/calendar").status_code == 200
        counts.append(len(seen))
        take(declined(pair))
    assert counts[0] == counts[1] <= 6


def test_a_follow_up_is_an_invitation_too_and_a_refusal_of_it_is_told(app: Flask, sign_in: Any) -> None:
    circle = a_closed_circle()
    coach, operator = circle.coach.person, circle.operator.person
    uid, sequence = circle.meeting.uid, circle.meeting.version
    sent = [m for m in db.session.scalars(select(OutboxMessage)) if m.unique_key.startswith("mail:follow-up:")]
    assert {message.payload["to"] for message in sent} == {coach.email, operator.email}
    [event] = Calendar.from_ical(sent[0].payload["calendar"]).walk("VEVENT")
    assert (str(event["uid"]), event["sequence"]) == (uid, sequence)
    assert str(event["summary"]) == "Coaching review"
    assert take(an_answer(uid, "somebody@else.example")).outcome is Outcome.REFUSED
    assert take(an_answer(uid, operator.email, sequence=sequence + 1)).outcome is Outcome.REFUSED
    assert "invitation_declined" not in told(coach.id)
    assert take(an_answer(uid, operator.email, sequence=sequence)).outcome is Outcome.COUNTED
    assert told(coach.id).count("invitation_declined") == 1
    assert circle.meeting.uid == uid
    assert circle.meeting.starts_at is not None, "a refusal moves nothing"
