"""Reading the mailbox in which answers to invitations arrive."""

from __future__ import annotations

import imaplib
from collections.abc import Iterable

from flask import current_app
from sqlalchemy.exc import IntegrityError

from coaching.replies.commands import TakenMail, take_reply
from coaching.replies.mail_reading import key_of, read_reply
from coaching.replies.mailboxes import mails_at
from coaching.replies.rules import Outcome
from lms.permissions import Actor
from lms.refusals import NotAllowed
from lms.unit_of_work import run

READER = Actor.system("read_replies")


def read_replies() -> int:
    """Read the answers that came to the mailbox of the settings; return how many counted. Nothing without a mailbox."""
    address = current_app.config["SETTINGS"].replies_url
    if not address:
        return 0
    try:
        return sum(taken.outcome is Outcome.COUNTED for taken in take_all(mails_at(address)))
    except (OSError, imaplib.IMAP4.error, NotAllowed) as error:
        # not the address: it holds a password
        current_app.logger.warning("the mailbox of answers cannot be read: %s", type(error).__name__)
        return 0


def take_all(mails: Iterable[bytes]) -> Iterable[TakenMail]:
    """Take one mail after the other, each in a transaction of its own, and yield what became of it."""
    for data in mails:
        yield take(data)


def take(data: bytes) -> TakenMail:
    """Read one mail and keep the answer that it brings, if any."""
    try:
        reply, sentence = read_reply(data), ""
    except NotAllowed as refusal:
        reply, sentence = None, str(refusal)
    try:
        return run(take_reply, READER, "answer by mail", key=key_of(data), reply=reply, sentence=sentence)
    except IntegrityError:
        return TakenMail(Outcome.READ_BEFORE, "It is being read by another process.")
