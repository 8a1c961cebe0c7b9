"""A sealed answer tells nothing to whoever holds the database and the server's secrets; it opens for the custodian."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from uuid import UUID

import pytest
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.pwhash import argon2id

from coaching.surveys.instrument import Answers
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.sealing import (
    Effort,
    NewKey,
    SealedAnswer,
    UnlockedKey,
    make_key,
    open_boxes,
    pseudonym,
    seal,
    unlock,
)
from lms.refusals import NotAllowed

QUARTER = Quarter(2026, 4)
PASSPHRASE = "four unrelated wörds here"
QUICK = Effort(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)
PSEUDO = bytes(range(32))
TEAM, USER = UUID(int=0xABCDEF0123456789), UUID(int=0x1122334455667788)
ANSWER = SealedAnswer(1, TEAM, Month(2026, 11), pseudonym(PSEUDO, USER), (6, 2, 7, 5, None, 1, 3))


@pytest.fixture(scope="module")
def made() -> NewKey:
    return make_key(QUARTER, PASSPHRASE, QUICK)


@pytest.fixture(scope="module")
def key(made: NewKey) -> UnlockedKey:
    return unlock(made.file, PASSPHRASE)


@pytest.mark.parametrize("answers", [ANSWER.answers, (None,) * 7, (7,) * 7, (1, 2, 3)])
def test_a_box_has_304_bytes_whatever_was_answered_or_skipped(made: NewKey, answers: Answers) -> None:
    assert len(seal(replace(ANSWER, answers=answers), made.public_key)) == 304


def test_the_custodian_reads_what_was_sealed(made: NewKey, key: UnlockedKey) -> None:
    skipped = replace(ANSWER, answers=(None,) * 7)
    boxes = {b"a": seal(ANSWER, made.public_key), b"b": seal(skipped, made.public_key)}
    opened = open_boxes(boxes, key)
    assert opened.answers == {b"a": ANSWER, b"b": skipped}
    assert opened.unreadable == frozenset()


def test_the_same_answer_is_never_sealed_to_the_same_bytes(made: NewKey) -> None:
    assert seal(ANSWER, made.public_key) != seal(ANSWER, made.public_key)


def readable(box: bytes, server_secrets: list[bytes]) -> list[str]:
    """Return what somebody with the database and every secret of the server reads in a box."""
    hints = {
        "team": TEAM.bytes,
        "team's text": str(TEAM).encode(),
        "person": ANSWER.pseudonym,
        "person's text": str(USER).encode(),
    }
    found = [name for name, hint in hints.items() if hint in box]
    for secret in server_secrets:
        opened = open_boxes({b"a": box}, UnlockedKey(QUARTER, bytes(PrivateKey(secret).public_key), secret))
        found += [f"everything, with {secret.hex()}"] if opened.answers else []
    return found


def test_no_box_opens_with_anything_the_server_holds(made: NewKey, key: UnlockedKey) -> None:
    server = [made.public_key, PSEUDO, secrets.token_bytes(32), bytes(reversed(made.public_key))]
    assert readable(seal(ANSWER, made.public_key), server) == []
    assert readable(seal(ANSWER, made.public_key), [key.private_key])


def test_the_check_notices_an_answer_kept_in_clear() -> None:
    clear = json.dumps({"team": str(TEAM), "pp": ANSWER.pseudonym.hex(), "answers": ANSWER.answers}).encode().ljust(304)
    assert readable(clear, []) == ["team's text"]


def test_what_does_not_open_is_listed_and_a_copied_box_is_one_answer(made: NewKey, key: UnlockedKey) -> None:
    box = seal(ANSWER, made.public_key)
    spoilt = bytes([box[0] ^ 1]) + box[1:]
    other_quarter = seal(replace(ANSWER, month=Month(2027, 1)), made.public_key)
    opened = open_boxes({b"a": box, b"b": box, b"c": spoilt, b"d": other_quarter, b"e": b"", b"f": bytes(304)}, key)
    assert set(opened.answers) == {b"a"}
    assert opened.unreadable == {b"b", b"c", b"d", b"e", b"f"}


@pytest.mark.parametrize(
    "plain",
    [
        bytes(256),
        bytes(255),
        b"\1\0\1" + TEAM.bytes + (2026 * 12 + 10).to_bytes(2, "big") + bytes(256 - 22) + b"x",
        b"\2\0\1" + TEAM.bytes + (2026 * 12 + 10).to_bytes(2, "big") + bytes(256 - 21),
        b"\1\0\1" + bytes(256 - 3),
    ],
    ids=["nothing", "short", "padding", "later layout", "no month"],
)
def test_a_box_with_anything_but_the_layout_inside_is_unreadable(made: NewKey, key: UnlockedKey, plain: bytes) -> None:
    box = SealedBox(PublicKey(made.public_key)).encrypt(plain)
    assert open_boxes({b"a": box}, key).unreadable == {b"a"}


@pytest.mark.parametrize(
    "answer",
    [
        replace(ANSWER, answers=(0,) * 7),
        replace(ANSWER, answers=(256,) * 7),
        replace(ANSWER, answers=(1,) * 8),
        replace(ANSWER, pseudonym=b"short"),
    ],
)
def test_an_answer_that_does_not_fit_is_never_sealed(made: NewKey, answer: SealedAnswer) -> None:
    with pytest.raises(ValueError, match=r"sealed layout|ten bytes"):
        seal(answer, made.public_key)


def test_a_pseudonym_is_one_persons_in_one_quarter_only() -> None:
    assert pseudonym(PSEUDO, USER) == pseudonym(PSEUDO, USER)
    assert len(pseudonym(PSEUDO, USER)) == 10
    assert len({pseudonym(PSEUDO, USER), pseudonym(bytes(32), USER), pseudonym(PSEUDO, TEAM)}) == 3
    with pytest.raises(ValueError, match="32 bytes"):
        pseudonym(b"short", USER)


def test_a_wrong_passphrase_is_refused_with_a_sentence(made: NewKey) -> None:
    with pytest.raises(NotAllowed, match=r"does not open the key of 2026-Q4\. .*nothing was released\.") as refusal:
        unlock(made.file, PASSPHRASE + "!")
    assert refusal.value.field == "passphrase"


def test_the_passphrase_may_be_typed_on_any_keyboard(made: NewKey) -> None:
    assert unlock(made.file, " four unrelated wo\u0308rds here ").private_key


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(NotAllowed, match="at least 16 characters"):
        make_key(QUARTER, "short", QUICK)


def test_the_key_file_shows_neither_passphrase_nor_private_key(made: NewKey, key: UnlockedKey) -> None:
    assert made.file.startswith("Candor survey key, version 1\nquarter: 2026-Q4\n")
    assert made.public_key.hex() in made.file
    assert key.private_key.hex() not in made.file
    assert PASSPHRASE not in made.file
    assert key.private_key.hex() not in repr(key)
    assert str(key.private_key) not in repr(key)


def test_a_key_file_sent_through_mail_with_other_line_ends_still_opens(made: NewKey) -> None:
    assert unlock(made.file.replace("\n", "\r\n"), PASSPHRASE).quarter == QUARTER


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("2026-Q4", "2026-Q3", "was altered"),
        ("public: ", "public: 00", "was altered"),
        ("private: ", "private: 00", "does not open"),
        ("Candor survey key", "Another key", "not a survey key file"),
        ("argon2id 1 ", "argon2id 1000000 ", "not a survey key file"),
        ("argon2id 1 8192 ", "argon2id 1 99999999999 ", "not a survey key file"),
        ("argon2id 1 ", "scrypt 1 ", "not a survey key file"),
        ("private: ", "secret: ", "not a survey key file"),
        ("quarter: 2026-Q4", "quarter: soon", "not a survey key file"),
    ],
)
def test_a_damaged_or_forged_key_file_is_refused_with_a_sentence(
    made: NewKey, old: str, new: str, sentence: str
) -> None:
    assert old in made.file
    with pytest.raises(NotAllowed, match=sentence):
        unlock(made.file.replace(old, new, 1), PASSPHRASE)


@pytest.mark.parametrize("file", ["", "\n", "x" * 5000, "Candor survey key, version 1\nprivate: 00\n"])
def test_any_other_file_is_refused_with_a_sentence(file: str) -> None:
    with pytest.raises(NotAllowed, match="not a survey key file"):
        unlock(file, PASSPHRASE)


def test_a_key_file_whose_private_part_was_cut_is_refused(made: NewKey) -> None:
    cut = made.file.split("private: ")[0] + "private: 0011\n"
    with pytest.raises(NotAllowed, match="does not open"):
        unlock(cut, PASSPHRASE)


def test_the_usual_effort_is_that_of_libsodium_moderate() -> None:
    assert Effort() == Effort(argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE)
