"""What follows from a commit happens once: follow-up commands, mails by SMTP and to files."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from threading import Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms.extensions import db
from lms.identity.models import Account
from lms.outbox import delivery
from lms.outbox.delivery import deliver_outbox, mail_folder
from lms.outbox.models import OutboxMessage
from lms.permissions import Permission
from lms.refusals import NotAllowed
from lms.unit_of_work import COMMANDS, Work, command, run
from tests.factories.people import INSTALLER, someone
from tests.servers.smtp_sink import smtp_sink

if "tests.write_to" not in COMMANDS:

    @command(needs=Permission.SYSTEM_RUN)
    def write_to(work: Work, address: str) -> None:
        """Ask twice for the same mail and the same follow-up, as two causes in one command would."""
        for _ in range(2):
            work.send_mail(key=f"test:{address}", to=address, subject="Termin für Zoë", body="Hello")
            work.follow_up(COMMANDS["tests.close"], f"test:{address}", login=address)

    @command(needs=Permission.SYSTEM_RUN)
    def close(work: Work, *, login: str) -> None:
        """Close an account, or refuse if there is none."""
        account = db.session.scalar(select(Account).where(Account.login == login))
        if account is None:
            raise NotAllowed("There is no such account.")
        account.is_active = False


def test_a_mail_asked_for_twice_leaves_once_and_a_follow_up_runs_as_its_cause(app: Flask) -> None:
    login = someone().login
    with smtp_sink() as sink:
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail_url=f"smtp://127.0.0.1:{sink.port}")
        run(COMMANDS["tests.write_to"], INSTALLER, "test", login)
        assert deliver_outbox() == 2
        assert deliver_outbox() == 0
    assert [delivery.message["Subject"] for delivery in sink.deliveries] == ["Termin für Zoë"]
    assert db.session.scalars(select(Account.is_active).where(Account.login == login)).one() is False


def test_a_failed_follow_up_keeps_its_sentence_and_waits_and_the_rest_goes_on(app: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail_url="file:")
    run(COMMANDS["tests.write_to"], INSTALLER, "test", "nobody")
    assert deliver_outbox() == 1
    waiting = db.session.scalars(select(OutboxMessage).where(OutboxMessage.done_at.is_(None))).one()
    assert waiting.error == "There is no such account."
    assert waiting.attempts == 1
    assert waiting.due_at > waiting.created_at
    written = message_from_bytes(next(mail_folder().glob("*nobody*.eml")).read_bytes(), policy=policy.default)
    assert written["Subject"] == "Termin für Zoë"


def test_a_mail_server_that_is_down_loses_nothing(app: Flask) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail_url="smtp://127.0.0.1:9")
    run(COMMANDS["tests.write_to"], INSTALLER, "test", someone().login)
    assert deliver_outbox() == 1
    assert db.session.scalars(select(OutboxMessage.kind).where(OutboxMessage.done_at.is_(None))).all() == ["mail"]


def test_asked_to_stop_the_message_at_hand_is_the_last_and_the_rest_waits_for_the_next_start(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], mail_url="file:")
    for _ in range(3):
        run(COMMANDS["tests.write_to"], INSTALLER, "test", someone().login)
    stop = Event()
    monkeypatch.setattr(delivery, "is_stopping", stop.is_set)
    sent = delivery._send

    def last(*given: Any) -> None:
        sent(*given)
        stop.set()

    monkeypatch.setattr(delivery, "_send", last)
    assert 1 <= deliver_outbox() < 6
    assert len(list(mail_folder().glob("*.eml"))) == 1
    assert deliver_outbox() == 0
    stop.clear()
    monkeypatch.setattr(delivery, "_send", sent)
    deliver_outbox()
    assert len(list(mail_folder().glob("*.eml"))) == 3
    assert db.session.scalars(select(OutboxMessage.id).where(OutboxMessage.done_at.is_(None))).all() == []


@pytest.fixture(autouse=True)
def _keep_settings(app: Flask):
    before = app.config["SETTINGS"]
    yield
    app.config["SETTINGS"] = before
