"""Sealing of answers to a key that the server does not hold, and the custodian's key file. Pure; libsodium by PyNaCl.

A box always has the same 304 bytes, whether everything, something or nothing was answered, so that its size tells
nothing. Scheme: crypto_box_seal (X25519, XSalsa20-Poly1305) around a fixed layout padded with zeros to 256 bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import nacl.utils
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

from coaching.surveys.instrument import MOST_ITEMS, Answers
from coaching.surveys.periods import Month, Quarter
from lms.refusals import NotAllowed

BOX_BYTES: Final = 304
PLAIN_BYTES: Final = 256
PSEUDONYM_BYTES: Final = 10
SECRET_BYTES: Final = 32
LEAST_PASSPHRASE: Final = 16

# layout, instrument code, team, month, pseudonym, answers (0 = left out); big-endian, 38 bytes
_LAYOUT: Final = struct.Struct(f">BH16sH{PSEUDONYM_BYTES}s{MOST_ITEMS}s")
_LAYOUT_VERSION: Final = 1

_HEADING: Final = "Candor survey key, version 1"
_KDF: Final = "argon2id"
#: What opening one key file may cost at most, so that a forged file cannot exhaust the server: libsodium's "sensitive".
_DEAREST_OPERATIONS: Final = argon2id.OPSLIMIT_SENSITIVE
_DEAREST_MEMORY: Final = argon2id.MEMLIMIT_SENSITIVE
_LONGEST_FILE: Final = 4096


@dataclass(frozen=True)
class SealedAnswer:
    """What one box holds. It exists in clear only while it is sealed, and inside a release."""

    instrument: int
    team: UUID
    month: Month
    pseudonym: bytes
    answers: Answers


@dataclass(frozen=True)
class Opened:
    """The boxes of one quarter after opening, by box id, and the ids of those that hold no answer of this key."""

    answers: Mapping[bytes, SealedAnswer]
    unreadable: frozenset[bytes]


@dataclass(frozen=True)
class Effort:
    """Work that argon2id puts into a passphrase: passes, and memory in bytes. The default is libsodium's "moderate"."""

    operations: int = argon2id.OPSLIMIT_MODERATE
    memory: int = argon2id.MEMLIMIT_MODERATE


@dataclass(frozen=True)
class NewKey:
    """A fresh quarter key: the public half goes to the server, the file stays with the custodian."""

    quarter: Quarter
    public_key: bytes
    file: str


@dataclass(frozen=True, repr=False)
class UnlockedKey:
    """The private key in memory, for one release. Its repr is withheld, so that no log or error page can show it."""

    quarter: Quarter
    public_key: bytes
    private_key: bytes


def pseudonym(secret: bytes, user_id: UUID) -> bytes:
    """Return the ten bytes that stand for a person within one quarter: HMAC-SHA256 under the quarter's secret."""
    if len(secret) != SECRET_BYTES:
        message = f"the quarter's secret has {SECRET_BYTES} bytes, not {len(secret)}"
        raise ValueError(message)
    return hmac.digest(secret, user_id.bytes, hashlib.sha256)[:PSEUDONYM_BYTES]


def seal(answer: SealedAnswer, public_key: bytes) -> bytes:
    """Seal one answer to the key of ``answer.month.quarter``; 304 bytes, different each time.

    An instrument with fewer than seven items fills the rest with nulls. Raises ``ValueError`` for an answer that does
    not fit the layout: a fault of the program, since the form has checked it before.
    """
    if len(answer.answers) > MOST_ITEMS or any(
        value is not None and not 1 <= value <= 0xFF for value in answer.answers
    ):
        raise ValueError("an answer does not fit the sealed layout")
    if len(answer.pseudonym) != PSEUDONYM_BYTES:
        raise ValueError("a pseudonym has ten bytes")
    values = bytes(value or 0 for value in answer.answers)
    packed = _LAYOUT.pack(
        _LAYOUT_VERSION, answer.instrument, answer.team.bytes, answer.month.ordinal, answer.pseudonym, values
    )
    return SealedBox(PublicKey(public_key)).encrypt(packed.ljust(PLAIN_BYTES, b"\0"))


def open_boxes(boxes: Mapping[bytes, bytes], key: UnlockedKey) -> Opened:
    """Open the boxes of one quarter, by box id. What does not open, or is not of this quarter, is listed as unreadable.

    Two boxes with the same bytes are one answer copied: sealing never gives the same bytes twice. The copies are
    unreadable.
    """
    opener = SealedBox(PrivateKey(key.private_key))
    answers: dict[bytes, SealedAnswer] = {}
    unreadable: set[bytes] = set()
    seen: set[bytes] = set()
    for box_id, box in boxes.items():
        answer = None if box in seen else _opened(opener, box)
        seen.add(box)
        if answer is None or answer.month.quarter != key.quarter:
            unreadable.add(box_id)
        else:
            answers[box_id] = answer
    return Opened(answers, frozenset(unreadable))


def _opened(opener: SealedBox[PrivateKey], box: bytes) -> SealedAnswer | None:
    try:
        plain = opener.decrypt(box)
    except CryptoError:
        return None
    if len(plain) != PLAIN_BYTES or any(plain[_LAYOUT.size :]):
        return None
    layout, instrument, team, month, person, values = _LAYOUT.unpack_from(plain)
    if layout != _LAYOUT_VERSION:
        return None
    try:
        when = Month.from_ordinal(month)
    except ValueError:
        return None
    return SealedAnswer(instrument, UUID(bytes=team), when, person, tuple(value or None for value in values))


