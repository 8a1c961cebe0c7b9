"""After a redaction the words are nowhere, the trail verifies, and nobody can erase without a redaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import event, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from lms import clock
from lms.answers.commands import report_deviation
from lms.audit import cli, sealer
from lms.audit.models import AuditEvent, PayloadErasure
from lms.audit.proofs import prove_record
from lms.audit.report import Fault
from lms.audit.verification import verify
from lms.capas import commands as capas
from lms.capas.models import Capa
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.ids import new_id
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.redactions.commands import redact_words
from lms.redactions.models import Redaction
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.signatures.models import Signature
from lms.unit_of_work import run
from tests.factories.deviations import stored, triage
from tests.factories.people import PASSWORD, Someone, a_site, someone
from tests.rooms.audit.attacker import attacker
from tests.rooms.redactions.searching import columns_with, files_with

WORDS = "Grünwald Zacharias"
STORY = f"The bag of {WORDS} was scanned twice. Stopped at the hatch."
REASON = "A patient was named."


@pytest.fixture
def chidi(app: Flask) -> Someone:
    return someone()


@pytest.fixture
def named(chidi: Someone, dana: Someone) -> UUID:
    """A deviation that names a patient in its story, in QA's answer and in an action; then classified anew without it."""
    happened = clock.now() - timedelta(hours=1)
    told = {"description": STORY, "occurred_at": happened, "immediate_action": f"Told {WORDS.upper()}'s ward."}
    deviation_id = run(report_deviation, chidi.actor, "reported", site_id=a_site().id, **told).id
    answer = f"Thank you. The label of {WORDS} was loose."
    triage(dana, deviation_id, severity_rationale="Would have mixed two bags.", answer=answer)
    triage(dana, deviation_id, severity_rationale="Would have mixed two bags up.", answer=answer)
    run(
        capas.open_capa,
        dana.actor,
        f"Label of {WORDS} anew",
        deviation_id,
        kind="corrective",
        title=f"Label of {WORDS} anew",
        description="",
        owner_id=dana.person.id,
        due_on=date(2099, 1, 1),
    )
    sealer.seal()
    return deviation_id


def redact(qa: Someone, deviation_id: UUID, *, words: str = WORDS, reason: str = REASON, version: int = 0) -> UUID:
    version = version or stored(deviation_id).version
    return run(redact_words, qa.signing, reason, deviation_id, version=version, words=words, reason=reason).id


def kept(redaction_id: UUID) -> Redaction:
    db.session.expire_all()
    return db.session.get_one(Redaction, redaction_id)


def test_the_words_are_nowhere_in_either_database_and_the_trail_verifies(named: UUID, dana: Someone) -> None:
    held = ["capa.title", "deviation.answer", "deviation.description", "deviation.immediate_action"]
    assert columns_with("Zacharias") == ["audit_event.payload", *held, "deviation.title", "notification.arguments"]
    events, size = db.session.scalar(select(func.count()).select_from(AuditEvent)), verify().size
    root = verify().root
    made = kept(redact(dana, named))
    assert columns_with(WORDS) == []
    for part in ("Zacharias", "u00fcnwald"):
        assert columns_with(part) == [], part
    report = verify()
    assert report.ok, report.first
    assert (report.redacted, report.size, report.root) == (made.events, size, root)
    sealer.sign_checkpoint()
    assert verify().ok
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) > events
    assert (made.left_in_reasons, made.role, made.reason) == (0, "qa", REASON)
    record = stored(named)
    assert record.description == "The bag of [redacted] was scanned twice. Stopped at the hatch."
    assert record.title == "The bag of [redacted] was scanned twice"
    assert record.immediate_action == "Told [redacted]'s ward."


@pytest.fixture
def careless_sqlite(app: Flask) -> Iterator[None]:
    """SQLite as some build it: what is freed in a page keeps its bytes."""

    def keep_bytes(connection: Any, _record: object) -> None:
        connection.execute("pragma secure_delete = off")

    if db.engine.dialect.name == "sqlite":
        db.session.remove()
        db.engine.dispose()
        event.listen(db.engine, "connect", keep_bytes)
    yield
    if db.engine.dialect.name == "sqlite":
        event.remove(db.engine, "connect", keep_bytes)
        db.engine.dispose()


