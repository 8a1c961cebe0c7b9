"""An administrator takes people in on the page; what QA takes in is QA's, and neither reads the other's files."""

from __future__ import annotations

import io
import shutil
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from config import Settings
from lms import clock
from lms.extensions import db
from lms.identity.commands import approve_role, end_role, grant_role, register_person
from lms.identity.leaving import record_leaving
from lms.identity.models import Account, Person, RoleAssignment
from lms.imports import queries, sources
from lms.imports.commands import target_of
from lms.imports.engine import Checked, Fate, check
from lms.imports.mapping import Mapping
from lms.imports.models import ImportSource
from lms.imports.reading import read_table
from lms.network.commands import join_team
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from tests.factories.people import INSTALLER, LONG_AGO, Someone, a_site, a_team, someone, today

FILE = (
    "No,Given,Family,Mail,Plant,Group,Works as,Since\n"
    "E-1,Ada,Byron,ada@example.org,AAA,Team 1,operator,2026-03-01\n"
    "E-2,Max,Stern,max@example.org,AAA,,administrator,2026-03-01\n"
)
COLUMNS = {
    "column-employee_no": "No",
    "column-given_name": "Given",
    "column-family_name": "Family",
    "column-email": "Mail",
    "column-site": "Plant",
    "column-team": "Group",
    "column-role": "Works as",
    "column-from": "Since",
}


@pytest.fixture
def ines(app: Flask, settings: Settings) -> Someone:
    shutil.rmtree(settings.data_dir / "uploads", ignore_errors=True)
    a_team(a_site())
    return someone(Role.ADMINISTRATOR)


def send(browser: Any, kind: str = "people") -> Any:
    return browser.post("/imports", data={"kind": kind, "file": (io.BytesIO(FILE.encode()), "people.csv")})


def test_people_come_in_by_the_page_and_their_roles_wait_for_qa(ines: Someone, sign_in: Any) -> None:
    browser = sign_in(ines)
    assert 'href="/imports?kind=people"' in browser.get("/people").get_data(as_text=True)
    assert '<option selected value="people">' in browser.get("/imports?kind=people").get_data(as_text=True)
    columns = send(browser).headers["Location"]
    check = browser.post(columns, data=COLUMNS).headers["Location"]
    page = browser.get(check).get_data(as_text=True)
    assert "“administrator” cannot be given by a file" in page
    assert db.session.scalar(select(Person.id).where(Person.employee_no == "E-1")) is None
    taken = browser.post(check, data={"lines": "good"}, follow_redirects=True)
    assert taken.request.path == "/people"
    assert "holds as soon as QA has approved it" in taken.get_data(as_text=True)
    ada = db.session.scalars(select(Person).where(Person.employee_no == "E-1")).one()
    role = db.session.scalars(select(RoleAssignment).where(RoleAssignment.person_id == ada.id)).one()
    assert (role.role, role.approved_by_id) == ("operator", None)
    assert db.session.scalar(select(Account.id).where(Account.person_id == ada.id)) is None
    assert db.session.scalar(select(Person.id).where(Person.employee_no == "E-2")) is None
    assert "people.csv" in browser.get("/imports").get_data(as_text=True)


def test_each_kind_is_taken_in_by_whoever_may_write_it_by_hand(ines: Someone, sign_in: Any) -> None:
    dana = someone(Role.QA)
    offered = {
        who: sign_in(who).get("/imports").get_data(as_text=True).count(f'value="{kind}"')
        for who, kind in ((ines, "deviations"), (dana, "people"))
    }
    assert set(offered.values()) == {0}
    assert send(sign_in(ines), "deviations").status_code == 422
    assert send(sign_in(dana), "people").status_code == 422
    assert sign_in(someone(Role.OPERATOR)).get("/imports").status_code == 403


