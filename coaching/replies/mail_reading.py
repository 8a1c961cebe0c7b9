"""Reading an answer out of a mail (iMIP, RFC 6047). Pure: bytes in, an answer or a sentence out.

Anybody can send a mail. So size, parts and nesting are bounded before anything is parsed, the answer must come from the
address it answers for, and what is read can do little: it is kept beside the appointment and told to the coach.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses
from typing import Any

from coaching.replies.rules import Answer, Reply
from lms.calendar_files.parsing import calendars_of
from lms.refusals import NotAllowed

#: Bytes of a mail, and of its calendar part. Answers of the large programs are below 20 kB.
LARGEST, LARGEST_CALENDAR = 512 * 1024, 64 * 1024
#: Marks of parts inside parts, counted before the mail is taken apart.
MOST_PARTS = 30
_BOUNDARY = re.compile(rb"boundary\s*=", re.IGNORECASE)
_CONTENT = re.compile(rb"^content-type\s*:", re.IGNORECASE | re.MULTILINE)
_BEGIN = re.compile(r"^BEGIN:", re.IGNORECASE | re.MULTILINE)
_ANSWERS = {
    "ACCEPTED": Answer.ACCEPTED,
    "DECLINED": Answer.DECLINED,
    "TENTATIVE": Answer.TENTATIVE,
}


def key_of(data: bytes) -> str:
    """Return what a mail is known by: its Message-ID with sender and calendar, so that nobody else's mail passes for it."""
    try:
        mail = _opened(data)
        parts = [str(mail.get("Message-ID", "")).strip(), str(mail.get("From", "")), _calendar(mail)]
    except NotAllowed:
        parts = [data[:LARGEST].hex()]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def read_reply(data: bytes) -> Reply:
    """Return the answer that a mail brings. Raises ``NotAllowed`` with the reason why it brings none."""
    mail = _opened(data)
    sender = _sender(mail)
    event, method = _event(_calendar(mail))
    attendees = event.get("ATTENDEE", [])
    attendees = attendees if isinstance(attendees, list) else [attendees]
    if method == "REPLY" and len(attendees) != 1:
        raise NotAllowed("It does not answer for exactly one person.")
    attendee = next((one for one in attendees if _address(one) == sender), None)
    if attendee is None:
        raise NotAllowed("It comes from another address than the one it answers for. It counts for nothing.")
    uid = str(event.get("UID", "")).strip()
    if not uid or len(uid) > 120:
        raise NotAllowed("Its answer names no appointment.")
    said_at = _moment(event, "DTSTAMP")
    if said_at is None:
        raise NotAllowed("Its answer has no date.")
    sequence = _sequence(event)
    if method == "COUNTER":
        starts_at, ends_at = _moment(event, "DTSTART"), _moment(event, "DTEND")
        if starts_at is None or ends_at is None or starts_at >= ends_at:
            raise NotAllowed("It proposes another time and does not say which.")
        return Reply(uid, sequence, sender, Answer.PROPOSED, said_at, starts_at, ends_at)
    answer = _ANSWERS.get(str(attendee.params.get("PARTSTAT", "")).upper())
    if answer is None:
        raise NotAllowed("It neither accepts nor declines. A review cannot be handed on to somebody else by mail.")
    return Reply(uid, sequence, sender, answer, said_at)


def _opened(data: bytes) -> Message:
    if len(data) > LARGEST:
        message = f"It is larger than {LARGEST // 1024} kB. An answer to an invitation never is."
        raise NotAllowed(message)
    if len(_BOUNDARY.findall(data)) > MOST_PARTS or len(_CONTENT.findall(data)) > MOST_PARTS:
        raise NotAllowed("It has too many parts within parts.")
    try:
        return message_from_bytes(data, policy=compat32)
    except (RecursionError, ValueError, LookupError) as error:
        raise NotAllowed("It cannot be read as a mail.") from error


def _sender(mail: Message) -> str:
    given = [str(value) for value in mail.get_all("From", [])]
    addresses = [address for _, address in getaddresses([value[:1000] for value in given]) if address]
    if len(given) != 1 or len(addresses) != 1 or len(given[0]) > 1000 or "@" not in addresses[0]:
        raise NotAllowed("It does not come from exactly one address.")
    return addresses[0].strip().lower()


def _calendar(mail: Message) -> str:
    found = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    if not found:
        raise NotAllowed("It has no calendar part, so it is no answer to an invitation.")
    payload = found[0].get_payload(decode=True)
    if not isinstance(payload, bytes) or len(payload) > LARGEST_CALENDAR:
        message = f"Its calendar part is larger than {LARGEST_CALENDAR // 1024} kB."
        raise NotAllowed(message)
    try:
        return payload.decode(str(found[0].get_content_charset("utf-8")))
    except (LookupError, UnicodeDecodeError) as error:
        raise NotAllowed("Its calendar part cannot be read.") from error


def _event(text: str) -> tuple[Any, str]:
    if len(_BEGIN.findall(text)) > MOST_PARTS:
        raise NotAllowed("Its calendar part has too many parts.")
    try:
        calendars = calendars_of(text)
    except ValueError as error:
        raise NotAllowed("Its calendar part cannot be read.") from error
    if len(calendars) != 1:
        raise NotAllowed("Its calendar part is no answer to an invitation.")
    calendar = calendars[0]
    events = [part for part in calendar.subcomponents if part.name == "VEVENT"]
    method = str(calendar.get("METHOD", "")).upper()
    if method not in {"REPLY", "COUNTER"}:
        raise NotAllowed("Its calendar part is no answer to an invitation.")
    if len(events) != 1:
        raise NotAllowed("Its calendar part does not hold exactly one appointment.")
    return events[0], method


def _address(value: object) -> str:
    return str(value).strip().removeprefix("mailto:").removeprefix("MAILTO:").strip().lower()


def _sequence(event: Any) -> int:  # noqa: ANN401 - icalendar is loaded inside
    text = str(event.get("SEQUENCE", "0")).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _moment(event: Any, name: str) -> datetime | None:  # noqa: ANN401 - as above
    value = event.get(name)
    try:
        moment = value.dt if value is not None and not isinstance(value, list) else None
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            return None
        return moment.astimezone(UTC)
    except (ArithmeticError, AttributeError, ValueError):
        return None