@pytest.mark.usefixtures("careless_sqlite")
def test_the_bytes_are_gone_from_the_files_once_they_are_written_anew(named: UUID, dana: Someone) -> None:
    """On SQLite the log and freed places hold them until then; PostgreSQL's files are not read here, its tables are above."""
    redact(dana, named)
    if db.engine.dialect.name == "sqlite":
        assert files_with(WORDS) != [], "if this fails, scrubbing is no longer needed: say so on the page"
    done = CliRunner().invoke(cli.scrub)
    assert done.exit_code == 0, done.output
    if db.engine.dialect.name == "sqlite":
        assert files_with(WORDS) == []
        assert files_with("Zacharias") == []
    assert verify().ok


def test_the_erased_events_are_those_that_held_the_words_and_each_is_named_by_an_event(
    named: UUID, dana: Someone
) -> None:
    rows = db.session.execute(select(AuditEvent.id, AuditEvent.payload)).all()
    held = {row.id for row in rows if "Zacharias" in row.payload or "ZACHARIAS" in row.payload}
    act = redact(dana, named)
    db.session.rollback()
    empty = set(
        db.session.scalars(select(AuditEvent.id).where(AuditEvent.payload.is_(None), AuditEvent.salt.is_(None)))
    )
    assert empty == held
    told = db.session.scalars(select(AuditEvent.payload).where(AuditEvent.rtype == "payload_erasure")).all()
    assert {json.loads(payload)["event_id"][1] for payload in told} == {str(event_id) for event_id in held}
    assert {json.loads(payload)["act_id"][1] for payload in told} == {str(act)}
    assert db.session.scalar(select(func.count()).where(Signature.record_id == act)) == 1


def test_what_comes_after_a_redaction_is_replayed_again(named: UUID, dana: Someone) -> None:
    """History goes on from what the redaction says the record holds: a later forged value is still found."""
    redact(dana, named)
    triage(dana, named, answer="Thank you again.")
    sealer.seal()
    assert verify().ok
    with attacker() as dba:
        dba.edit("deviation", named, answer="forged")
    report = verify()
    assert report.first is not None
    assert (report.first.fault, report.first.record) == (Fault.ROW_DIFFERS, f"deviation {named}")
    assert '“answer” is "forged"' in report.first.sentence


def test_a_record_can_still_be_proven_and_the_command_line_counts(named: UUID, dana: Someone) -> None:
    redact(dana, named)
    proof = prove_record(named)
    assert [event["payload"] is None for event in proof["events"]] == [True, True, False, False]
    done = CliRunner().invoke(cli.verify)
    assert done.exit_code == 0
    assert "redacted         " in done.output
    assert "Everything agrees." in done.output


# -- who erases without a redaction ----------------------------------------------------------------------------------------


def events_of(record_id: UUID) -> list[UUID]:
    found = list(
        db.session.scalars(select(AuditEvent.id).where(AuditEvent.rid == str(record_id)).order_by(AuditEvent.id))
    )
    db.session.rollback()
    return found


@pytest.mark.parametrize(
    "change",
    [
        "payload = null, salt = null",
        "payload = null",
        "payload = '{}'",
        "body = '{}'",
        "payload = null, salt = null, body = '{}'",
    ],
)
def test_the_database_itself_refuses_to_erase_or_edit_an_event(named: UUID, change: str) -> None:
    first = events_of(named)[0]
    spelled = str(first) if db.engine.dialect.name == "postgresql" else first.hex
    with db.engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text(f"update audit_event set {change} where id = '{spelled}'"))  # noqa: S608 - own words


