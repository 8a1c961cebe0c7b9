"""A verification asked for on the page is made outside the request, survives its process, and tells who must know."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from lms.audit import sealer
from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.verifications import running
from lms.verifications.commands import ask_for_nightly_verification, ask_for_verification
from lms.verifications.models import TrailVerification
from tests.factories.people import INSTALLER, Someone, a_site, someone
from tests.rooms.audit.attacker import attacker

SignIn = Callable[[Someone], FlaskClient]
PAGE = "/trail/verification"


def shown(client: FlaskClient, path: str = PAGE) -> str:
    page = client.get(path)
    assert page.status_code == 200
    return " ".join(page.get_data(as_text=True).split())


def rename_behind_the_trail(person_id: UUID) -> None:
    sealer.seal()
    with attacker() as behind:
        behind.edit("person", person_id, family_name="Somebody")


def test_it_is_asked_for_made_and_shown(app: Flask, sign_in: SignIn) -> None:
    inspector = someone(Role.INSPECTOR, everywhere=True, name="Ines Pector")
    client = sign_in(inspector)
    assert "Not verified yet." in shown(client)
    assert client.post(PAGE).status_code == 302
    assert "under way" in shown(client)
    assert client.get(f"{PAGE}/progress").status_code == 200
    assert running.verify_as_asked()
    assert client.get(f"{PAGE}/progress").headers["HX-Refresh"] == "true"
    page = shown(client)
    assert "Yes. Everything agrees." in page
    assert "asked for by Ines Pector" in page
    made = db.session.scalars(select(TrailVerification)).one()
    report = client.get(f"{PAGE}/{made.id}.json").get_json()
    assert report["ok"] is True
    assert report["root"] in page
    assert not running.verify_as_asked()


def test_only_one_is_under_way_and_the_night_does_not_add_another(app: Flask) -> None:
    inspector = someone(Role.INSPECTOR, everywhere=True)
    run(ask_for_verification, inspector.actor, "test")
    with pytest.raises(NotAllowed, match="under way already"):
        run(ask_for_verification, inspector.actor, "test")
    assert run(ask_for_nightly_verification, INSTALLER, "night") == "one is under way"
    running.verify_as_asked()
    assert run(ask_for_nightly_verification, INSTALLER, "night") == "asked for"


def test_one_that_was_cut_off_is_made_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    run(ask_for_verification, someone(Role.INSPECTOR, everywhere=True).actor, "test")

    def cut_off(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(running, "verify", cut_off)
        with pytest.raises(KeyboardInterrupt):
            running.verify_as_asked()
    assert running.verify_as_asked()
    assert db.session.scalars(select(TrailVerification)).one().agreed is True


def test_one_whose_process_is_to_stop_ends_at_once_and_is_made_after_the_next_start(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(ask_for_verification, someone(Role.INSPECTOR, everywhere=True).actor, "test")
    with monkeypatch.context() as patched:
        patched.setattr(running, "is_stopping", lambda: True)
        assert not running.verify_as_asked()
    assert db.session.scalars(select(TrailVerification.made_at)).one() is None
    assert running.verify_as_asked()
    assert db.session.scalars(select(TrailVerification)).one().agreed is True


def test_a_change_behind_the_trail_is_named_and_those_who_answer_for_it_are_told(app: Flask, sign_in: SignIn) -> None:
    victim = someone(name="Vera Victim").person.id
    quality = someone(Role.QA, everywhere=True)
    operator = someone()
    rename_behind_the_trail(victim)
    client = sign_in(quality)
    client.post(PAGE)
    running.verify_as_asked()
    page = shown(client)
    assert "No. There is 1 finding." in page
    assert str(victim) in page
    told = set(db.session.scalars(select(Notification.person_id).where(Notification.sentence == "trail_disagrees")))
    assert quality.person.id in told
    assert operator.person.id not in told
    assert "The trail does not agree with itself. Findings: 1" in shown(client, "/notifications")


def test_a_reader_of_one_site_is_told_the_verdict_and_no_record_of_another_site(app: Flask, sign_in: SignIn) -> None:
    here, there = a_site("AAA"), a_site("BBB")
    victim = someone(site=there).person.id
    rename_behind_the_trail(victim)
    run(ask_for_nightly_verification, INSTALLER, "night")
    running.verify_as_asked()
    client = sign_in(someone(Role.QA, site=here))
    made = db.session.scalars(select(TrailVerification)).one()
    report = client.get(f"{PAGE}/{made.id}.json")
    for text in (shown(client), report.get_data(as_text=True)):
        assert str(victim) not in text
        assert "1 finding" in text or report.get_json()["found"] == 1


def test_the_newest_checkpoint_can_be_taken_outside(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(someone(Role.INSPECTOR, everywhere=True))
    assert client.get("/trail/checkpoint.txt").status_code == 404
    note = sealer.sign_checkpoint()
    assert client.get("/trail/checkpoint.txt").get_data(as_text=True) == note
