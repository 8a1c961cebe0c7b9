"""Planned batches from a file. Who is on their rosters is judged person by person, and so stays work by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from lms.exposure.models import Batch
from lms.extensions import db
from lms.imports.engine import Fate, Line, Progress, changed_values, in_parts, quoted
from lms.imports.mapping import Field, Mapping
from lms.imports.places import Place, Places, find_places
from lms.imports.values import NoMoment, at_site, check_clock
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.planning import rules
from lms.planning.commands import plan_batch
from lms.planning.models import PlannedBatch
from lms.refusals import NotAllowed
from lms.unit_of_work import Work


class PlannedBatchTarget:
    """Takes planned batches in; tells them apart by their number. What is planned already is never changed by a file."""

    name = "planned-batches"
    permission = Permission.EXPOSURE_RECORD
    key = "number"
    asks_about_patients = False
    fields: tuple[Field, ...] = (
        Field("number", _l("Batch number"), required=True, longest=40),
        Field("site", _l("Site"), required=True, longest=20),
        Field("product", _l("Product"), required=True, longest=80),
        Field("process", _l("Process"), required=True, longest=80),
        Field("starts_at", _l("Planned start"), required=True, kind="moment"),
        Field("ends_at", _l("Planned end"), required=True, kind="moment"),
        Field("process_version", _l("Process version"), longest=20),
        Field("team", _l("Team"), longest=80),
    )

    def __init__(self) -> None:
        self._places: Places
        self._standing: dict[UUID, tuple[str, str]] = {}
        self._planned: dict[str, PlannedBatch] = {}
        self._begun: set[str] = set()

    def look_up(self, reader: Actor, mapping: Mapping, lines: Sequence[Line], now: datetime) -> None:
        """Load sites with their standing, teams, and the planned and begun batches of these numbers."""
        self._mapping, self._now = mapping, now
        self._places = find_places(reader, self.permission, mapping)
        ids = [place.id for place in self._places.sites.values()]
        sites = db.session.execute(select(Site.id, Site.name, Site.state).where(Site.id.in_(ids)))
        self._standing = {site_id: (name, state) for site_id, name, state in sites}
        for part in in_parts(str(line.values.get(self.key) or "") for line in lines):
            planned = db.session.scalars(select(PlannedBatch).where(PlannedBatch.number.in_(part)))
            self._planned |= {one.number: one for one in planned}
            self._begun |= set(db.session.scalars(select(Batch.number).where(Batch.number.in_(part))))

    def judge(self, line: Line, report: Callable[[str, str, str], None]) -> None:
        """Compare the line with the network and with what is planned under the same number."""
        values = line.values
        place = self._places.site(values["site"]) if values.get("site") else None
        if place is None or place.id is None:
            if values.get("site"):
                report("site", "unknown site", self._places.no_site(values["site"]))
            return
        wanted = self._wanted(values, place, place.id, report)
        planned = self._planned.get(values[self.key] or "")
        if planned is not None:
            self._compare(line, planned, place.id, wanted, report)
            return
        if values[self.key] in self._begun:
            report(self.key, "number taken", "This batch number is taken: a batch of this number has started.")
        name, state = self._standing[place.id]
        _reported(report, "site", "site does not work", rules.check_works, name, state)
        if wanted["starts_at"] and wanted["ends_at"]:
            times = (wanted["starts_at"], wanted["ends_at"], self._now)
            _reported(report, "starts_at", "times do not fit", rules.check_times, *times)
        line.changes = {**wanted, "site_id": place.id}

    def _wanted(
        self, values: dict[str, Any], place: Place, site_id: UUID, report: Callable[[str, str, str], None]
    ) -> dict[str, Any]:
        """Return the values that the file speaks of, its times with their zone."""
        wanted: dict[str, Any] = {name: values[name] for name in ("product", "process")}
        if values.get("process_version"):
            wanted["process_version"] = values["process_version"]
        if values.get("team"):
            wanted["team_id"] = self._places.teams.get((site_id, values["team"].casefold()))
            if wanted["team_id"] is None:
                said = quoted(self._mapping, "team", values["team"])
                sentence = f"{said} is no team of {place.code}. Form it first or leave the cell empty."
                report("team", "unknown team", sentence)
        for name in ("starts_at", "ends_at"):
            wanted[name] = self._moment(name, values[name], self._mapping.times_in or place.zone, report)
        return wanted

    def _moment(
        self, name: str, moment: datetime | None, zone: str, report: Callable[[str, str, str], None]
    ) -> datetime | None:
        if moment is None:
            return None
        try:
            check_clock(moment, zone)
        except NoMoment as fault:
            report(name, fault.kind, f"{quoted(self._mapping, name, str(moment)[:16])} {fault}")
            return None
        return at_site(moment, zone)

    def _compare(
        self,
        line: Line,
        planned: PlannedBatch,
        site_id: UUID,
        wanted: dict[str, Any],
        report: Callable[[str, str, str], None],
    ) -> None:
        """Let the same line pass again; refuse another one, because the roster was judged for what is planned now."""
        if planned.site_id != site_id:
            report(self.key, "number taken", "This batch number is taken at another site. Batch numbers are unique.")
        elif not line.problems and changed_values(planned, wanted):
            sentence = "This number is planned otherwise. Cancel that plan and give the new one another number."
            report(self.key, "planned otherwise", sentence)
        line.record, line.fate = planned, Fate.UNCHANGED

    def write(self, work: Work, lines: Sequence[Line], progress: Progress) -> dict[str, int]:
        """Plan the batches by the same command as by hand, site after site: two files at once lock sites in one order."""
        for done, line in enumerate(sorted(lines, key=lambda line: str(line.changes["site_id"])), 1):
            plan_batch(work, number=line.values[self.key], **line.changes)
            if done % 250 == 0 or done == len(lines):
                progress(done, len(lines))
        return {}


def _reported(
    report: Callable[[str, str, str], None], field: str, kind: str, rule: Callable[..., None], *values: object
) -> None:
    """Ask a rule of the pages and report its refusal at its own field, or else at this one."""
    try:
        rule(*values)
    except NotAllowed as refusal:
        report(refusal.field or field, kind, str(refusal))
