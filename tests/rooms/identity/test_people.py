"""What a person, a team and a role must be is asked by the command, so that a page and a file are told the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms import clock
from lms.extensions import db
from lms.identity import commands as identity
from lms.identity.models import Account, Person, RoleAssignment
from lms.network import commands as network
from lms.network.models import Team
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.people import INSTALLER, LONG_AGO, a_site, a_team, someone


def person_form(**changed: str) -> dict[str, str]:
    filled = {
        "employee_no": "NL-77", "given_name": "Zoë", "family_name": "Berg", "site": str(a_site().id),
        "joined_on": "2026-01-05", "email": "zoe@example.org", "login": "zoe",
    }  # fmt: skip
    return {**filled, **changed}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "nomail", "“nomail” is no mail address."),
        ("email", "two@at@example.org", "is no mail address."),
        ("login", "bad mail", "The user name “bad mail” has a blank in it."),
        ("joined_on", "0001-01-01", "Look at the year"),
        ("given_name", "  ", "Type the given name."),
    ],
)
def test_what_no_person_can_be_is_refused_at_its_field(
    app: Flask, sign_in: Any, field: str, value: str, sentence: str
) -> None:
    browser = sign_in(someone(Role.ADMINISTRATOR, everywhere=True))
    refused = browser.post("/people/new", data=person_form(**{field: value}))
    assert refused.status_code == 422
    assert sentence in refused.get_data(as_text=True)
    assert not db.session.scalars(select(Person).where(Person.employee_no == "NL-77")).all()
    assert browser.post("/people/new", data=person_form(email="")).status_code == 302
    assert db.session.scalars(select(Account.login).where(Account.login == "zoe")).all() == ["zoe"]


def test_the_command_itself_refuses_a_first_day_that_nobody_means(app: Flask) -> None:
    with pytest.raises(NotAllowed, match="look at the year") as refused:
        run(
            identity.register_person, INSTALLER, "t", employee_no="1", given_name="A", family_name="B",
            site_id=a_site().id, joined_on=date.min,
        )  # fmt: skip
    assert refused.value.field == "joined_on"


def test_a_team_has_a_name_that_no_other_of_its_site_has(app: Flask, sign_in: Any) -> None:
    site, other = a_site(), a_site("BBB")
    a_team(site, "Viral vectors")
    browser = sign_in(someone(Role.ADMINISTRATOR, everywhere=True))
    for name, sentence in (("   ", "Give the team a name."), ("viral  VECTORS", "has a team viral VECTORS already")):
        refused = browser.post("/network/teams", data={"site": str(site.id), "name": name})
        assert refused.status_code == 422
        assert sentence in refused.get_data(as_text=True)
    with pytest.raises(NotAllowed, match="blanks are none"):
        run(network.form_team, INSTALLER, "t", site.id, name=" \t")
    assert browser.post("/network/teams", data={"site": str(other.id), "name": "Viral vectors"}).status_code == 302
    assert len(db.session.scalars(select(Team)).all()) == 2


@pytest.mark.parametrize(
    ("first", "until", "field", "sentence"),
    [
        (date(2026, 5, 1), date(2026, 5, 1), "valid_to", "would end before it begins on 01-May-2026"),
        (date(2026, 5, 1), date(2026, 4, 1), "valid_to", "would end before it begins on 01-May-2026"),
        (LONG_AGO - timedelta(days=1), None, "valid_from", "works here from 01-Jan-2020"),
    ],
)
def test_a_role_holds_on_days_that_there_can_be(
    app: Flask, first: date, until: date | None, field: str, sentence: str
) -> None:
    site = a_site()
    admin, newcomer = someone(Role.ADMINISTRATOR, site), someone(None, site)
    with pytest.raises(NotAllowed, match=sentence) as refused:
        run(
            identity.grant_role, admin.actor, "new", newcomer.person.id, role=Role.TRAINER, site_id=site.id,
            valid_from=first, valid_to=until,
        )  # fmt: skip
    assert refused.value.field == field
    assert not db.session.scalars(select(RoleAssignment).where(RoleAssignment.person_id == newcomer.person.id)).all()


def test_a_role_of_a_past_day_is_shown_as_entered_late(app: Flask, sign_in: Any) -> None:
    site = a_site()
    admin, newcomer = someone(Role.ADMINISTRATOR, site), someone(None, site)
    browser, today = sign_in(admin), clock.now().date()
    address = f"/people/{newcomer.person.id}"
    for role, first in (("trainer", today), ("coach", today - timedelta(days=3))):
        form = {"role": role, "site": str(site.id), "valid_from": first.isoformat(), "reason": "new"}
        assert browser.post(f"{address}/roles", data=form).status_code == 302
    page = browser.get(address).get_data(as_text=True)
    assert page.count("entered late") == 1
    row = page[page.index(">Coach<") : page.index("entered late")]
    assert today.isoformat() in row
    assert admin.person.name in row


def test_a_team_is_renamed_with_a_reason_and_told_apart_from_the_others(app: Flask, sign_in: Any) -> None:
    site, elsewhere = a_site("AAA"), a_site("BBB")
    team, _other, foreign = a_team(site, "Hron"), a_team(site, "Plover"), a_team(elsewhere, "Lark")
    admin = someone(Role.ADMINISTRATOR, site)
    browser = sign_in(admin)

    def sent(team_id: object, name: str, reason: str = "misspelt") -> Any:
        fields = {"renamed-team": str(team_id), "renamed-name": name, "renamed-reason": reason}
        return browser.post("/network/teams/name", data=fields)

    assert "already. Choose another name" in sent(team.id, "plover").text
    assert "Say why" in sent(team.id, "Heron", reason="  ").text
    assert sent(foreign.id, "Heron").status_code == 422
    assert sent(team.id, " Heron ").status_code == 302
    assert "Heron (0)" in browser.get("/network").text
    assert sent(team.id, "HERON").status_code == 302, "only its own letters change"
    with pytest.raises(NotFound):
        run(network.rename_team, admin.actor, "t", foreign.id, name="Heron")
