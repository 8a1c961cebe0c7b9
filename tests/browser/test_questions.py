"""Four questions that a quality head puts to any such system first, each answered in front of a browser."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DatabaseError

from coaching.reviews.models import CoachingReview
from config import Settings
from lms import schema
from lms.app import create_app
from lms.audit import sealer
from lms.audit.triggers import install_triggers
from lms.backup.backing_up import back_up
from lms.backup.restoring import restore
from lms.demonstration.loading import ACCOUNTS, PASSWORD
from lms.extensions import db
from lms.identity.models import Account, SignInFailure
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import Decision
from lms.signatures.models import Signature
from lms.unit_of_work import transaction
from lms.verifications.running import verify_as_asked
from modules.assignments.models import Assignment, AssignmentState
from tests.browser.conftest import Site, answering, whole
from tests.browser.walking import endpoint_of, walk
from tests.conftest import DATABASE, memory_folder
from tests.servers.loaded_world import on_sqlite, settings_of

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]


@contextmanager
def behind(site: Site) -> Iterator[None]:
    """Look at, or change, what is behind the pages."""
    with site.app.app_context():
        try:
            yield
        finally:
            db.session.remove()


def person_of(role: str) -> uuid.UUID:
    found = db.session.scalar(select(Account.person_id).where(Account.login == ACCOUNTS[role]))
    assert found is not None
    return found


def refused(page: Page, path: str) -> bool:
    """Whether a page is not to be had, and says so as a page of the application."""
    answer = page.goto(path)
    assert answer is not None
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return answer.status in {403, 404}


# -- 4: back-date, edit or delete a completion as administrator ------------------------------------------------------------


@pytest.fixture
def completion(site: Site) -> uuid.UUID:
    """A completion of the operator, signed."""
    with behind(site):
        found = db.session.scalars(
            select(Assignment.id)
            .join(Signature, Signature.record_id == Assignment.id)
            .where(Assignment.person_id == person_of("operator"), Assignment.state == AssignmentState.COMPLETED)
            .order_by(Assignment.completed_at.desc())
        ).first()
    assert found is not None
    return found


def test_4_no_page_of_an_administrator_can_change_a_completion(
    site: Site, open_as: OpenAs, completion: uuid.UUID
) -> None:
    page = open_as("administrator")
    assert refused(page, f"/assignments/{completion}")
    assert refused(page, f"/training/{completion}")
    sends: set[str] = set()
    for _endpoint, _path in walk(site.app, page):
        for action in page.eval_on_selector_all("form[method=post]", "all => all.map(form => form.action)"):
            path = action.removeprefix(site.address).partition("?")[0]
            sends.add(endpoint_of(site.app, path, "POST") or path)
    assert sends
    assert {name.partition(".")[0] for name in sends} <= {
        "people",
        "network",
        "identity",
        "notifications",
        "audit_verifications",
        "calendars",
        "imports",
        "integrations",
        "matching",
        "meeting_rules",
        "own_calendar",
    }
    # and by hand, past the pages, with the session and the token of the page that is open
    page.goto("/network")
    token = page.locator("input[name=csrf_token]").first.input_value()
    sent = {"csrf_token": token, "password": PASSWORD, "completed_at": "2020-01-01"}
    for path in (f"/training/{completion}/sign", f"/assignments/{completion}/cancel"):
        assert page.request.post(path, form=sent).status in {403, 404}


def test_4_what_is_done_behind_the_pages_is_refused_by_the_database_or_named_by_the_verification(
    site: Site, open_as: OpenAs, completion: uuid.UUID
) -> None:
    with behind(site):
        with pytest.raises(DatabaseError), transaction() as connection:
            connection.execute(delete(Assignment).where(Assignment.id == completion))
        true_moment = db.session.scalar(select(Assignment.completed_at).where(Assignment.id == completion))
        back_date(completion, datetime(2020, 1, 1, tzinfo=UTC))
    page = open_as("inspector")
    verify_now(site, page, "No. There is 1 finding.")
    expect(page.locator("#findings-title")).to_be_visible()
    expect(page.locator("main")).to_contain_text(str(completion))
    with behind(site):
        back_date(completion, true_moment)  # and everything agrees again: question 12 finds it so


def back_date(completion: uuid.UUID, moment: datetime | None) -> None:
    """As the owner of the database may: with the table's trigger gone while it is done."""
    on = "" if DATABASE == "sqlite" else " on assignment"
    with transaction() as connection:
        connection.execute(text(f"drop trigger candor_versioned_assignment{on}"))
        connection.execute(update(Assignment).where(Assignment.id == completion).values(completed_at=moment))
        install_triggers(connection, ["assignment"], ())


def verify_now(site: Site, page: Page, answer: str) -> None:
    """Ask for a verification on the page, let the scheduler make it, and wait until the page tells by itself."""
    page.goto("/trail")
    page.get_by_role("link", name="Does it hold?").click()
    page.get_by_role("button", name="Verify now").click()
    expect(page.locator("progress")).to_be_visible(timeout=20_000)
    with behind(site):
        assert verify_as_asked()
    expect(page.locator(".answer")).to_contain_text(answer)


# -- 5: sign for a colleague, as delegate, with a stolen session -----------------------------------------------------------


