"""Answers read out of mails: those of the large programs, and those that somebody sends to do harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from coaching.replies.mail_reading import LARGEST, key_of, read_reply
from coaching.replies.rules import Answer, Reply, Standing, check_counts
from lms.ids import new_id
from lms.refusals import NotAllowed
from tests.factories.mails import an_answer

WHO = "chidi@example.org"
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def test_an_answer_says_who_what_to_which_invitation_and_when() -> None:
    for partstat, answer in (("ACCEPTED", "accepted"), ("TENTATIVE", "tentative"), ("DECLINED", "declined")):
        reply = read_reply(an_answer("review-1@candor", WHO, partstat=partstat, sequence=3))
        assert reply == Reply("review-1@candor", 3, WHO, Answer(answer), datetime(2026, 11, 28, 10, tzinfo=UTC))


def test_another_time_is_read_as_a_proposal() -> None:
    more = "DTSTART;TZID=Europe/Berlin:20261214T150000\nDTEND;TZID=Europe/Berlin:20261214T154500\n"
    reply = read_reply(an_answer("review-1@candor", WHO, method="COUNTER", partstat="TENTATIVE", more=more))
    assert (reply.answer, reply.proposed_starts_at) == (Answer.PROPOSED, datetime(2026, 12, 14, 14, tzinfo=UTC))
    with pytest.raises(NotAllowed, match="does not say which"):
        read_reply(an_answer("review-1@candor", WHO, method="COUNTER"))


def test_an_answer_in_base64_and_with_capitals_is_the_same_answer() -> None:
    plain = an_answer("review-1@candor", WHO)
    capitals = plain.replace(b"Somebody <chidi@example.org>", b'"Obi, Chidi" <CHIDI@EXAMPLE.ORG>')
    assert read_reply(capitals) == read_reply(plain)


@pytest.mark.parametrize(
    ("mail", "sentence"),
    [
        (lambda: an_answer("u", WHO, sender="eve@example.org"), "another address"),
        (lambda: an_answer("u", WHO, sender=f"{WHO}, eve@example.org"), "exactly one address"),
        (lambda: an_answer("u", WHO, sender="eve@example.org <not an address"), "exactly one|another address"),
        (lambda: an_answer("u", WHO, sender=f'"{WHO}" <eve@example.org>'), "another address"),
        (lambda: an_answer("u", WHO).replace(b"From: ", b"From: eve@example.org\r\nFrom: "), "exactly one address"),
        (lambda: an_answer("u", WHO, more="ATTENDEE;PARTSTAT=DECLINED:mailto:eli@example.org\n"), "exactly one person"),
        (lambda: an_answer("u", WHO, method="REQUEST"), "no answer"),
        (lambda: an_answer("u", WHO, method="PUBLISH"), "no answer"),
        (lambda: an_answer("u", WHO, partstat="DELEGATED"), "handed on"),
        (lambda: an_answer("", WHO), "names no appointment"),
        (lambda: an_answer("u" * 200, WHO), "names no appointment"),
        (lambda: an_answer("u", WHO, said_at="yesterday"), "no date"),
        (lambda: an_answer("u", WHO, more="END:VEVENT\nBEGIN:VEVENT\nUID:2\n"), "exactly one appointment"),
        (lambda: an_answer("u", WHO, more="BEGIN:X\n" * 100), "too many parts|cannot be read"),
        (lambda: an_answer("u", WHO).replace(b"text/calendar", b"text/plain"), "no calendar part"),
        (lambda: an_answer("u", WHO).replace(b"utf-8", b"utf-77"), "cannot be read|no calendar part"),
        (lambda: b"", "exactly one address|no calendar part"),
        (lambda: b"\xff\xfe\x00" * 100, "no calendar part|exactly one address"),
        (lambda: an_answer("u", WHO) + b"x" * LARGEST, "larger than"),
        (lambda: an_answer("u", WHO, more=f"X-BOMB:{'x' * 70_000}\n"), "larger than 64 kB"),
    ],
)  # fmt: skip
def test_what_is_no_answer_of_its_sender_is_refused_with_a_sentence(mail: Callable[[], bytes], sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        read_reply(mail())


def test_parts_within_parts_are_counted_before_they_are_taken_apart() -> None:
    nested = b"From: chidi@example.org\r\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(4000)
    )
    forwarded = b"From: chidi@example.org\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 4000
    for mail in (nested, forwarded):
        with pytest.raises(NotAllowed, match="too many parts"):
            read_reply(mail)


def test_a_zone_that_would_take_for_ever_to_look_up_is_refused() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:16010101T000000\nRRULE:FREQ=SECONDLY\n"
        "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    times = "DTSTART;TZID=X:20261214T150000\nDTEND;TZID=X:20261214T154500\n"
    with pytest.raises(NotAllowed, match="cannot be read"):
        read_reply(an_answer("u", WHO, method="COUNTER", more=times, before=zone))


def test_a_mail_is_known_by_what_it_says_not_by_how_it_travelled() -> None:
    mail = an_answer("u", WHO)
    assert key_of(mail) == key_of(b"Received: by relay.example.org\r\n" + mail)
    others = [
        an_answer("u", WHO, message_id="<2@example.org>"),
        an_answer("u", WHO, sender="eve@example.org"),
        an_answer("u", WHO, partstat="ACCEPTED"),
    ]
    assert key_of(mail) not in {key_of(other) for other in others}


STANDING = Standing(2, NOW + timedelta(days=1), is_cancelled=False, invited={WHO: new_id()})


@pytest.mark.parametrize(
    ("reply", "standing", "sentence"),
    [
        ({"sequence": 1}, {}, "answers invitation number 1; the one that stands is number 2"),
        ({"sequence": 3}, {}, "answers invitation number 3"),
        ({"attendee": "eve@example.org"}, {}, "not invited"),
        ({}, {"is_cancelled": True}, "was cancelled"),
        ({}, {"ends_at": NOW}, "is over"),
        ({}, {"last_said_at": NOW}, "before an answer of the same person"),
    ],
)
def test_an_answer_that_does_not_fit_the_appointment_as_it_is_counts_for_nothing(reply, standing, sentence) -> None:
    given = {"uid": "u", "sequence": 2, "attendee": WHO, "answer": Answer.DECLINED, "said_at": NOW - timedelta(hours=1)}
    known = {
        name: getattr(STANDING, name) for name in ("sequence", "ends_at", "is_cancelled", "invited", "last_said_at")
    }
    check_counts(Reply(**given), Standing(**known), NOW)
    with pytest.raises(NotAllowed, match=sentence):
        check_counts(Reply(**{**given, **reply}), Standing(**{**known, **standing}), NOW)
