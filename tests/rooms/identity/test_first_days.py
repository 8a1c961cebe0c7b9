"""The first days of a network: where to begin, whose role waits, and that those who decide are told."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask import Flask

from lms.identity import commands as identity
from lms.identity import home
from lms.notifications.commands import notify
from lms.notifications.queries import MOST_COUNTED
from lms.permissions import Permission, Role
from lms.unit_of_work import Work, command, run
from tests.factories.people import LONG_AGO, Someone, a_site, someone


def granted(site_id: UUID, admin: Someone, newcomer: Someone) -> None:
    run(
        identity.grant_role,
        admin.actor,
        "new trainer",
        newcomer.person.id,
        role=Role.TRAINER,
        site_id=site_id,
        valid_from=LONG_AGO,
    )


def bell(page: str) -> str:
    found = re.search(r'class="bell"[^>]*aria-label="([^"]*)"', page)
    assert found is not None
    return found.group(1)


def test_qa_is_told_of_a_role_that_waits_and_approves_it_on_the_persons_page(app: Flask, sign_in) -> None:
    site = a_site()
    admin, newcomer = someone(Role.ADMINISTRATOR, everywhere=True), someone(None, site)
    here, everywhere, elsewhere = (
        sign_in(someone(Role.QA, site)),
        sign_in(someone(Role.QA, everywhere=True)),
        sign_in(someone(Role.QA, a_site("BBB"))),
    )
    assert bell(here.get("/").text) == "Notifications"
    granted(site.id, admin, newcomer)
    assert [bell(browser.get("/").text) for browser in (here, everywhere, elsewhere)] == [
        "Notifications, 1 new",
        "Notifications, 1 new",
        "Notifications",
    ]
    told = here.get("/notifications").text
    assert f"A role of {newcomer.person.name} waits for your approval" in told
    assert 'href="/people"' in told
    page = here.get(f"/people/{newcomer.person.id}").text
    [approve] = re.findall(r'action="(/roles/[^"]*/approve)"', page)
    assert here.post(approve).status_code == 302
    assert "/approve" not in here.get(f"/people/{newcomer.person.id}").text
    assert sign_in(newcomer).get("/").status_code == 200


def test_whoever_has_no_role_yet_is_told_whom_it_waits_for(app: Flask, sign_in) -> None:
    answer = sign_in(someone(None)).get("/")
    assert answer.status_code == 403
    assert "quality assurance has approved it" in answer.text
    assert "Go to Today" not in answer.text, "it would lead to this page again"


def test_the_bell_counts_what_was_not_opened_and_stops_at_a_hundred(app: Flask, sign_in) -> None:
    chidi, dana = someone(), someone()
    browser = sign_in(chidi)

    @command(needs=Permission.HOME_SEE)
    def tell(work: Work, times: int) -> None:
        for _ in range(times):
            notify(work, chidi.person.id, "role_waits", "/people", name="Ana")

    run(tell, dana.actor, "", 3)
    assert bell(browser.get("/").text) == "Notifications, 3 new"
    run(tell, dana.actor, "", MOST_COUNTED)
    page = browser.get("/").text
    assert bell(page) == f"Notifications, {MOST_COUNTED} new"
    assert ">99+</span>" in page
    browser.post("/notifications/read")
    assert bell(browser.get("/").text) == "Notifications"
    assert bell(sign_in(dana).get("/").text) == "Notifications"


@pytest.mark.parametrize("registered", [home.FOUNDERS, home.FOUNDERS + 1])
def test_an_administrator_of_a_new_network_is_told_where_to_begin(app: Flask, sign_in, registered: int) -> None:
    admin = someone(Role.ADMINISTRATOR, everywhere=True)
    for _ in range(registered - 1):
        someone(Role.QA, everywhere=True)
    page = sign_in(admin).get("/").text
    assert ("First steps" in page) is (registered == home.FOUNDERS)
    assert ('href="/people/new"' in page) is (registered == home.FOUNDERS)


@pytest.mark.parametrize("role", [Role.QA, Role.TRAINER])
def test_the_matrix_of_a_network_without_tasks_says_what_it_waits_for(app: Flask, sign_in, role: Role) -> None:
    answer = sign_in(someone(role, everywhere=True)).get("/matrix")
    assert answer.status_code == 200
    assert "The matrix fills once people hold a role" in answer.text


def test_an_inspector_is_led_to_the_evidence_of_every_room(app: Flask, sign_in) -> None:
    browser = sign_in(someone(Role.INSPECTOR))
    panel = browser.get("/").text.partition('id="evidence-for"')[2].partition("</section>")[0]
    addresses = re.findall(r'href="([^"]+)"', panel)
    assert set(addresses) == {"/trail", "/people", "/deviations", "/sops", "/qualified", "/matrix"}
    # nobody works at this site yet, which the matrix says by itself
    assert {a for a in addresses if browser.get(a).status_code != 200} <= {"/matrix"}
    assert 'id="evidence-for"' not in sign_in(someone(Role.QA)).get("/").text
