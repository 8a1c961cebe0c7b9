"""Deviations from a file: into the home network by the core taxonomy, or into a study network with codes of its own."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingOf
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from lms import signals
from lms.calendars.queries import free_days_of
from lms.deviations import rules, taxonomy
from lms.deviations.models import Deviation
from lms.deviations.numbering import NumberGiver
from lms.extensions import db
from lms.facts import DeviationRecorded
from lms.imports.engine import Fate, Line, Progress, changed_values, in_parts, quoted
from lms.imports.mapping import Field, Mapping
from lms.imports.places import Place, Places, find_places, load_batches
from lms.imports.values import NoMoment, at_site, check_clock
from lms.network.commands import found_network, open_site
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.recurrences.reconciling import reconcile
from lms.unit_of_work import Work
from lms.web.labels import label
from lms.web.times import local_day

#: What QA decides at triage. A file does not overwrite it once somebody here has classified the record.
CLASSIFICATION = ("process_step", "category", "root_cause_class", "kind", "detection_channel", "severity")
_KEY_CODES = ("process_step", "category", "root_cause_class")
_DEFAULTS = {"kind": "deviation", "severity_rationale": "", "immediate_action": "", "batch_id": None, "team_id": None}


class DeviationTarget:
    """Takes deviations in; tells them apart by the id they have in their source."""

    name = "deviations"
    permission = Permission.DEVIATION_IMPORT
    key = "external_id"
    asks_about_patients = True
    fields: tuple[Field, ...] = (
        Field("external_id", _l("Id in the source"), required=True, longest=120),
        Field("site", _l("Site"), required=True, longest=20),
        Field("occurred_at", _l("Occurred"), required=True, kind="moment"),
        Field("detected_at", _l("Found on"), kind="moment"),
        Field("description", _l("What happened"), required=True, longest=8000),
        Field("title", _l("Title")),
        Field("immediate_action", _l("What was done"), longest=8000),
        Field("kind", _l("Kind"), longest=20),
        Field("detection_channel", _l("How it was found"), required=True, longest=40),
        Field("process_step", _l("Process step"), longest=60),
        Field("category", _l("Category"), longest=60),
        Field("root_cause_class", _l("Root cause"), longest=60),
        Field("severity", _l("Severity"), longest=20),
        Field("severity_rationale", _l("Why this severity"), longest=2000),
        Field("team", _l("Team"), longest=80),
        Field("batch", _l("Batch number"), longest=40),
    )

    def __init__(self, *, network: str | None = None, create: bool = False) -> None:
        self._network, self._create = network, create
        self._places: Places
        self._existing: dict[str, Deviation] = {}
        self._now: datetime
        #: Holidays of the sites, for the clocks of what waits for triage.
        self._free: dict[UUID, frozenset[date]] = {}
        #: Field -> code or word as a file may spell it -> code.
        self._spelled: dict[str, dict[str, str]] = {}

    def look_up(self, reader: Actor, mapping: Mapping, lines: Sequence[Line], now: datetime) -> None:
        """Load sites, teams, batches and what was taken in before."""
        self._now, self._mapping = now, mapping
        for name in CLASSIFICATION:
            codes = taxonomy.CODES[name]
            self._spelled[name] = {text.casefold(): code for code in codes for text in (code, label(code, name))}
        self._places = find_places(reader, self.permission, mapping, network=self._network, create=self._create)
        load_batches(self._places, (str(line.values.get("batch") or "") for line in lines))
        ids = (str(line.values.get(self.key) or "") for line in lines)
        for part in in_parts(ids):
            statement = (
                select(Deviation)
                .join(Site, Site.id == Deviation.site_id)
                .where(Site.network_id == self._places.network_id, Deviation.external_id.in_(part))
            )
            self._existing |= {str(found.external_id): found for found in db.session.scalars(statement)}

    def judge(self, line: Line, report: Callable[[str, str, str], None]) -> None:
        """Compare the line with the network and with the record of the same id."""
        values = line.values
        place = self._places.site(values["site"]) if values.get("site") else None
        team_id = batch_id = None
        if place is None:
            if values.get("site"):
                report("site", "unknown site", self._places.no_site(values["site"]))
        else:
            self._judge_times(values, place, report)
            team_id = self._named(self._places.teams, place, "team", str.casefold, values, report)
            batch_id = self._named(self._places.batches, place, "batch", str, values, report)
        self._judge_codes(values, report)
        if place is None or line.problems:
            return
        line.values["place"] = place
        wanted = self._wanted(values, team_id, batch_id)
        line.record = self._existing.get(values[self.key])
        if line.record is None:
            line.changes = wanted
        else:
            line.changes = changed_values(line.record, wanted)
            line.fate = Fate.CHANGED if line.changes else Fate.UNCHANGED
            self._judge_change(line, place, report)

    def _judge_times(self, values: dict[str, Any], place: Place, report: Callable[[str, str, str], None]) -> None:
        """Give the moments their zone; refuse what the clocks never showed, what is still to come, what was found too early."""
        zone = self._mapping.times_in or place.zone
        for name in ("occurred_at", "detected_at"):
            if not values.get(name):
                continue
            try:
                check_clock(values[name], zone)
            except NoMoment as fault:
                report(name, fault.kind, f"{quoted(self._mapping, name, str(values[name])[:16])} {fault}")
                values[name] = None
                continue
            values[name] = at_site(values[name], zone)
            if values[name] > self._now:
                report(name, "in the future", "The time lies in the future. Give the time at which it happened.")
        if values["occurred_at"] and values.get("detected_at") and values["detected_at"] < values["occurred_at"]:
            sentence = "It was found before it happened. Correct one of the two times."
            report("detected_at", "before it happened", sentence)

    def _judge_codes(self, values: dict[str, Any], report: Callable[[str, str, str], None]) -> None:
        core = self._mapping.taxonomy == taxonomy.CORE
        for name in CLASSIFICATION:
            code = values.get(name)
            if not code:
                if not core and name in _KEY_CODES:
                    report(
                        name,
                        "missing",
                        "A study's line needs a step, a category and a cause; name a constant if it has none.",
                    )
                continue
            if core:
                known = self._spelled[name]
                if code.casefold() not in known:
                    near = difflib.get_close_matches(code.casefold(), known, 1)
                    hint = (
                        f"Did you mean “{known[near[0]]}”?"
                        if near
                        else f"Use one of: {', '.join(taxonomy.CODES[name])}."
                    )
                    report(name, "unknown code", f"{quoted(self._mapping, name, code)} is not in the taxonomy. {hint}")
                else:
                    values[name] = known[code.casefold()]

    def _named(
        self,
        known: MappingOf[tuple[UUID, str], UUID],
        place: Place,
        name: str,
        spelled: Callable[[str], str],
        values: dict[str, Any],
        report: Callable[[str, str, str], None],
    ) -> UUID | None:
        text = values.get(name)
        if not text:
            return None
        found = known.get((place.id, spelled(text))) if place.id else None
        if found is None:
            sentence = f"{quoted(self._mapping, name, text)} is not known at {place.code}. Record it first or leave the cell empty."
            report(name, f"unknown {name}", sentence)
        return found

    def _wanted(self, values: dict[str, Any], team_id: UUID | None, batch_id: UUID | None) -> dict[str, Any]:
        """Return the record's values that the file speaks of."""
        names = {*CLASSIFICATION, "description", "title", "immediate_action", "severity_rationale"}
        wanted: dict[str, Any] = {name: values[name] for name in names if name in values}
        wanted |= {name: values[name] for name in ("occurred_at", "detected_at") if name in values}
        wanted["self_reported"] = taxonomy.is_self_reported(values["detection_channel"])
        wanted["title"] = wanted.get("title") or rules.title_of(values["description"])
        if "team" in values:
            wanted["team_id"] = team_id
        if "batch" in values:
            wanted["batch_id"] = batch_id
        return wanted

    def _judge_change(self, line: Line, place: Place, report: Callable[[str, str, str], None]) -> None:
        record: Deviation = line.record
        if record.site_id != place.id:
            report("site", "at another site", "The record with this id belongs to another site, and stays there.")
            return
        if line.fate != Fate.CHANGED or self._mapping.taxonomy != taxonomy.CORE:
            return
        if record.state in {rules.State.CLOSED, rules.State.REJECTED_DUPLICATE, rules.State.DOWNGRADED}:
            report(self.key, "closed here", f"{record.number} is closed; the line differs from it. Raise a new one.")
        elif record.triaged_at is not None and set(line.changes) & set(CLASSIFICATION):
            sentence = f"QA classified {record.number} here. Change its classification there, not by the file."
            report(self.key, "classified here", sentence)

    def write(self, work: Work, lines: Sequence[Line], progress: Progress) -> dict[str, int]:
        """Write the lines, number the new ones, tell the other rooms, and run the recurrence rule once over the sites."""
        opened = self._open_sites(work, lines)
        site_ids = {line.values["place"].code: self._site_id(line) for line in lines}
        numbers = NumberGiver(work, set(site_ids.values()))
        self._free = free_days_of(set(site_ids.values()), work.at.date() - timedelta(days=1))
        written: list[Deviation] = []
        for done, line in enumerate(lines, 1):
            if line.fate == Fate.NEW:
                written.append(self._new(work, line, numbers))
            else:
                self._change(line)
            if done % 250 == 0 or done == len(lines):
                progress(done, len(lines))
        db.session.flush()
        if self._mapping.taxonomy == taxonomy.CORE:
            for d in written:
                fact = DeviationRecorded(d.id, d.site_id, d.process_step, d.occurred_at, ())
                work.tell(signals.deviation_recorded, fact)
        found = reconcile(work, set(site_ids.values())) if site_ids else None
        return {"sites_opened": opened, "recurrences_proposed": found.proposed if found else 0}

    def _site_id(self, line: Line) -> UUID:
        place = self._places.sites[line.values["place"].code.casefold()]
        assert place.id is not None  # noqa: S101 - every site of a good line was opened before
        return place.id

    def _open_sites(self, work: Work, lines: Sequence[Line]) -> int:
        missing = sorted({line.values["place"].code for line in lines if line.values["place"].id is None})
        if missing and self._places.network_id is None:
            founded = found_network(work, name=str(self._network), taxonomy=self._mapping.taxonomy)
            self._places.network_id = founded.id
        network_id = self._places.network_id
        for code in missing:
            assert network_id is not None  # noqa: S101 - founded above
            site = open_site(work, network_id, code=code, name=code, zone=self._mapping.zone)
            self._places.sites[code.casefold()] = Place(site.id, code, self._mapping.zone)
        db.session.flush()
        return len(missing)

    def _new(self, work: Work, line: Line, numbers: NumberGiver) -> Deviation:
        values, place = line.changes, line.values["place"]
        site_id = self._site_id(line)
        classified = all(values.get(name) for name in (*_KEY_CODES, "severity"))
        core = self._mapping.taxonomy == taxonomy.CORE
        state = rules.State.CLOSED if not core else rules.State.TRIAGED if classified else rules.State.REPORTED
        due = rules.working_days_later(work.at, rules.TRIAGE_WORKING_DAYS, place.zone, self._free[site_id])
        late = rules.is_late(values["occurred_at"], work.at)
        deviation = Deviation(
            **{**_DEFAULTS, "process_step": "", "category": "", "root_cause_class": "", "severity": "", **values},
            number=numbers.next(site_id, local_day(work.at, place.zone).year),
            site_id=site_id,
            external_id=line.values[self.key],
            recorded_at=work.at,
            state=state,
            triage_due_at=due if state == rules.State.REPORTED else None,
            due_at=rules.calendar_days_later(work.at, rules.CLOSING_DAYS, place.zone) if core else None,
            late_reason=f"Taken in from a file: {work.reason}"[:2000] if late else "",
        )
        work.add(deviation)
        return deviation

    def _change(self, line: Line) -> None:
        record: Deviation = line.record
        for name, value in line.changes.items():
            setattr(record, name, value)
        classified = all(getattr(record, name) for name in (*_KEY_CODES, "severity"))
        if record.state == rules.State.REPORTED and classified:
            record.state, record.triage_due_at = rules.State.TRIAGED, None
