"""People from a file: who they are, where they work, their team and an everyday role. No account and no password."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from lms.extensions import db
from lms.identity.commands import correct_person, grant_role, register_person
from lms.identity.models import Person, RoleAssignment
from lms.identity.rules import check_mail, check_role_days
from lms.imports.engine import Fate, Line, Progress, changed_values, in_parts, quoted
from lms.imports.mapping import Field, Mapping
from lms.imports.places import Places, find_places
from lms.network.commands import join_team
from lms.network.models import TeamMembership
from lms.permissions import Actor, Permission, Role
from lms.refusals import NotAllowed
from lms.unit_of_work import Work

#: Roles a file may give. The others open the doors of control, so a second person approves each of them by hand.
EVERYDAY = (Role.OPERATOR, Role.COACH, Role.TRAINER, Role.ASSESSOR, Role.SITE_LEAD)
_NAMES = ("given_name", "family_name", "email")


class PersonTarget:
    """Takes people in; tells them apart by the number in their employer's register."""

    name = "people"
    permission = Permission.PEOPLE_MANAGE
    key = "employee_no"
    asks_about_patients = False
    fields: tuple[Field, ...] = (
        Field("employee_no", _l("Employee number"), required=True, longest=40),
        Field("given_name", _l("Given name"), required=True, longest=80),
        Field("family_name", _l("Family name"), required=True, longest=80),
        Field("email", _l("Mail address")),
        Field("site", _l("Site"), required=True, longest=20),
        Field("team", _l("Team"), longest=80),
        Field("role", _l("Role"), longest=30),
        Field("from", _l("From"), required=True, kind="day"),
    )

    def __init__(self) -> None:
        self._places: Places
        self._people: dict[str, Person] = {}
        self._teams: dict[UUID, UUID] = {}
        self._roles: set[tuple[UUID, str, UUID | None]] = set()

    def look_up(self, reader: Actor, mapping: Mapping, lines: Sequence[Line], now: datetime) -> None:
        """Load sites, teams, the people of these numbers and what they hold today."""
        self._mapping = mapping
        self._places = find_places(reader, self.permission, mapping)
        today = now.date()
        for part in in_parts(str(line.values.get(self.key) or "") for line in lines):
            people = db.session.scalars(select(Person).where(Person.employee_no.in_(part))).all()
            self._people |= {person.employee_no: person for person in people}
            ids = [person.id for person in people]
            teams = select(TeamMembership.person_id, TeamMembership.team_id).where(
                TeamMembership.person_id.in_(ids), TeamMembership.valid_to.is_(None)
            )
            self._teams |= {row.person_id: row.team_id for row in db.session.execute(teams)}
            roles = select(RoleAssignment.person_id, RoleAssignment.role, RoleAssignment.site_id).where(
                RoleAssignment.person_id.in_(ids),
                or_(RoleAssignment.valid_to.is_(None), RoleAssignment.valid_to > today),
            )
            self._roles |= {(row.person_id, row.role, row.site_id) for row in db.session.execute(roles)}

    def judge(self, line: Line, report: Callable[[str, str, str], None]) -> None:
        """Compare the line with the network and with the person of the same number."""
        values = line.values
        place = self._places.site(values["site"]) if values.get("site") else None
        if place is None or place.id is None:
            if values.get("site"):
                report("site", "unknown site", self._places.no_site(values["site"]))
            return
        team_id = self._places.teams.get((place.id, values["team"].casefold())) if values.get("team") else None
        if values.get("team") and team_id is None:
            said = quoted(self._mapping, "team", values["team"])
            report("team", "unknown team", f"{said} is no team of {place.code}. Form it first or leave the cell empty.")
        role = str(values.get("role") or "").casefold().replace(" ", "_")
        if role and role not in EVERYDAY:
            known = ", ".join(EVERYDAY)
            report("role", "unknown role", f"“{values['role']}” cannot be given by a file. Use one of: {known}.")
        try:
            check_mail(values.get("email") or "")
        except NotAllowed as refusal:
            report("email", "no mail address", str(refusal))
        person = self._people.get(values[self.key] or "")
        if person is not None and person.site_id != place.id:
            report(self.key, "number taken", "This employee number belongs to somebody at another site.")
        if line.problems:
            return
        line.record = person
        line.values |= {"site_id": place.id, "team_id": team_id, "role": role}
        if person is not None:
            self._compare(line, person, report)

    def _compare(self, line: Line, person: Person, report: Callable[[str, str, str], None]) -> None:
        """Say what the line changes of a person who is here already."""
        values = line.values
        wanted = {name: values[name] for name in _NAMES if name in values}
        line.changes = changed_values(person, wanted)
        joins = values["team_id"] is not None and self._teams.get(person.id) != values["team_id"]
        gains = bool(values["role"]) and (person.id, values["role"], values["site_id"]) not in self._roles
        values |= {"joins": joins, "gains": gains}
        line.fate = Fate.CHANGED if line.changes or joins or gains else Fate.UNCHANGED
        if gains:
            try:
                check_role_days(person.name, person.joined_on, values["from"], None)
            except NotAllowed as refusal:
                report("from", "before the first day", str(refusal))

    def write(self, work: Work, lines: Sequence[Line], progress: Progress) -> dict[str, int]:
        """Write the lines by the same commands as by hand."""
        for done, line in enumerate(lines, 1):
            values = line.values
            person_id = self._person(work, line)
            first_day: date = values["from"]
            if values["team_id"] is not None and values.get("joins", True):
                db.session.flush()
                join_team(work, person_id, values["team_id"], on=first_day)
            if values["role"] and values.get("gains", True):
                grant_role(work, person_id, role=Role(values["role"]), site_id=values["site_id"], valid_from=first_day)
            progress(done, len(lines))
        return {}

    def _person(self, work: Work, line: Line) -> UUID:
        values: dict[str, Any] = line.values
        if line.record is None:
            person = register_person(
                work,
                employee_no=values[self.key],
                given_name=values["given_name"],
                family_name=values["family_name"],
                site_id=values["site_id"],
                joined_on=values["from"],
                email=values.get("email") or "",
            )
            return person.id
        if line.changes:
            names = {name: line.changes.get(name, getattr(line.record, name)) for name in _NAMES}
            correct_person(work, line.record.id, **names)
        known: UUID = line.record.id
        return known