@pytest.mark.parametrize("column", ["body", "rid", "rtype", "leaf", "at"])
def test_a_recorded_erasure_lets_nothing_else_through(named: UUID, dana: Someone, column: str) -> None:
    act, site_id = redact(dana, named), stored(named).site_id
    target = events_of(dana.person.id)[0]
    events = AuditEvent.__table__
    changed = {"leaf": bytes(32), "at": clock.now()}.get(column, "x")
    with db.engine.connect() as connection:
        forged = {"id": new_id(), "version": 1, "event_id": target, "act_id": act, "site_id": site_id}
        connection.execute(insert(PayloadErasure).values(forged))
        connection.commit()
        erasing = update(events).where(events.c.id == target).values(payload=None, salt=None)
        with pytest.raises(DatabaseError, match="append-only"):
            connection.execute(erasing.values({column: changed}))
        connection.rollback()
        connection.execute(erasing)  # what it was recorded for passes, once
        with pytest.raises(DatabaseError, match="append-only"):
            connection.execute(erasing)


def test_an_erasure_is_never_changed_or_taken_back(named: UUID, dana: Someone) -> None:
    redact(dana, named)
    for statement in ("update payload_erasure set act_id = id, version = version + 1", "delete from payload_erasure"):
        with db.engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
            connection.execute(text(statement))


def blot_out(dba: Any, event_id: UUID) -> None:
    dba.connection.execute(update(AuditEvent).where(AuditEvent.id == event_id).values(payload=None, salt=None))


def test_payloads_erased_without_a_redaction_are_found(named: UUID) -> None:
    target = events_of(named)[0]
    with attacker() as dba:
        blot_out(dba, target)
    report = verify()
    assert report.by_fault[Fault.PAYLOAD_MISSING] == 1
    assert report.first is not None
    assert report.first.record == f"deviation {named}"


def test_an_erasure_that_was_only_written_into_its_table_is_found(named: UUID, dana: Someone) -> None:
    """The attacker borrows the signed act of another redaction; the row that he adds has no event."""
    act = redact(dana, named)
    site_id = stored(named).site_id
    target = events_of(stored(named).reported_by_id or named)[0]
    with attacker() as dba:
        forged = {"id": new_id(), "version": 1, "event_id": target, "act_id": act, "site_id": site_id}
        dba.connection.execute(insert(PayloadErasure).values(forged))
        blot_out(dba, target)
    report = verify()
    assert report.by_fault == {Fault.ROW_WITHOUT_EVENT: 1}


def test_an_erasure_without_a_signed_act_does_not_count(named: UUID, dana: Someone) -> None:
    act = redact(dana, named)
    with attacker() as dba:
        signature = dba.connection.scalar(select(Signature.id).where(Signature.record_id == act))
        dba.delete("signature", signature)
    report = verify()
    assert report.by_fault[Fault.PAYLOAD_MISSING] > 0
    assert report.by_fault[Fault.ROW_MISSING] == 1


def test_the_events_of_erasures_themselves_may_not_be_erased(named: UUID, dana: Someone) -> None:
    redact(dana, named)
    target, erasure = db.session.execute(
        select(AuditEvent.id, AuditEvent.rid).where(AuditEvent.rtype == "payload_erasure").limit(1)
    ).one()
    act, site_id = db.session.execute(select(PayloadErasure.act_id, PayloadErasure.site_id).limit(1)).one()
    with attacker() as dba:
        forged = {"id": new_id(), "version": 1, "event_id": target, "act_id": act, "site_id": site_id}
        dba.connection.execute(insert(PayloadErasure).values(forged))
        blot_out(dba, target)
    found = {(finding.fault, finding.record) for finding in verify().findings}
    assert (Fault.PAYLOAD_MISSING, f"payload_erasure {erasure}") in found


# -- what it refuses -------------------------------------------------------------------------------------------------------


def test_it_needs_a_signature_a_reason_without_the_words_and_words_that_stand_there(named: UUID, dana: Someone) -> None:
    version = stored(named).version
    with pytest.raises(NotAllowed, match="password"):
        run(redact_words, dana.actor, "x", named, version=version, words=WORDS, reason=REASON)
    with pytest.raises(NotAllowed, match="Say why"):
        redact(dana, named, reason=" ")
    with pytest.raises(NotAllowed, match="without the words"):
        redact(dana, named, reason=f"{WORDS.lower()} was named")
    with pytest.raises(NotAllowed, match="three letters"):
        redact(dana, named, words="a")
    with pytest.raises(NotAllowed, match="do not stand"):
        redact(dana, named, words="Somebody Else")
    with pytest.raises(StaleForm):
        redact(dana, named, version=version + 1)
    with pytest.raises(NotFound):
        redact(someone(Role.QA, a_site("BBB")), named)
    assert stored(named).description == STORY
    assert verify().redacted == 0


