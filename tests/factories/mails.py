"""Answers to invitations as mail programs send them."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP


def an_answer(
    uid: str,
    who: str,
    *,
    partstat: str = "DECLINED",
    sequence: int = 0,
    method: str = "REPLY",
    said_at: str = "20261128T100000Z",
    sender: str | None = None,
    message_id: str = "<1@example.org>",
    more: str = "",
    before: str = "",
) -> bytes:
    """Return the mail in which ``who`` answers; ``sender`` is another address that the mail comes from."""
    calendar = (
        "BEGIN:VCALENDAR\nPRODID:-//Some program//EN\nVERSION:2.0\n"
        f"METHOD:{method}\n{before}BEGIN:VEVENT\nUID:{uid}\nSEQUENCE:{sequence}\nDTSTAMP:{said_at}\n"
        f"ORGANIZER:mailto:candor@localhost\nATTENDEE;PARTSTAT={partstat};CN=x:mailto:{who}\n{more}"
        "END:VEVENT\nEND:VCALENDAR\n"
    )
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender or f"Somebody <{who}>"
    mail["To"] = "candor@localhost"
    mail["Subject"] = f"{partstat}: Coaching review"
    mail["Message-ID"] = message_id
    mail.set_content("I cannot come, my child is ill.\n")
    mail.add_alternative(
        calendar.replace("\n", "\r\n").encode(),
        maintype="text",
        subtype="calendar",
        params={"method": method, "charset": "utf-8"},
    )
    return bytes(mail)
