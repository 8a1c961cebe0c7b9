"""Where answers are read from: a file, a folder of mails, an mbox, a Maildir or an IMAP mailbox. Pure: no application.

Each source yields one mail after the other. A mail counts as read once the next one is asked for, so that one whose
reading broke comes again.
"""

from __future__ import annotations

import imaplib
import mailbox
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from ssl import create_default_context
from typing import Any
from urllib.parse import unquote, urlsplit

from coaching.replies.mail_reading import LARGEST
from lms.refusals import NotAllowed

#: Mails read in one go; the rest waits for the next.
MOST = 200
#: Seconds that a mail server may take.
PATIENCE = 20
#: Stands for a mail that is too large to be fetched.
TOO_LARGE = b"x" * (LARGEST + 1)


def mails_at(address: str) -> Iterator[bytes]:
    """Yield the mails of an address of the settings: ``maildir:/path`` or ``imaps://user:password@host/mailbox``.

    Raises ``OSError`` or ``imaplib.IMAP4.error`` if it cannot be reached.
    """
    parts = urlsplit(address)
    return _maildir(Path(parts.path)) if parts.scheme == "maildir" else _imap(address)


def mails_in(path: Path) -> Iterator[bytes]:
    """Yield the mails of a file (one mail, or an mbox), a folder of ``.eml`` files, or a Maildir.

    Raises ``NotAllowed`` if there is nothing of the kind.
    """
    if path.is_dir() and (path / "new").is_dir():
        return _maildir(path)
    if path.is_dir():
        return (_first_bytes(file) for file in sorted(path.glob("*.eml")))
    if not path.is_file():
        message = f"There is no mail at {path}. Name a file, a folder of .eml files, an mbox or a Maildir."
        raise NotAllowed(message)
    with path.open("rb") as file:
        is_mbox = file.read(5) == b"From "
    return _mbox(path) if is_mbox else iter([_first_bytes(path)])


def _first_bytes(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)


def _maildir(folder: Path) -> Iterator[bytes]:
    """Yield what is new, and put it among what was seen."""
    if not (folder / "new").is_dir():
        message = f"There is no Maildir at {folder}: it has no folder “new”."
        raise NotAllowed(message)
    for file in sorted((folder / "new").iterdir())[:MOST]:
        yield _first_bytes(file)
        with suppress(FileNotFoundError):  # another program was quicker
            file.rename(folder / "cur" / f"{file.name}:2,S")


def _mbox(path: Path) -> Iterator[bytes]:
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            with box.get_file(key) as file:
                yield file.read(LARGEST + 1)
    finally:
        box.close()


def _imap(address: str) -> Iterator[bytes]:
    """Yield what is not seen, and mark it as seen. What is too large is not fetched."""
    parts = urlsplit(address)
    host = parts.hostname or "localhost"
    server = (
        imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=create_default_context(), timeout=PATIENCE)
        if parts.scheme == "imaps"
        else imaplib.IMAP4(host, parts.port or 143, timeout=PATIENCE)
    )
    try:
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        _check(server.select(_quoted(unquote(parts.path.strip("/")) or "INBOX")))
        [found, *_] = _check(server.uid("search", "UNSEEN"))
        for uid in str(found or b"", "ascii").split()[:MOST]:
            yield _fetched(server.uid, uid)
            _check(server.uid("store", uid, "+FLAGS.SILENT", r"(\Seen)"))
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()


def _fetched(ask: Callable[..., tuple[str, list[Any]]], uid: str) -> bytes:
    [size, *_] = _check(ask("fetch", uid, "(RFC822.SIZE)"))
    digits = bytes(size if isinstance(size, bytes) else b"").rpartition(b"RFC822.SIZE ")[2].split(b")")[0]
    if not digits.strip().isdigit() or int(digits) > LARGEST:
        return TOO_LARGE
    for part in _check(ask("fetch", uid, "(BODY.PEEK[])")):
        if isinstance(part, tuple):
            return bytes(part[1])
    return b""


def _check(answer: tuple[str, list[Any]]) -> list[Any]:
    status, values = answer
    if status != "OK":
        message = "The mail server refused a request."
        raise imaplib.IMAP4.error(message)
    return values


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
