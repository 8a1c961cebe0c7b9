"""Work counted by month from a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from lms.extensions import db
from lms.imports.engine import Fate, Line, Progress, changed_values, quoted
from lms.imports.mapping import Field, Mapping
from lms.imports.places import Places, find_places
from lms.permissions import Actor, Permission
from lms.planning import rules
from lms.planning.commands import record_exposure
from lms.planning.models import ExposurePeriod
from lms.planning.rules import Unit
from lms.refusals import NotAllowed
from lms.unit_of_work import Work
from lms.web.times import local_day

#: Site, team (None: the whole site), first day of the month, unit: what tells one count from another.
_Key = tuple[UUID, UUID | None, date, str]


class ExposureTarget:
    """Takes counts of work in. A count that differs corrects the one of that site, team, month and unit."""

    name = "exposure"
    permission = Permission.EXPOSURE_RECORD
    key = ""
    asks_about_patients = False
    fields: tuple[Field, ...] = (
        Field("site", _l("Site"), required=True, longest=20),
        Field("month", _l("Month"), required=True, kind="month"),
        Field("unit", _l("What is counted"), required=True, longest=20),
        Field("count", _l("How many"), required=True, longest=20),
        Field("team", _l("Team"), longest=80),
    )

    def __init__(self) -> None:
        self._places: Places
        self._existing: dict[_Key, ExposurePeriod] = {}
        self._lines: defaultdict[_Key, list[int]] = defaultdict(list)

    def look_up(self, reader: Actor, mapping: Mapping, lines: Sequence[Line], now: datetime) -> None:
        """Load sites, teams and the counts of these months."""
        self._mapping, self._now = mapping, now
        self._places = find_places(reader, self.permission, mapping)
        for line in lines:
            key = self._key_of(line.values)
            if key is not None:
                self._lines[key].append(line.number)
        if not self._lines:
            return
        e, months = ExposurePeriod, [month for _site, _team, month, _unit in self._lines]
        wanted = select(e).where(
            e.site_id.in_({site_id for site_id, _team, _month, _unit in self._lines}),
            e.month.between(min(months), max(months)),
        )
        self._existing = {(p.site_id, p.team_id, p.month, p.unit): p for p in db.session.scalars(wanted)}

    def judge(self, line: Line, report: Callable[[str, str, str], None]) -> None:
        """Compare the line with the network, with the other lines and with what is counted already."""
        values = line.values
        place = self._places.site(values["site"]) if values.get("site") else None
        if place is None or place.id is None:
            if values.get("site"):
                report("site", "unknown site", self._places.no_site(values["site"]))
            return
        if values.get("team") and (place.id, values["team"].casefold()) not in self._places.teams:
            said = quoted(self._mapping, "team", values["team"])
            report("team", "unknown team", f"{said} is no team of {place.code}. Form it first or leave the cell empty.")
        if values["unit"] and _unit_of(values["unit"]) is None:
            said, known = quoted(self._mapping, "unit", values["unit"]), ", ".join(Unit)
            report("unit", "unknown code", f"{said} is not known. Use one of: {known}.")
        count = self._count(values["count"], report)
        if values["month"] is not None and count is not None:
            try:
                rules.check_exposure(values["month"], count, local_day(self._now, place.zone))
            except NotAllowed as refusal:
                report(refusal.field or "count", "does not fit", str(refusal))
        key = self._key_of(values)
        if key is not None and len(self._lines[key]) > 1:
            numbers = ", ".join(map(str, self._lines[key][:5]))
            report("month", "twice in the file", f"Lines {numbers} count the same month, team and unit. Keep one.")
        if line.problems or key is None:
            return
        line.values["key"] = key
        line.record, line.changes = self._existing.get(key), {"count": count}
        if line.record is not None:
            line.changes = changed_values(line.record, line.changes)
            line.fate = Fate.CHANGED if line.changes else Fate.UNCHANGED

    def _count(self, text: str | None, report: Callable[[str, str, str], None]) -> int | None:
        if not text:
            return None
        if not (text.isascii() and text.isdigit()):
            said = quoted(self._mapping, "count", text)
            report("count", "no whole number", f"{said} is no whole number. Write digits only, such as 1250.")
            return None
        return int(text)

    def _key_of(self, values: dict[str, Any]) -> _Key | None:
        """Return what tells the line from others; None while a part of it is not known."""
        place = self._places.site(values["site"]) if values.get("site") else None
        unit = _unit_of(values.get("unit") or "")
        if place is None or place.id is None or unit is None or values.get("month") is None:
            return None
        team_id = self._places.teams.get((place.id, values["team"].casefold())) if values.get("team") else None
        return None if values.get("team") and team_id is None else (place.id, team_id, values["month"], unit)

    def write(self, work: Work, lines: Sequence[Line], progress: Progress) -> dict[str, int]:
        """Record the counts by the same command as by hand, site after site: two files at once lock sites in one order."""
        for done, line in enumerate(sorted(lines, key=lambda line: str(line.values["key"][0])), 1):
            site_id, team_id, month, unit = line.values["key"]
            record_exposure(work, site_id=site_id, team_id=team_id, month=month, unit=unit, count=line.changes["count"])
            if done % 250 == 0 or done == len(lines):
                progress(done, len(lines))
        return {}


def _unit_of(text: str) -> Unit | None:
    code = text.casefold().replace(" ", "_")
    return Unit(code) if code in set(Unit) else None
