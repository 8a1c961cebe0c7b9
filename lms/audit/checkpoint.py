"""Checkpoints: the size and root of the tree as a signed note that anybody can keep and check without us.

Format: C2SP ``tlog-checkpoint`` (origin, size, root, one a line) in a C2SP ``signed-note`` with an Ed25519 signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lms.audit.tree import HASH_SIZE

#: C2SP signed-note: the number of the signature algorithm, part of what a key's id is made of.
_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class BadNote(ValueError):
    """The text is not a checkpoint, or not one signed by a key we know. The message says which."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note says: whose trail, how many events, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the signed part of the note."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks notes, written ``name+id+base64`` (C2SP signed-note)."""

    name: str
    raw: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.raw).decode()}"

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """Read a written key. Raises ``BadNote`` if it is none, or if its id does not fit."""
        name, _, rest = text.strip().partition("+")
        encoded = rest.partition("+")[2]
        key = cls(name, _decode(encoded)[1:])
        if str(key) != text.strip() or len(key.raw) != HASH_SIZE or not _NAME.fullmatch(name):
            raise BadNote(f"“{text.strip()[:60]}” is not a public key of the form name+id+key.")
        return key


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key of an installation's notes."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        """Return a new key. Raises ``BadNote`` for a name with a space or a plus sign, which notes cannot carry."""
        if not _NAME.fullmatch(name):
            raise BadNote(f"“{name}” cannot name a key: leave out spaces and plus signs.")
        return cls(name, Ed25519PrivateKey.generate())

    @property
    def public(self) -> PublicKey:
        """The key that checks what this one signs."""
        return PublicKey(self.name, self.private.public_key().public_bytes_raw())

    def dump(self) -> str:
        """Return the key as it is kept in its file, ``PRIVATE+KEY+name+id+base64``."""
        encoded = base64.b64encode(_ED25519 + self.private.private_bytes_raw()).decode()
        return f"{_PRIVATE}{self.name}+{self.public.key_id.hex()}+{encoded}\n"

    @classmethod
    def load(cls, text: str) -> SigningKey:
        """Read what ``dump`` wrote. Raises ``BadNote``."""
        name, _, rest = text.strip().removeprefix(_PRIVATE).partition("+")
        raw = _decode(rest.partition("+")[2])
        if not text.startswith(_PRIVATE) or raw[:1] != _ED25519 or len(raw) != HASH_SIZE + 1:
            raise BadNote("The key file does not hold a private key.")
        return cls(name, Ed25519PrivateKey.from_private_bytes(raw[1:]))

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the whole note: the text, an empty line, the signature line."""
        text = checkpoint.text()
        signature = self.public.key_id + self.private.sign(text.encode())
        return f"{text}\n— {self.name} {base64.b64encode(signature).decode()}\n"


def read_note(note: str) -> Checkpoint:
    """Return what the note says, without asking who signed it. Raises ``BadNote``."""
    text, separator, _ = note.partition("\n\n")
    lines = text.split("\n")
    if not separator or len(lines) < 3 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise BadNote("This is not a checkpoint: it should begin with origin, size and root, one a line.")
    found = _decode(lines[2])
    if len(found) != HASH_SIZE:
        raise BadNote("The root in this checkpoint is not a SHA-256 hash.")
    return Checkpoint(lines[0], int(lines[1]), found)


def verify_note(note: str, keys: Iterable[PublicKey]) -> Checkpoint:
    """Return what the note says if one of the keys signed it. Raises ``BadNote``.

    Signatures of others (witnesses) are passed over, as C2SP asks.
    """
    checkpoint = read_note(note)
    text, _, signatures = note.partition("\n\n")
    known = {(key.name, key.key_id): key for key in keys}
    for line in signatures.splitlines():
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        signature = _decode(encoded)
        key = known.get((name, signature[:4]))
        if dash != "—" or key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(signature[4:], f"{text}\n".encode())
        except InvalidSignature:
            raise BadNote(f"The signature under the checkpoint of size {checkpoint.size} is false.") from None
        return checkpoint
    raise BadNote(f"The checkpoint of size {checkpoint.size} is not signed by a key of this installation.")


def _decode(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote(f"“{encoded[:60]}” is not base64.") from None