def test_a_file_between_its_steps_is_out_of_reach_once_the_role_is_over(ines: Someone, sign_in: Any) -> None:
    """The other role still opens the pages of taking files in, not files of people."""
    both = someone(Role.ADMINISTRATOR)
    granted = run(
        grant_role, ines.actor, "test", both.person.id, role=Role.QA, site_id=both.person.site_id, valid_from=LONG_AGO
    )
    run(approve_role, someone(Role.QA).actor, "test", granted.id)
    browser = sign_in(both)
    columns = send(browser).headers["Location"]
    assert browser.get(columns).status_code == 200
    held = db.session.scalars(
        select(RoleAssignment).where(
            RoleAssignment.person_id == both.person.id, RoleAssignment.role == Role.ADMINISTRATOR
        )
    ).one()
    run(end_role, INSTALLER, "test", held.id, person_id=both.person.id, on=LONG_AGO + timedelta(days=1))
    assert browser.get("/imports").status_code == 200
    for path in (columns, columns.replace("columns", "check"), columns.replace("columns", "refused.csv")):
        assert browser.get(path).status_code == 404, path


def keep(by: Someone, kind: str, *, site: bool = True) -> ImportSource:
    return run(
        sources.save_source,
        by.actor,
        "test",
        name=f"{kind} of {by.login}",
        kind=kind,
        site_id=by.person.site_id if site else None,
        mapping=Mapping(columns={"site": "Plant"}),
        columns=("Plant",),
    )


def test_a_mapping_is_kept_offered_and_retired_by_whoever_may_use_it(ines: Someone, sign_in: Any) -> None:
    dana = someone(Role.QA)
    everywhere = someone(Role.ADMINISTRATOR, everywhere=True)
    own = keep(ines, "people")
    whole = keep(everywhere, "people", site=False)
    assert {row.id for row in sources.sources(ines.actor)} == {own.id, whole.id}
    assert sources.sources(dana.actor) == []
    assert sources.sources(someone(Role.ADMINISTRATOR, a_site("BBB")).actor)[0].id == whole.id
    with pytest.raises(NotFound):
        keep(ines, "deviations")
    with pytest.raises(NotAllowed, match="Choose your site"):
        keep(ines, "people", site=False)
    for by, source in ((dana, own), (ines, whole)):
        with pytest.raises(NotFound):
            run(sources.retire_source, by.actor, "test", source.id)
    page = sign_in(ines).get("/imports").get_data(as_text=True)
    assert page.count('action="/imports/sources/') == 1
    run(sources.retire_source, everywhere.actor, "test", whole.id)
    assert whole.retired_at is not None


def test_nobody_reads_which_files_of_another_kind_came_in(ines: Someone, sign_in: Any) -> None:
    browser = sign_in(ines)
    columns = send(browser).headers["Location"]
    browser.post(browser.post(columns, data=COLUMNS).headers["Location"], data={"lines": "good"})
    assert [row.file_name for row in queries.runs(ines.actor)] == ["people.csv"]
    assert [row.kind for row in queries.runs(someone(Role.ADMINISTRATOR, everywhere=True).actor)] == ["people"]
    assert queries.runs(someone(Role.QA, everywhere=True).actor) == []


HEAD = "employee_no,given_name,family_name,email,site,team,role,from\n"


def checked(by: Someone, *lines: str) -> Checked:
    table = read_table((HEAD + "\n".join(lines)).encode(), "people.csv")
    mapping = Mapping(columns={name: name for name in table.columns})
    return check(table, mapping, target_of("people"), by.actor, clock.now())


def sentences(by: Someone, line: str) -> list[str]:
    return [problem.sentence for problem in checked(by, line).problems]


def line_of(who: Someone, *, mail: str = "", team: str = "", role: str = "", since: str = "2026-03-01") -> str:
    p = who.person
    return f"{p.employee_no},{p.given_name},{p.family_name},{mail},AAA,{team},{role},{since}"


def test_an_empty_cell_takes_nothing_away_and_every_change_is_shown_before(ines: Someone, sign_in: Any) -> None:
    kim = someone(Role.OPERATOR)
    before = kim.person.email
    [line] = checked(ines, line_of(kim)).lines
    assert line.fate is Fate.UNCHANGED
    [line] = checked(ines, line_of(kim, mail="new@example.org", team="Team 1", role="coach")).lines
    assert line.shown == [("email", before, "new@example.org"), ("team", "", "Team 1"), ("role", None, "coach")]
    browser = sign_in(ines)
    text = HEAD + line_of(kim, mail="new@example.org", role="coach")
    file = (io.BytesIO(text.encode()), "people.csv")
    columns = browser.post("/imports", data={"kind": "people", "file": file}).headers["Location"]
    chosen = {f"column-{name}": name for name in HEAD.strip().split(",")}
    page = browser.get(browser.post(columns, data=chosen).headers["Location"]).get_data(as_text=True)
    for shown in (before, "new@example.org", "Mail address", "Coach"):
        assert f">{shown}</td>" in page