def test_5_nobody_signs_for_a_colleague_and_a_stolen_session_signs_nothing(
    site: Site, open_as: OpenAs, chromium: Browser
) -> None:
    with behind(site):
        theirs = db.session.scalar(
            select(Assignment.id)
            .where(Assignment.person_id != person_of("operator"), Assignment.state == AssignmentState.OPEN)
            .limit(1)
        )
        to_decide = db.session.scalar(
            select(Recurrence.deviation_id).where(Recurrence.decision == Decision.PROPOSED).limit(1)
        )
        signatures = db.session.scalar(select(func.count()).select_from(Signature))
    assert theirs is not None
    assert refused(open_as("operator"), f"/training/{theirs}")

    # as delegate: the page says whose signature it is and offers nobody else's
    quality = open_as("qa")
    thief = chromium.new_context(base_url=site.address, storage_state=quality.context.storage_state())
    page = thief.new_page()
    page.goto(f"/deviations/{to_decide}/triage")
    found = page.locator(".cand-first").first
    expect(found).to_contain_text("Signing as")
    assert found.locator("select, input:not([type=hidden]):not([type=password])").count() == 0
    # with the cookies of a stolen session every page opens, and none signs
    found.get_by_label("Reason").fill("The same again.")
    found.get_by_role("button", name="Confirm").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    found.get_by_label("Your password").fill("a guess")
    found.get_by_role("button", name="Confirm").click()
    expect(page.locator("[role=alert]")).to_contain_text("The name or the password is not right.")
    expect(found.get_by_label("Reason")).to_have_value("The same again.")
    thief.close()
    with behind(site):
        assert db.session.scalar(select(func.count()).select_from(Signature)) == signatures
        guesses = db.session.scalar(select(SignInFailure.count).where(SignInFailure.login == ACCOUNTS["qa"]))
        assert guesses == 1  # counted against the lock-out like a guess at the door
        with transaction() as connection:
            connection.execute(delete(SignInFailure))


# -- 10: the line manager and the coach's notes, the inspector and the survey ----------------------------------------------


@pytest.mark.appearance
def test_10_a_line_manager_reads_no_review_and_an_inspector_sees_no_survey(site: Site, open_as: OpenAs) -> None:
    with behind(site):
        review = db.session.scalars(
            select(CoachingReview)
            .where(CoachingReview.coachee_id == person_of("operator"), CoachingReview.coach_account != "")
            .limit(1)
        ).one()
        review_id, words = review.id, review.coach_account
    operator = open_as("operator")
    operator.goto(f"/reviews/{review_id}")
    expect(operator.locator("main")).to_contain_text(words)
    for role in ("site_lead", "qa", "administrator", "inspector", "responsible_person"):
        assert refused(open_as(role), f"/reviews/{review_id}")
    lead, inspector = open_as("site_lead"), open_as("inspector")
    with behind(site):
        coachee = person_of("operator")
    for reader in (lead, inspector):
        for path in (
            "/",
            "/deviations",
            "/trail?record=coaching_review",
            f"/people/{coachee}",
            f"/search?q={words[:30]}",
        ):
            reader.goto(path)
            whole(reader)
            assert words not in reader.inner_text("body"), path
    for path in ("/survey/climate", "/survey/climate.csv", "/survey/releases", "/behavior", "/behavior/climate.csv"):
        assert inspector.request.get(path).status == 403, path
    inspector.goto("/")
    expect(inspector.get_by_role("link", name="Team climate")).to_have_count(0)
    # the trail says that a review was changed, never what is in it
    inspector.goto(f"/trail?record=coaching_review&id={review_id}")
    expect(inspector.locator("tbody tr").first).to_be_visible()
    expect(inspector.locator("main")).not_to_contain_text(words)


# -- 12: restore from backup: does the trail still hold --------------------------------------------------------------------


def test_12_what_is_put_back_from_a_backup_verifies_in_the_browser(
    site: Site, chromium: Browser, tmp_path: Path
) -> None:
    archive, outside = tmp_path / "network.tar", tmp_path / "outside.txt"
    with behind(site):
        back_up(archive)
        outside.write_text(sealer.sign_checkpoint(), encoding="utf-8")
    with another_installation(tmp_path) as settings:
        app = create_app(settings)
        with app.app_context():
            schema.upgrade()
            restored = restore(archive, anchor=outside)
            assert restored.report.ok
            db.session.remove()
        with answering(app) as there:
            page = chromium.new_context(base_url=there.address).new_page()
            page.goto("/sign-in")
            page.get_by_label("User name").fill(ACCOUNTS["inspector"])
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
            verify_now(there, page, "Yes. Everything agrees.")
            expect(page.locator("section", has_text="Backups that were put back")).to_contain_text("everything agreed")
            page.context.close()


@contextmanager
def another_installation(folder: Path) -> Iterator[Settings]:
    """Give the settings of an empty installation, on a machine that the first one never saw."""
    if DATABASE == "sqlite":
        with memory_folder() as data:
            yield on_sqlite(data)
        return
    from tests.servers.throwaway_postgres import throwaway_postgres

    with throwaway_postgres() as server:
        yield settings_of(server.url(server.create_database()), str(folder / "data"))