def fingerprint(public_key: bytes) -> str:
    """Return what two people compare of a public key: sixteen hex digits of its SHA-256, in groups of four."""
    digest = hashlib.sha256(public_key).hexdigest()
    return " ".join(digest[start : start + 4] for start in range(0, 16, 4))


def make_key(quarter: Quarter, passphrase: str, effort: Effort = Effort()) -> NewKey:
    """Make the custodian's key pair of one quarter and wrap its private half with a passphrase.

    Raises ``NotAllowed`` for a passphrase that could be guessed. The file is text of a few lines::

        Candor survey key, version 1
        quarter: 2026-Q4
        public: <64 hex digits>
        kdf: argon2id 3 268435456 <salt, 32 hex digits>
        private: <SecretBox around quarter and private key, hex>
    """
    private = PrivateKey.generate()
    public = bytes(private.public_key)
    return NewKey(quarter, public, _wrapped(UnlockedKey(quarter, public, bytes(private)), passphrase, effort))


def key_of(file: str) -> tuple[Quarter, bytes]:
    """Return quarter and public key that a key file names in clear, without opening it.

    Raises ``NotAllowed`` if it is no key file.
    """
    return _parsed(file)[:2]


def rewrap(file: str, old: str, new: str, effort: Effort = Effort()) -> str:
    """Return the same key's file under a new passphrase. Raises ``NotAllowed`` if the old one is wrong or the new one weak."""
    return _wrapped(unlock(file, old), new, effort)


def rehearse() -> None:
    """Seal an invented answer to a throw-away key, and open it again through a key file. Nothing real is touched.

    Raises ``RuntimeError`` if what comes out is not what went in: then nothing may be sealed or released on this machine.
    """
    quarter, words = Quarter(2000, 1), nacl.utils.random(SECRET_BYTES).hex()
    made = make_key(quarter, words, Effort(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN))
    person = nacl.utils.random(PSEUDONYM_BYTES)
    answer = SealedAnswer(1, UUID(bytes=nacl.utils.random(16)), quarter.last_month, person, (1, 2, 3, None, 5, 6, 7))
    opened = open_boxes({b"rehearsal": seal(answer, made.public_key)}, unlock(made.file, words))
    if opened.answers != {b"rehearsal": answer}:
        raise RuntimeError("an answer sealed to a throw-away key did not come out as it went in")


def _wrapped(key: UnlockedKey, passphrase: str, effort: Effort) -> str:
    if len(passphrase.strip()) < LEAST_PASSPHRASE:
        message = f"Choose a passphrase of at least {LEAST_PASSPHRASE} characters; four or five unrelated words do."
        raise NotAllowed(message, field="passphrase")
    salt = nacl.utils.random(argon2id.SALTBYTES)
    secret = f"{key.quarter} ".encode() + key.private_key
    wrapped = bytes(SecretBox(_stretched(passphrase, salt, effort)).encrypt(secret))
    lines = (
        _HEADING,
        f"quarter: {key.quarter}",
        f"public: {key.public_key.hex()}",
        f"kdf: {_KDF} {effort.operations} {effort.memory} {salt.hex()}",
        f"private: {wrapped.hex()}",
    )
    return "\n".join(lines) + "\n"


def unlock(file: str, passphrase: str) -> UnlockedKey:
    """Open a key file with its passphrase. Raises ``NotAllowed`` with a sentence if either is wrong."""
    quarter, public, salt, effort, wrapped = _parsed(file)
    try:
        secret = SecretBox(_stretched(passphrase, salt, effort)).decrypt(wrapped)
    except CryptoError:
        message = f"This passphrase does not open the key of {quarter}. Check it and try again; nothing was released."
        raise NotAllowed(message, field="passphrase") from None
    private = secret.removeprefix(f"{quarter} ".encode())
    # The quarter and the public key stand in clear in the file; only what the seal confirms is believed.
    if len(private) != PrivateKey.SIZE or bytes(PrivateKey(private).public_key) != public:
        raise NotAllowed("This key file was altered after it was made. Use the original one.", field="key_file")
    return UnlockedKey(quarter, public, private)


def _parsed(file: str) -> tuple[Quarter, bytes, bytes, Effort, bytes]:
    not_a_key = NotAllowed(
        "This is not a survey key file. Choose the file made with the quarter's key.", field="key_file"
    )
    lines = file[: _LONGEST_FILE + 1].splitlines()
    if len(file) > _LONGEST_FILE or not lines or lines[0].strip() != _HEADING:
        raise not_a_key
    fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    try:
        quarter = Quarter.parse(fields["quarter"].strip())
        public = bytes.fromhex(fields["public"])
        kdf, operations, memory, salt = fields["kdf"].split()
        effort = Effort(int(operations), int(memory))
        found = quarter, public, bytes.fromhex(salt), effort, bytes.fromhex(fields["private"])
    except (KeyError, ValueError):
        raise not_a_key from None
    affordable = (
        argon2id.OPSLIMIT_MIN <= effort.operations <= _DEAREST_OPERATIONS
        and argon2id.MEMLIMIT_MIN <= effort.memory <= _DEAREST_MEMORY
    )
    if kdf != _KDF or len(found[2]) != argon2id.SALTBYTES or not affordable:
        raise not_a_key
    return found


def _stretched(passphrase: str, salt: bytes, effort: Effort) -> bytes:
    # The same words typed on another keyboard must give the same bytes.
    words = unicodedata.normalize("NFC", passphrase.strip()).encode()
    return argon2id.kdf(SecretBox.KEY_SIZE, words, salt, opslimit=effort.operations, memlimit=effort.memory)
