"""What the trail finds of the attacks of a database owner, beside what a plain hash chain finds."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from lms.audit import keys, sealer
from lms.audit.report import VerifyReport
from lms.audit.verification import verify
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity.models import RoleAssignment
from lms.permissions import Role
from lms.unit_of_work import run
from tests.factories.people import INSTALLER, someone
from tests.rooms.audit.attacker import attacker
from tests.rooms.audit.attacks import ATTACKS, World
from tests.rooms.audit.signing import sign


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    """A trail of several stages, each with a checkpoint of which a copy is kept outside."""

    def keep_outside() -> None:
        (tmp_path / f"stage {len(list(tmp_path.iterdir()))}.note").write_text(sealer.sign_checkpoint())

    def correct(person_id: UUID, family_name: str) -> None:
        run(
            identity.correct_person,
            INSTALLER,
            "test",
            person_id,
            given_name="Given",
            family_name=family_name,
            email=f"{family_name}@example.org",
        )

    anna, berta = someone(Role.QA), someone(Role.OPERATOR)
    anna_id, berta_id = anna.person.id, berta.person.id
    keep_outside()
    correct(anna_id, "First")
    correct(berta_id, "Other")
    signature = sign(anna_id)
    keep_outside()
    correct(anna_id, "Second")
    keep_outside()
    correct(berta_id, "Another")
    correct(anna_id, "Third")
    keep_outside()
    settings = app.config["SETTINGS"]
    role = db.session.scalars(select(RoleAssignment.id).where(RoleAssignment.person_id == anna_id)).one()
    db.session.rollback()
    return World(anna_id, berta_id, role, signature, keys.signing_key(settings), settings.audit_origin)


def test_the_untouched_trail_verifies(world: World, tmp_path: Path) -> None:
    report = verify(anchors=tmp_path)
    assert report.ok, report.first
    assert (report.checkpoints, report.anchors, report.fences_missing) == (4, 4, ())


RESULTS: list[tuple[str, bool, VerifyReport]] = []


@pytest.mark.parametrize("words", ATTACKS)
def test_an_attack_is_found_and_the_first_record_named(words: str, world: World, tmp_path: Path) -> None:
    make, chain_finds = ATTACKS[words]
    with attacker() as dba:
        assert not dba.chain.finds_a_break()
        expected = make(dba, world)
        found_by_chain = dba.chain.finds_a_break()
    sealer.seal()
    report = verify(anchors=tmp_path)
    RESULTS.append((words, found_by_chain, report))
    first = report.first
    assert first is not None, "not found"
    assert (first.fault, first.record) == (expected.fault, expected.record), report.findings
    if first.until is None:
        assert first.seq == expected.seq, report.findings
    elif expected.seq is not None:
        assert first.seq is not None
        assert first.seq <= expected.seq < first.until, report.findings
    assert report.exit_code == 1
    assert report.fences_missing
    assert found_by_chain == chain_finds


def test_the_matrix_of_attacks(capsys: pytest.CaptureFixture[str]) -> None:
    """Printed for the reader: which attack each kind of log finds. Fails where an attack was left out."""
    if len(RESULTS) != len(ATTACKS):
        pytest.skip("the matrix needs all attacks of this file in one run")
    width = max(map(len, ATTACKS))
    lines = [f"{'attack':<{width}} | chain without replay | Candor"]
    for words, found_by_chain, report in RESULTS:
        assert report.first is not None
        lines.append(f"{words:<{width}} | {'found' if found_by_chain else 'missed':<20} | {report.first.sentence}")
    by_chain = sum(found for _, found, _ in RESULTS)
    lines.append(f"{'found':<{width}} | {f'{by_chain} of {len(RESULTS)}':<20} | {len(RESULTS)} of {len(RESULTS)}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))  # noqa: T201 - the table is the point
    assert by_chain < len(RESULTS)


def test_without_outside_copies_a_cut_with_its_effect_undone_is_not_seen(world: World) -> None:
    """The limit, stated: what nobody outside ever saw can be taken away together with what it did."""
    with attacker() as dba:
        ATTACKS["cut the tail and undo its effect"][0](dba, world)
    assert verify().ok