def test_past_days_keep_the_team_of_their_time(ines: Someone) -> None:
    other = a_team(a_site(), "Team 2")
    kim = someone(Role.OPERATOR, team=a_team(a_site()))
    run(join_team, ines.actor, "test", kim.person.id, other.id, on=today() - timedelta(days=10))
    day = f"{today() - timedelta(days=11)}"
    assert "past days keep the team of their time" in sentences(ines, line_of(kim, team="Team 1", since=day))[0]
    assert "nobody is in a team before that day" in sentences(ines, line_of(kim, team="Team 1", since="2019-12-31"))[0]
    late = f"{today() + timedelta(days=3)}"
    assert "counts from a day that has come" in sentences(ines, line_of(kim, team="Team 1", since=late))[0]
    with pytest.raises(NotAllowed, match="past days keep the team"):
        run(join_team, ines.actor, "test", kim.person.id, a_team(a_site()).id, on=today() - timedelta(days=11))
    assert sentences(ines, line_of(kim, team="Team 1", since=f"{today()}")) == []


def test_a_line_is_refused_by_what_its_command_would_refuse(ines: Someone) -> None:
    """Otherwise the dry run says that every line is good, and taking in fails as a whole."""
    kim, keeper = someone(Role.OPERATOR), someone(Role.CUSTODIAN)
    held = db.session.scalars(select(RoleAssignment).where(RoleAssignment.person_id == kim.person.id)).one()
    run(end_role, INSTALLER, "test", held.id, person_id=kim.person.id, on=today() - timedelta(days=5))
    assert sentences(ines, line_of(ines, role="coach")) == [
        "Nobody grants a role to themself. Ask another administrator."
    ]
    assert sentences(ines, line_of(kim, role="operator")) == ["This person already holds this role there."]
    assert sentences(ines, line_of(kim, role="operator", since=f"{today()}")) == []
    assert "never administrator, coach or site lead" in sentences(ines, line_of(keeper, role="coach"))[0]


def test_nobody_who_left_comes_back_by_a_file(ines: Someone) -> None:
    kim = someone(Role.OPERATOR)
    run(record_leaving, ines.actor, "test", kim.person.id, on=today())
    assert "a file changes nobody who left" in sentences(ines, line_of(kim, team="Team 1"))[0]


def test_a_number_is_one_in_any_case_and_a_role_of_the_network_holds_at_every_site(ines: Someone) -> None:
    kim = someone(Role.TRAINER, everywhere=True)
    [line] = checked(
        ines, line_of(kim, role="trainer").replace(kim.person.employee_no, kim.person.employee_no.lower())
    ).lines
    assert (line.record.id, line.fate) == (kim.person.id, Fate.UNCHANGED)
    with pytest.raises(NotAllowed, match="is taken"):
        run(
            register_person,
            ines.actor,
            "test",
            employee_no=kim.person.employee_no.lower(),
            given_name="A",
            family_name="B",
            site_id=kim.person.site_id,
            joined_on=today(),
        )


def test_a_field_without_a_column_is_said_above_the_form_and_a_forged_site_breaks_nothing(
    ines: Someone, sign_in: Any
) -> None:
    browser = sign_in(ines)
    columns = send(browser).headers["Location"]
    missing = browser.post(columns, data={**COLUMNS, "column-employee_no": ""})
    assert missing.status_code == 422
    assert "No column is named for “Employee number”" in missing.get_data(as_text=True)
    assert 'href="#dates"' not in missing.get_data(as_text=True)
    forged = browser.post(columns, data={**COLUMNS, "source_name": "Payroll", "site": "not-a-uuid"})
    assert forged.status_code == 422
    assert '<option value="Plant" selected>' in forged.get_data(as_text=True)
