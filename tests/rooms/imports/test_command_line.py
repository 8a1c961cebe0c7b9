"""``candor import``: a dry run writes nothing, JSON for programs, people without passwords."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from lms.cli import command_line
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.identity.models import Account, Person, RoleAssignment
from lms.imports.models import ImportSource
from lms.network.models import Network, Site, TeamMembership
from lms.refusals import NotAllowed
from tests.factories.people import a_site, a_team

PEOPLE = (
    "employee_no,given_name,family_name,email,site,team,role,from\n"
    "E-1,Ada,Byron,ada@example.org,AAA,Team 1,operator,2026-01-05\n"
    "E-2,Ben,Ode,,AAA,,Coach,2026-01-05\n"
    "E-3,Cy,Roe,,AAA,,administrator,2026-01-05\n"
    "E-4,Di,Poe,no-mail,AAA,,,2026-01-05\n"
)


def candor(*arguments: str) -> Result:
    return CliRunner().invoke(command_line(), ["import", *arguments], catch_exceptions=False)


def report_of(result: Result) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_people_come_with_team_and_everyday_role_and_without_account(app: Flask, tmp_path: Path) -> None:
    team_id = a_team(a_site()).id
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE)
    taken = candor("people", str(file), "--json")
    assert taken.exit_code == 1  # two lines were refused; the others are in
    report = report_of(taken)
    assert (report["new"], report["refused"]) == (2, 2)
    assert report["refused_by_kind"] == {"no mail address": 1, "unknown role": 1}
    ada = db.session.scalars(select(Person).where(Person.employee_no == "E-1")).one()
    assert (ada.name, ada.email) == ("Ada Byron", "ada@example.org")
    assert db.session.scalars(select(TeamMembership.team_id).where(TeamMembership.person_id == ada.id)).all() == [
        team_id
    ]
    assert set(db.session.scalars(select(RoleAssignment.role))) == {"operator", "coach"}
    assert count(Account) == 0
    again = report_of(candor("people", str(file), "--save-as", "Payroll", "--json"))
    assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, 2)
    file.write_text(PEOPLE.replace("Byron", "Lovelace"))
    changed = report_of(candor("people", str(file), "--source", "Payroll", "--json"))
    assert (changed["changed"], changed["unchanged"]) == (1, 1)
    assert db.session.scalars(select(Person.family_name).where(Person.employee_no == "E-1")).one() == "Lovelace"


def test_a_dry_run_writes_nothing_and_tells_by_its_exit(app: Flask, tmp_path: Path) -> None:
    a_team(a_site())
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE)
    dry = candor("people", str(file), "--dry-run", "--refused", str(tmp_path / "refused.csv"))
    assert dry.exit_code == 1
    assert "2 new and 0 changed would be taken in, 0 unchanged, 2 refused" in dry.output
    assert "line 4, role: “administrator” cannot be given by a file" in dry.output
    assert "E-3" in (tmp_path / "refused.csv").read_text(encoding="utf-8-sig")
    assert count(Person) == 0
    withheld = candor("people", str(file), "--all-or-nothing", "--save-as", "Payroll")
    assert withheld.exit_code == 1
    assert "2 new and 0 changed left out with the refused, 0 unchanged, 2 refused" in withheld.output
    assert "Nothing was written: with --all-or-nothing no line goes in while one is refused." in withheld.output
    assert count(Person) == 0
    assert candor("people", str(file), "--dry-run", "--save-as", "Payroll").exit_code == 1
    assert count(ImportSource) == 0
    with pytest.raises(NotAllowed, match=r"--refused names /nodir/x\.csv"):
        candor("people", str(file), "--refused", "/nodir/x.csv")
    assert count(Person) == 0
    file.write_text("\n".join(PEOPLE.splitlines()[:3]))
    assert candor("people", str(file), "--dry-run").exit_code == 0


def test_a_study_has_a_network_taxonomy_and_sites_of_its_own(app: Flask, tmp_path: Path) -> None:
    a_site("GL08")
    file = tmp_path / "aid.csv"
    file.write_text(
        "report_no,event_date,district_office,state,city,make,model,primary_cause_code,narrative\n"
        "1,1975-03-15,GL08,MI,X,CESSNA,1,AU,TAILWHEEL COCKED.\n"
        "2,1975-09-15,GL08,MI,X,CESSNA,1,AU,AGAIN.\n"
        "3,1975-09-16,,MI,X,CESSNA,1,AU,NO OFFICE.\n"
    )
    with pytest.raises(NotAllowed, match="network of its own"):
        candor("deviations", str(file), "--mapping", "faa-aid")
    with pytest.raises(NotAllowed, match="Add --create"):
        candor("deviations", str(file), "--mapping", "faa-aid", "--network", "FAA")
    with pytest.raises(NotAllowed, match="uses the taxonomy “core”"):
        candor("deviations", str(file), "--mapping", "faa-aid", "--network", "Test network")
    dry = candor("deviations", str(file), "--mapping", "faa-aid", "--network", "FAA", "--create", "--dry-run", "--json")
    assert report_of(dry)["new"] == 2
    assert count(Network) == 1
    arguments = ("deviations", str(file), "--mapping", "faa-aid", "--network", "FAA", "--create", "--json")
    report = report_of(candor(*arguments))
    assert (report["new"], report["refused"], report["counts"]) == (
        2,
        1,
        {"sites_opened": 1, "recurrences_proposed": 1},
    )
    study = db.session.scalars(select(Network).where(Network.name == "FAA")).one()
    assert study.taxonomy == "faa-aid"
    assert set(db.session.scalars(select(Site.code).where(Site.network_id == study.id))) == {"FAA-GL08"}
    assert set(db.session.execute(select(Deviation.category, Deviation.state)).all()) == {("AU", "closed")}
    assert report_of(candor(*arguments))["unchanged"] == 2


def test_a_study_is_not_in_the_home_networks_lists(app: Flask, tmp_path: Path, sign_in: Any) -> None:
    from lms.permissions import Role
    from tests.factories.people import someone

    file = tmp_path / "aid.csv"
    heading = "report_no,event_date,district_office,state,city,make,model,primary_cause_code,narrative"
    file.write_text(f"{heading}\n1,1975-03-15,GL08,MI,X,C,1,AU,TAILWHEEL COCKED.\n")
    ana = someone(Role.QA, everywhere=True)
    candor("deviations", str(file), "--mapping", "faa-aid", "--network", "FAA", "--create")
    browser = sign_in(ana)
    assert "TAILWHEEL" not in browser.get("/deviations").get_data(as_text=True)
    network = db.session.scalars(select(Network.id).where(Network.name == "FAA")).one()
    page = browser.get(f"/deviations?network={network}").get_data(as_text=True)
    assert "TAILWHEEL" in page
    assert "FAA-GL08" in page


def test_headings_that_say_nothing_ask_for_a_mapping(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(NotAllowed, match="--mapping"):
        candor("batches", str(file))
    with pytest.raises(NotAllowed, match="one of: faa-aid, fda-483"):
        candor("batches", str(file), "--mapping", "nowhere")


def test_a_patient_in_a_file_is_asked_about_on_the_command_line_too(app: Flask, tmp_path: Path) -> None:
    a_site()
    file = tmp_path / "log.csv"
    file.write_text(
        "external_id,site,occurred_at,description,detection_channel\n"
        "R-1,AAA,2026-03-01,Patient Erika Meyer was cold.,performer\n",
        encoding="utf-8",
    )
    dry = candor("deviations", str(file), "--dry-run")
    assert "looks like a patient's data: Patient [Erika Meyer] was cold." in dry.stderr
    answer = dry.stderr.split("--no-patient ")[1].strip()
    with pytest.raises(NotAllowed, match="looks like a patient"):
        candor("deviations", str(file))
    assert count(Deviation) == 0
    candor("deviations", str(file), "--no-patient", answer)
    assert count(Deviation) == 1
