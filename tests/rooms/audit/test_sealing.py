"""Sealing under load: nothing is lost, doubled or passed over, whoever writes and seals at the same time."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from lms.audit import jobs, keys, sealer
from lms.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditUnsealed
from lms.audit.verification import verify
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity.models import Person
from lms.permissions import Permission
from lms.refusals import NotAllowed
from lms.unit_of_work import COMMANDS, Work, command, run
from tests.factories.people import INSTALLER, someone

if "tests.change_mind" not in COMMANDS:

    @command(needs=Permission.SYSTEM_RUN)
    def change_mind(work: Work, person_id: UUID) -> None:
        """Change a record, then refuse."""
        db.session.get_one(Person, person_id).email = "never@example.org"
        db.session.flush()
        raise NotAllowed("Not after all.")


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


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


def in_threads(app: Flask, *functions: Callable[[], object]) -> None:
    """Run functions at the same time, each in an application context, and raise what one of them raised."""
    failures: list[BaseException] = []
    barrier = threading.Barrier(len(functions))

    def guarded(function: Callable[[], object]) -> None:
        barrier.wait()
        with app.app_context():
            try:
                function()
            except BaseException as failure:  # noqa: BLE001 - raised again in the test's own thread
                failures.append(failure)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=guarded, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_several_sealers_at_once_give_each_event_one_leaf(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "BATCH", 3)
    people = [someone().person.id for _ in range(3)]
    for number in range(5):
        for person in people:
            correct(person, f"Name{number}")
    events = count(AuditEvent)
    sealed: list[int] = []
    in_threads(app, *[lambda: sealed.append(sealer.seal())] * 4)
    assert sum(sealed) == events == count(AuditLeaf)
    assert count(AuditUnsealed) == 0
    report = verify()
    assert report.ok, report.first


def test_sealing_while_people_write_loses_nothing(app: Flask) -> None:
    people = [someone().person.id for _ in range(4)]
    rounds = 15
    before = count(AuditEvent)
    writing = threading.Event()
    done: list[int] = []

    def writer(person: UUID) -> Callable[[], None]:
        def write() -> None:
            for number in range(rounds):
                correct(person, f"Name{number}")
            done.append(1)
            if len(done) == len(people):
                writing.set()

        return write

    def keep_sealing() -> None:
        while not writing.is_set():
            sealer.seal()
            sealer.sign_checkpoint()
            assert verify().ok

    try:
        in_threads(app, keep_sealing, keep_sealing, *[writer(person) for person in people])
    finally:
        writing.set()
    sealer.seal()
    assert count(AuditLeaf) == count(AuditEvent) == before + rounds * len(people)
    report = verify()
    assert report.ok, report.first
    assert report.unsealed == 0
    assert report.checkpoints >= 1


def test_an_aborted_command_leaves_neither_event_nor_gap(app: Flask) -> None:
    person = someone().person.id
    sealer.seal()
    before = count(AuditEvent)
    with pytest.raises(NotAllowed):
        run(COMMANDS["tests.change_mind"], INSTALLER, "test", person)
    correct(person, "After")
    sealer.seal()
    assert count(AuditEvent) == before + 1
    report = verify()
    assert report.ok, report.first
    assert report.size == before + 1


@pytest.mark.postgres
def test_the_sealer_never_passes_a_transaction_that_still_runs(app: Flask) -> None:
    """Ids and transactions commit out of order: what commits late must not find its place taken."""
    if db.engine.dialect.name != "postgresql":
        pytest.skip("transactions overlap on PostgreSQL only (CANDOR_TEST_DATABASE=postgresql)")
    person = someone().person.id
    sealer.seal()
    with db.engine.connect() as slow:
        slow.execute(text("select pg_current_xact_id()"))
        correct(person, "While")
        assert sealer.seal() == 0
        waiting = verify()
        assert waiting.ok
        assert waiting.unsealed == 1
        slow.rollback()
    assert sealer.seal() == 1


def test_the_hourly_checkpoint_is_signed_once_an_hour(app: Flask) -> None:
    someone()
    assert jobs.sign_hourly_checkpoint() is not None
    someone()
    assert jobs.sign_hourly_checkpoint() is None
    assert count(AuditCheckpoint) == 1
    assert jobs.seal_events() > 0


def test_those_who_need_the_first_key_at_once_take_up_the_same(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    for _ in range(10):
        shutil.rmtree(keys.folder(settings), ignore_errors=True)
        taken: list[str] = []
        in_threads(app, *[lambda: taken.append(str(keys.signing_key(settings).public))] * 6)  # noqa: B023 - ends in the round
        assert len(taken) == 6
        assert {*taken} == {str(key) for key in keys.public_keys(settings)}
        assert [path.name for path in keys.folder(settings).glob("*key*")] == [keys.PRIVATE]
