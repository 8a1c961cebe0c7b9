"""A site begins once every gate is done and two people, in two roles, have signed for the same evidence."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms import clock
from lms.extensions import db
from lms.gates.commands import confirm_gate
from lms.gates.models import SiteActivation
from lms.gates.queries import gate_rows
from lms.network.models import Site
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.signatures.queries import signatures_on
from lms.unit_of_work import run
from tests.factories.assessments import a_world
from tests.factories.people import PASSWORD, Someone, a_site, also, someone
from tests.factories.standings import activated, an_onboarding_site, confirm_all, operators, stands, state


@pytest.fixture
def ana(app: Flask) -> Someone:
    return someone(Role.QA, a_site("CTL", is_control_site=True), everywhere=True)


@pytest.fixture
def site(ana: Someone) -> Site:
    """Return a site whose computed gates are done."""
    site = an_onboarding_site("NEW")
    operators(a_world(site), 2)
    for role in (Role.QA, Role.SITE_LEAD, Role.TRAINER, Role.ASSESSOR):
        someone(role, site)
    return site


@pytest.fixture
def ivo(site: Site) -> Someone:
    return someone(Role.RESPONSIBLE_PERSON, site)


def done(site: Site) -> set[str]:
    return {row.gate.code for row in gate_rows(site.id, clock.now()) if row.is_done}


def test_four_gates_follow_from_the_records_and_seven_are_signed(site: Site, ana: Someone, ivo: Someone) -> None:
    assert done(site) == {"people", "responsible_person", "curriculum", "qualified_operators"}
    confirm_all(ana, site)
    assert len(done(site)) == 11


def test_a_computed_gate_opens_when_its_facts_are_not_there(ana: Someone) -> None:
    bare = an_onboarding_site("BARE")
    assert done(bare) == set()
    operators(a_world(bare), 1)
    assert done(bare) == {"curriculum"}


def test_one_signature_is_not_enough_and_two_are(site: Site, ana: Someone, ivo: Someone) -> None:
    confirm_all(ana, site)
    first = activated(ana, site)
    assert (first.activated_at, state(site)) == (None, "onboarding")
    second = activated(ivo, site)
    assert second.id == first.id
    assert state(site) == "active"
    db.session.expire_all()
    signed = signatures_on(db.session.get_one(SiteActivation, first.id))
    assert [one.holds for one in signed] == [True, True]
    assert len({one.printed_name for one in signed}) == 2


def test_the_same_person_twice_is_not_two(site: Site, ana: Someone, ivo: Someone) -> None:
    confirm_all(ana, site)
    both = also(ana, Role.RESPONSIBLE_PERSON, None)
    activated(both, site)
    with pytest.raises(NotAllowed, match="another person"):
        activated(both, site)
    assert state(site) == "onboarding"


def test_two_of_one_role_are_not_two_signatures(site: Site, ana: Someone, ivo: Someone) -> None:
    confirm_all(ana, site)
    activated(ivo, site)
    with pytest.raises(NotAllowed, match="QA of the control site is missing"):
        activated(someone(Role.RESPONSIBLE_PERSON, site), site)
    with pytest.raises(NotAllowed, match="control site"):
        activated(someone(Role.QA, site), site)
    assert state(site) == "onboarding"


def test_an_open_gate_is_named_by_number_and_nothing_is_signed(site: Site, ana: Someone, ivo: Someone) -> None:
    confirm_all(ana, site, but="aps")
    with pytest.raises(NotAllowed, match="10 of 11 gates are done"):
        activated(ana, site)
    assert db.session.scalar(select(func.count(SiteActivation.id))) == 0


def test_other_evidence_needs_both_signatures_anew(site: Site, ana: Someone, ivo: Someone) -> None:
    confirm_all(ana, site)
    activated(ana, site)
    run(confirm_gate, ana.signing, "test", site.id, "aps", is_done=True, evidence="report 2 replaces report 1")
    activated(ivo, site)
    assert state(site) == "onboarding"
    activated(ana, site)
    assert state(site) == "active"


def test_a_gate_taken_back_is_open_again(site: Site, ana: Someone, ivo: Someone) -> None:
    confirm_all(ana, site)
    run(confirm_gate, ana.signing, "test", site.id, "aps", is_done=False, evidence="third run had growth")
    assert "aps" not in done(site)
    with pytest.raises(NotAllowed):
        activated(ana, site)


def test_an_active_site_has_no_gates_to_sign_and_pausing_needs_none(site: Site, ana: Someone, ivo: Someone) -> None:
    confirm_all(ana, site)
    activated(ana, site)
    activated(ivo, site)
    with pytest.raises(NotAllowed, match="not onboarding any more"):
        run(confirm_gate, ana.signing, "test", site.id, "aps", is_done=True, evidence="report 3")
    stands(ivo, "pause", site)
    assert state(site) == "paused"


def test_nobody_of_another_site_signs(site: Site) -> None:
    stranger = someone(Role.QA, a_site("BBB"))
    with pytest.raises(NotFound):
        run(confirm_gate, stranger.signing, "test", site.id, "aps", is_done=True, evidence="report")
    with pytest.raises(NotFound):
        activated(stranger, site)


def test_the_page_signs_and_keeps_what_was_typed(site: Site, ana: Someone, ivo: Someone, sign_in, queries) -> None:
    browser, site_id = sign_in(ana), site.id
    url = f"/sites/{site_id}/gates"
    wrong = browser.post(f"{url}/aps/done", data={"aps-evidence": "APS-26-03", "aps-password": "wrong"})
    assert wrong.status_code == 422
    assert "APS-26-03" in wrong.get_data(as_text=True)
    right = browser.post(f"{url}/aps/done", data={"aps-evidence": "APS-26-03", "aps-password": PASSWORD})
    assert right.status_code == 302
    with queries() as seen:
        page = browser.get(url).get_data(as_text=True)
    assert "5 of 11 gates done" in page
    assert "APS-26-03" in page
    assert len(seen) <= 6, seen
    sheet = browser.get(f"{url}.csv").get_data(as_text=True).lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert len(rows) == 11
    assert sum(row["done"] == "yes" for row in rows) == 5


def test_a_site_opened_in_the_browser_has_its_gates_before_it(app: Flask, sign_in) -> None:
    a_site()
    browser = sign_in(someone(Role.ADMINISTRATOR, everywhere=True))
    data = {"code": "NEU", "name": "Site NEU", "zone": "Europe/Berlin"}
    assert browser.post("/network/sites", data=data).status_code == 302
    assert db.session.scalar(select(Site.state).where(Site.code == "NEU")) == "onboarding"
