"""A trail that nobody touched verifies; what waits for the sealer is counted and checked as well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms.audit import keys, sealer
from lms.audit.checkpoint import read_note, verify_note
from lms.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditUnsealed
from lms.audit.verification import verify
from lms.extensions import db
from lms.identity import commands as identity
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.people import INSTALLER, someone


def test_an_empty_trail_verifies(app: Flask) -> None:
    report = verify()
    assert (report.ok, report.exit_code, report.size, report.events, report.rows) == (True, 0, 0, 0, 0)


def test_events_verify_before_and_after_sealing(app: Flask) -> None:
    someone(Role.QA)
    before = verify()
    assert before.ok, before.first
    assert before.size == 0
    assert before.unsealed == before.events == db.session.scalar(select(func.count()).select_from(AuditEvent))
    assert before.oldest_unsealed_seconds is not None
    assert sealer.seal() == before.events
    assert sealer.seal() == 0
    after = verify()
    assert after.ok, after.first
    assert (after.size, after.unsealed, after.oldest_unsealed_seconds) == (before.events, 0, None)
    assert after.rows == before.rows == 5
    assert db.session.scalar(select(func.count()).select_from(AuditUnsealed)) == 0


def test_a_record_changed_several_times_leads_to_its_row(app: Flask) -> None:
    person = someone().person
    for number in range(3):
        run(
            identity.correct_person,
            INSTALLER,
            "test",
            person.id,
            given_name="Ánna",
            family_name=f"Nr {number}",
            email="" if number else "anna@example.org",
        )
    sealer.seal()
    assert verify().ok


def test_a_checkpoint_is_signed_over_everything_committed_and_kept_once(app: Flask) -> None:
    someone()
    note = sealer.sign_checkpoint()
    signed = verify_note(note, keys.public_keys(app.config["SETTINGS"]))
    report = verify()
    assert report.ok, report.first
    assert (signed.size, signed.root.hex(), report.checkpoints) == (report.size, report.root, 1)
    assert signed.origin == app.config["SETTINGS"].audit_origin
    assert sealer.sign_checkpoint() == note
    someone()
    assert read_note(sealer.sign_checkpoint()).size > signed.size
    assert db.session.scalar(select(func.count()).select_from(AuditCheckpoint)) == 2


def test_verification_may_start_late_and_still_stands_on_every_leaf(app: Flask) -> None:
    someone()
    sealer.sign_checkpoint()
    whole = verify()
    late = verify(from_seq=3)
    assert late.ok, late.first
    assert (late.size, late.root, late.events) == (whole.size, whole.root, whole.events - 3)


def test_outside_copies_are_compared_and_a_folder_that_is_none_is_refused(app: Flask, tmp_path: Path) -> None:
    someone()
    (tmp_path / "monday.note").write_text(sealer.sign_checkpoint())
    report = verify(anchors=tmp_path)
    assert (report.ok, report.anchors) == (True, 1)
    (tmp_path / "shopping.txt").write_text("milk")
    report = verify(anchors=tmp_path)
    assert report.exit_code == 1
    assert report.first is not None
    assert "shopping.txt" in report.first.sentence
    with pytest.raises(NotAllowed, match="not a folder"):
        verify(anchors=tmp_path / "nowhere")


def test_progress_is_told_to_the_end_and_the_report_is_plain(app: Flask) -> None:
    someone()
    told: list[tuple[int, int]] = []
    report = verify(progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (2 * report.events, 2 * report.events)
    plain = json.loads(json.dumps(report.as_json()))
    assert plain["ok"] is True
    assert plain["first"] is None


def test_production_does_not_make_a_key_by_itself(app: Flask, tmp_path: Path) -> None:
    from dataclasses import replace

    settings = replace(app.config["SETTINGS"], environment="production", data_dir=tmp_path)
    with pytest.raises(NotAllowed, match="candor init"):
        keys.signing_key(settings)
    public = keys.make_signing_key(settings)
    assert (keys.folder(settings) / keys.PRIVATE).stat().st_mode & 0o777 == 0o400
    assert keys.signing_key(settings).public == public
    assert keys.public_keys(settings) == [public]
    with pytest.raises(NotAllowed, match="already"):
        keys.make_signing_key(settings)


def test_leaves_stand_in_the_order_of_their_events_without_a_gap(app: Flask) -> None:
    someone()
    sealer.seal()
    someone()
    sealer.seal()
    leaves = db.session.execute(select(AuditLeaf.seq, AuditLeaf.event_id).order_by(AuditLeaf.seq)).all()
    assert [leaf.seq for leaf in leaves] == list(range(len(leaves)))
    assert [leaf.event_id for leaf in leaves] == sorted(leaf.event_id for leaf in leaves)
