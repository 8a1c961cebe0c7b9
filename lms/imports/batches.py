"""Batches from a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from lms.exposure.models import Batch, Disposition
from lms.extensions import db
from lms.imports.engine import Fate, Line, Progress, changed_values, in_parts, quoted
from lms.imports.mapping import Field, Mapping
from lms.imports.places import Places, find_places
from lms.permissions import Actor, Permission
from lms.unit_of_work import Work


class BatchTarget:
    """Takes batches in; tells them apart by their number."""

    name = "batches"
    permission = Permission.EXPOSURE_RECORD
    key = "number"
    asks_about_patients = False
    fields: tuple[Field, ...] = (
        Field("number", _l("Batch number"), required=True, longest=40),
        Field("site", _l("Site"), required=True, longest=20),
        Field("product", _l("Product"), required=True, longest=80),
        Field("started_on", _l("First day"), required=True, kind="day"),
        Field("team", _l("Team"), longest=80),
        Field("process_version", _l("Process version"), longest=20),
        Field("finished_on", _l("Last day"), kind="day"),
        Field("disposition", _l("What became of it"), longest=30),
    )

    def __init__(self) -> None:
        self._places: Places
        self._existing: dict[str, Batch] = {}

    def look_up(self, reader: Actor, mapping: Mapping, lines: Sequence[Line], now: datetime) -> None:  # noqa: ARG002
        """Load sites, teams and the batches of these numbers."""
        self._mapping = mapping
        self._places = find_places(reader, self.permission, mapping)
        for part in in_parts(str(line.values.get(self.key) or "") for line in lines):
            found = db.session.scalars(select(Batch).where(Batch.number.in_(part)))
            self._existing |= {batch.number: batch for batch in found}

    def judge(self, line: Line, report: Callable[[str, str, str], None]) -> None:
        """Compare the line with the network and with the batch of the same number."""
        values = line.values
        place = self._places.site(values["site"]) if values.get("site") else None
        if place is None or place.id is None:
            if values.get("site"):
                report("site", "unknown site", self._places.no_site(values["site"]))
            return
        wanted = self._wanted(values, place.id, place.code, report)
        batch = self._existing.get(values[self.key] or "")
        if batch is not None and batch.site_id != place.id:
            report(self.key, "number taken", "This batch number is taken at another site. Batch numbers are unique.")
        if line.problems:
            return
        line.record = batch
        line.changes = {**wanted, "site_id": place.id} if batch is None else changed_values(batch, wanted)
        if batch is not None:
            line.fate = Fate.CHANGED if line.changes else Fate.UNCHANGED

    def _wanted(
        self, values: dict[str, Any], site_id: UUID, site_code: str, report: Callable[[str, str, str], None]
    ) -> dict[str, Any]:
        """Return the batch's values that the file speaks of."""
        wanted: dict[str, Any] = {"product": values["product"], "started_on": values["started_on"]}
        if values.get("team"):
            wanted["team_id"] = self._places.teams.get((site_id, values["team"].casefold()))
            if wanted["team_id"] is None:
                said = quoted(self._mapping, "team", values["team"])
                report(
                    "team", "unknown team", f"{said} is no team of {site_code}. Form it first or leave the cell empty."
                )
        for name in ("process_version", "finished_on", "disposition"):
            if values.get(name):
                wanted[name] = values[name]
        if wanted.get("disposition", Disposition.PENDING) not in set(Disposition):
            known = ", ".join(Disposition)
            report("disposition", "unknown code", f"“{wanted['disposition']}” is not known. Use one of: {known}.")
        if wanted.get("finished_on") and values["started_on"] and wanted["finished_on"] < values["started_on"]:
            report("finished_on", "before the start", "The batch ends before it starts. Correct one of the two days.")
        return wanted

    def write(self, work: Work, lines: Sequence[Line], progress: Progress) -> dict[str, int]:
        """Write the lines."""
        for done, line in enumerate(lines, 1):
            if line.fate == Fate.NEW:
                defaults = {"team_id": None, "process_version": "", "disposition": Disposition.PENDING}
                work.add(Batch(**{**defaults, **line.changes}, number=line.values[self.key]))
            else:
                for name, value in line.changes.items():
                    setattr(line.record, name, value)
            if done % 250 == 0 or done == len(lines):
                progress(done, len(lines))
        return {}
