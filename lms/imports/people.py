"""People from a file: who they are, where they work, their team and an everyday role. No account and no password."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from lms.extensions import db
from lms.identity.commands import correct_person, grant_role, register_person
from lms.identity.models import Person, RoleAssignment
from lms.identity.rules import (
    HeldRole,
    check_apart,
    check_grantee,
    check_mail,
    check_not_held,
    check_role_days,
    check_team_day,
)
from lms.imports.engine import Fate, Line, Progress, changed_values, in_parts, quoted
from lms.imports.mapping import Field, Mapping
from lms.imports.places import Places, find_places
from lms.network.commands import join_team
from lms.network.models import Team, TeamMembership
from lms.permissions import Actor, Permission, Role, apart_from
from lms.refusals import NotAllowed
from lms.unit_of_work import Work
from lms.web.times import show_day

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
        #: Person -> team, its name, and since when.
        self._teams: dict[UUID, tuple[UUID, str, date]] = {}
        self._roles: defaultdict[UUID, list[HeldRole]] = defaultdict(list)

    def look_up(self, reader: Actor, mapping: Mapping, lines: Sequence[Line], now: datetime) -> None:
        """Load sites, teams, the people of these numbers and what they hold or held."""
        self._mapping, self._reader = mapping, reader
        # today in the easternmost zone, where the day begins 14 hours before that of UTC
        self._today = (now + timedelta(hours=14)).date()
        self._places = find_places(reader, self.permission, mapping)
        for part in in_parts(str(line.values.get(self.key) or "").lower() for line in lines):
            people = db.session.scalars(select(Person).where(func.lower(Person.employee_no).in_(part))).all()
            self._people |= {person.employee_no.lower(): person for person in people}
            ids = [person.id for person in people]
            teams = (
                select(TeamMembership.person_id, Team.id, Team.name, TeamMembership.valid_from)
                .join(Team, Team.id == TeamMembership.team_id)
                .where(TeamMembership.person_id.in_(ids), TeamMembership.valid_to.is_(None))
            )
            self._teams |= {row[0]: (row[1], row[2], row[3]) for row in db.session.execute(teams)}
            held = (RoleAssignment.role, RoleAssignment.site_id, RoleAssignment.valid_from, RoleAssignment.valid_to)
            roles = select(RoleAssignment.person_id, *held).where(RoleAssignment.person_id.in_(ids))
            for row in db.session.execute(roles):
                self._roles[row[0]].append(HeldRole(row[1], row[2], row[3], row[4]))

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
        _judged(report, "email", "no mail address", check_mail, values.get("email") or "")
        person = self._people.get((values[self.key] or "").lower())
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
        # an empty cell says nothing: it takes no address away
        wanted = {name: values[name] for name in _NAMES if values.get(name)}
        line.changes = changed_values(person, wanted)
        line.shown = [(name, getattr(person, name), new) for name, new in line.changes.items()]
        team_id, team, since = self._teams.get(person.id, (None, "", None))
        joins = values["team_id"] is not None and team_id != values["team_id"]
        held = self._roles[person.id]
        gains = bool(values["role"]) and not any(
            one.role == values["role"] and one.site_id in {None, values["site_id"]} and one.holds_after(self._today)
            for one in held
        )
        values |= {"joins": joins, "gains": gains}
        line.fate = Fate.CHANGED if line.changes or joins or gains else Fate.UNCHANGED
        if line.fate is Fate.CHANGED and person.left_on is not None:
            sentence = f"{person.name} left on {show_day(person.left_on)}: a file changes nobody who left."
            report(self.key, "left", sentence)
        if joins:
            line.shown.append(("team", team, values["team"]))
            if values["from"] > self._today:
                report(
                    "from", "in the future", "A change of team counts from a day that has come: give today or earlier."
                )
            _judged(report, "from", "past days", check_team_day, person.name, person.joined_on, since, values["from"])
        if gains:
            line.shown.append(("role", None, values["role"]))
            _judged(
                report,
                "from",
                "before the first day",
                check_role_days,
                person.name,
                person.joined_on,
                values["from"],
                None,
            )
            _judged(report, "role", "own role", check_grantee, self._reader.person_id, person.id)
            _judged(
                report, "role", "held already", check_not_held, values["role"], values["site_id"], held, values["from"]
            )
            apart = apart_from(Role(values["role"]))
            _judged(report, "role", "kept apart", check_apart, apart, held, values["from"], None)

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


def _judged(
    report: Callable[[str, str, str], None], field: str, kind: str, rule: Callable[..., None], *facts: object
) -> None:
    """Refuse the line with the sentence of a rule that its command would refuse it by."""
    try:
        rule(*facts)
    except NotAllowed as refusal:
        report(field, kind, str(refusal))
