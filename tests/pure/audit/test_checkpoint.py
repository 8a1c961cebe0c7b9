"""Signed notes: what the specification says, and what a forger may try."""

from __future__ import annotations

import base64

import pytest

from lms.audit.checkpoint import BadNote, Checkpoint, PublicKey, SigningKey, read_note, verify_note
from lms.audit.tree import EMPTY_ROOT

#: Published example of a note and its key (Go's package note, whose format C2SP signed-note is).
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_NOTE = """If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
ROOT = bytes(range(32))


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.generate("candor.example/audit")


def test_a_note_says_what_was_signed(key: SigningKey) -> None:
    note = key.sign(Checkpoint("candor.example/audit", 42, ROOT))
    assert note.splitlines()[:3] == ["candor.example/audit", "42", base64.b64encode(ROOT).decode()]
    assert verify_note(note, [key.public]) == Checkpoint("candor.example/audit", 42, ROOT)


def test_keys_are_read_back_as_written(key: SigningKey) -> None:
    assert PublicKey.parse(str(key.public)) == key.public
    assert SigningKey.load(key.dump()).public == key.public
    assert str(PublicKey.parse(PETER)) == PETER


def test_the_published_example_of_the_format_is_signed_as_we_sign() -> None:
    """Its text is no checkpoint, so only the line of the signature is compared: same key id, same Ed25519 message."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    peter = PublicKey.parse(PETER)
    text, _, line = PETERS_NOTE.partition("\n\n")
    signature = base64.b64decode(line.split()[2])
    assert signature[:4] == peter.key_id
    Ed25519PublicKey.from_public_bytes(peter.raw).verify(signature[4:], f"{text}\n".encode())


@pytest.mark.parametrize(
    ("old", "new"), [("\n42\n", "\n43\n"), ("candor.example/audit\n", "other.example\n"), ("AAEC", "AAED")]
)
def test_a_note_changed_by_one_letter_is_refused(key: SigningKey, old: str, new: str) -> None:
    note = key.sign(Checkpoint("candor.example/audit", 42, ROOT))
    with pytest.raises(BadNote, match="false"):
        verify_note(note.replace(old, new, 1), [key.public])


def test_a_strangers_note_is_refused_even_under_our_name(key: SigningKey) -> None:
    stranger = SigningKey.generate(key.name)
    note = stranger.sign(Checkpoint(key.name, 42, ROOT))
    with pytest.raises(BadNote, match="not signed by a key of this installation"):
        verify_note(note, [key.public])
    with pytest.raises(BadNote, match="not signed"):
        verify_note(note, [])


def test_a_witness_may_sign_beside_us(key: SigningKey) -> None:
    checkpoint = Checkpoint(key.name, 0, EMPTY_ROOT)
    witness = SigningKey.generate("witness.example")
    line = witness.sign(checkpoint).splitlines()[-1]
    text, _, ours = key.sign(checkpoint).partition("\n\n")
    assert verify_note(f"{text}\n\n{line}\n{ours}", [key.public]) == checkpoint


@pytest.mark.parametrize(
    "note",
    [
        "",
        "hello",
        "a\nb\nc\n\n",
        "origin\n01\nAAAA\n\n",
        "origin\n1\nAAAA\n\n— a b\n",
        "origin\n1\n!\n\n",
        "\n1\nAAAA\n\n",
    ],
)
def test_what_is_no_checkpoint_is_called_so(note: str) -> None:
    with pytest.raises(BadNote):
        read_note(note)


@pytest.mark.parametrize(
    "text", ["", "name+00000000+AAAA", PETER.replace("c74f", "c74e"), PETER[:-4], "PRIVATE+KEY+a+00+AAAA"]
)
def test_what_is_no_key_is_called_so(text: str) -> None:
    with pytest.raises(BadNote):
        PublicKey.parse(text)
    with pytest.raises(BadNote):
        SigningKey.load(text)