def test_words_that_were_changed_long_ago_are_erased_from_the_trail_alone(named: UUID, dana: Someone) -> None:
    """The old answer stands in no field any more; the trail still has it."""
    secret = "Mathilda Quast"
    triage(dana, named, answer=f"Thank you, {secret}.")
    triage(dana, named, answer="Thank you.")
    redact(dana, named, words=secret)
    assert columns_with(secret) == []
    assert verify().ok


def test_a_reason_that_holds_the_words_is_counted_and_said(named: UUID, dana: Someone, sign_in: Any) -> None:
    run(capas.open_capa, dana.actor, f"because of {WORDS} again", named, kind="preventive", title="Another label",
        description="", owner_id=dana.person.id, due_on=date(2099, 1, 1))  # fmt: skip
    made = kept(redact(dana, named))
    assert made.left_in_reasons == 1
    assert columns_with(WORDS) == ["audit_event.body"]
    page = sign_in(dana).get(f"/deviations/{named}/beside").get_data(as_text=True)
    assert "The reason of 1 event holds the words" in page


# -- pages -----------------------------------------------------------------------------------------------------------------


def test_qa_redacts_on_a_page_and_the_record_says_so(named: UUID, dana: Someone, chidi: Someone, sign_in: Any) -> None:
    browser = sign_in(dana)
    page = browser.get(f"/deviations/{named}/redact").get_data(as_text=True)
    assert "Backups made before keep the words" in page
    form = {"words": WORDS, "reason": REASON, "password": "wrong", "version": str(stored(named).version)}
    refused = browser.post(f"/deviations/{named}/redact", data=form)
    assert refused.status_code == 422
    assert WORDS in unescape(refused.get_data(as_text=True))
    done = browser.post(f"/deviations/{named}/redact", data={**form, "password": PASSWORD})
    assert done.status_code == 302
    beside = browser.get(f"/deviations/{named}/beside").get_data(as_text=True)
    assert "Redacted on" in beside
    assert "QA" in beside
    assert REASON in beside
    for path in (f"/deviations/{named}", f"/trail?record=deviation&id={named}", "/capas", "/deviations.csv"):
        assert "Zacharias" not in browser.get(path).get_data(as_text=True), path
    assert "Redacted: old and new values were erased" in browser.get(f"/trail?record=deviation&id={named}").get_data(
        as_text=True
    )
    told = sign_in(chidi).get("/notifications").get_data(as_text=True)
    assert "Zacharias" not in told
    assert stored(named).number in told


def test_nobody_else_redacts(named: UUID, chidi: Someone, sign_in: Any) -> None:
    assert sign_in(chidi).get(f"/deviations/{named}/redact").status_code == 403
    assert sign_in(someone(Role.SITE_LEAD)).get(f"/deviations/{named}/redact").status_code == 403
    elsewhere = sign_in(someone(Role.QA, a_site("BBB")))
    assert elsewhere.get(f"/deviations/{named}/redact").status_code == 404


def test_a_backup_made_before_keeps_the_words(named: UUID, dana: Someone, tmp_path: Path) -> None:
    """What the page says is so: only the installation's own data is reached."""
    from lms.backup.backing_up import back_up

    back_up(tmp_path / "before.tar")
    redact(dana, named)
    CliRunner().invoke(cli.scrub)
    back_up(tmp_path / "after.tar")
    if db.engine.dialect.name == "sqlite":  # PostgreSQL's dump is compressed
        assert WORDS.encode() in (tmp_path / "before.tar").read_bytes()
        assert WORDS.encode() not in (tmp_path / "after.tar").read_bytes()
    assert db.session.scalars(select(Capa.title)).one() == "Label of [redacted] anew"
    assert db.session.scalars(select(Deviation.title)).one().startswith("The bag of [redacted]")
    assert db.session.scalars(select(Notification.arguments)).all()
