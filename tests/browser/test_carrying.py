"""A form outlives its session in a real browser, which says of each request where it comes from."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Role
from tests.browser.conftest import As
from tests.factories.people import PASSWORD, a_site, someone

pytestmark = pytest.mark.browser


def signs_in(page: Page, login: str) -> None:
    page.get_by_label("User name").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("anew", [True, False], ids=["signed in anew in the other tab", "signed out there"])
def test_what_was_typed_is_sent_by_one_press_after_the_session_went_in_another_tab(
    app: Flask, at: As, monkeypatch: pytest.MonkeyPatch, *, anew: bool
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", not app.config["WTF_CSRF_ENABLED"])
    a_site()
    admin = someone(Role.ADMINISTRATOR, everywhere=True)
    page = at(admin)
    page.goto("/people/new")
    page.get_by_label("Employee number").fill("NL-77")
    page.get_by_label("Given name").fill("Zoë")
    page.get_by_label("Family name").fill("van der Berg")
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Sign out").click()
    if anew:
        signs_in(other, admin.login)
        expect(other.get_by_role("button", name="Sign out")).to_be_visible()
    page.locator("main form button.btn-primary").click()
    if not anew:
        expect(page.get_by_text("What you typed is kept.")).to_be_visible()
        signs_in(page, admin.login)
    expect(page.get_by_text("Nothing you typed is lost.")).to_be_visible()
    expect(page.get_by_text(f"as {admin.person.name}, when you press")).to_be_visible()
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("heading", name="Zoë van der Berg")).to_be_visible()
    db.session.rollback()
    assert db.session.scalars(select(Person.family_name).where(Person.employee_no == "NL-77")).all() == ["van der Berg"]
