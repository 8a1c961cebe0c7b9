"""Counting what a pack says, each figure by the query of the page that shows it; and reading the packs that were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from assessments.api import operator_statuses, running_out
from behavior_metrics.climate.queries import climate
from behavior_metrics.coding.lines import field_lines
from behavior_metrics.coding.queries import coded_twice
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import SEE, Frame, Places, frame
from behavior_metrics.linkage.answers import answer
from behavior_metrics.linkage.queries import analysis
from behavior_metrics.linkage.rows import QUARTERS
from behavior_metrics.management_review.counted import (
    Action,
    Closed,
    Counted,
    Currency,
    Effect,
    Programme,
    Raised,
    Survey,
    Waiting,
)
from behavior_metrics.management_review.models import ReviewPack
from behavior_metrics.management_review.rules import NETWORK
from behavior_metrics.programme import lines as programme
from coaching.api import Scope, first_reviews, programme_counts, released_cells, released_reliability
from lms.capas.models import EffectivenessLook
from lms.capas.queries import CapaFilters
from lms.capas.queries import rows as action_rows
from lms.capas.rules import State as ActionState
from lms.deviations.filters import Filters
from lms.deviations.models import Deviation
from lms.deviations.queries import narrowed
from lms.deviations.rules import State as DeviationState
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor, Grant, Role
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R3, Decision
from lms.refusals import NotAllowed, NotFound
from lms.scope import within
from lms.second_coding.queries import unsettled
from lms.signatures.queries import SignatureRow, signatures_on_many
from lms.web.times import local_day, start_of_day

#: Days ahead over which ending qualifications are counted.
AHEAD = (30, 60, 90)
#: Quarters over which agreement of two codings is measured, as on the page “Coding quality”.
CODED = 9
#: What R3 is called among the outcomes of an action.
CAME_BACK = "came_back"
#: A statement with whatever columns.
AnySelect = Select[*tuple[Any, ...]]


def reader_of(scope: str) -> Actor:
    """Return a reader who sees of the records what quality assurance of the scope sees, and nothing else."""
    site_id = None if scope == NETWORK else UUID(scope)
    return Actor("system:management_review", "management review", grants=(Grant(Role.QA, site_id),))


def counted(scope: str, quarter: Quarter, as_of: datetime) -> Counted:
    """Count everything a pack says of a closed quarter, as known at a moment: some thirty statements, whatever the size.

    Raises ``NotAllowed`` for a quarter that is not over at every site of the scope, or lies too far back.
    """
    reader = reader_of(scope)
    frames = frame(reader, as_of, QUARTERS)
    here = frames.places
    if quarter not in frames.window.closed_quarters[1:]:
        message = f"{quarter.words} is not among the closed quarters of the last three years. Choose one of them."
        raise NotAllowed(message)
    released = climate(reader, here)
    found = analysis(frames, released)
    names = {site.code: site.name for site in here.sites}
    since = start_of_day(Quarter(Quarter.of(as_of.date()).index - CODED + 1).first_day, "UTC")
    now_in, before_in = _programme(reader, frames, quarter)
    actions, waiting = _actions(reader, here, as_of)
    return Counted(
        as_of=as_of, quarter=quarter, frame=frames,
        raised=_raised(reader, quarter, as_of), closed=_closed(reader, quarter, as_of),
        actions=actions, effects=_effects(reader, quarter), waiting=waiting, currency=_currency(reader, here, as_of),
        programme=now_in, programme_before=before_in, survey=_survey(reader, here, quarter),
        coding=field_lines(coded_twice(reader, since)), linkage=found,
        answer=answer(found.output, names) if found.output else None,
    )  # fmt: skip


def _two(quarter: Quarter) -> tuple[date, date]:
    return Quarter(quarter.index - 1).first_day, quarter.last_day


def _raised(reader: Actor, quarter: Quarter, now: datetime) -> list[Raised]:
    """All but duplicates, of the quarter and the one before, by the conditions of the list of deviations."""
    first, last = _two(quarter)
    columns: AnySelect = select(
        Deviation.site_id, Site.zone, Deviation.occurred_at, Deviation.recorded_at, Deviation.kind, Deviation.severity,
        Deviation.self_reported, Deviation.detection_channel,
    )  # fmt: skip
    statement = narrowed(columns, reader, Filters(first_day=first, last_day=last), now)
    return [
        Raised(
            site, Quarter.of(local_day(occurred, zone)), kind, severity, own, channel,
            (recorded - occurred).total_seconds() / 3600,
        )
        for site, zone, occurred, recorded, kind, severity, own, channel in db.session.execute(
            statement.where(Deviation.state != DeviationState.REJECTED_DUPLICATE)
        )
    ]  # fmt: skip


def _closed(reader: Actor, quarter: Quarter, now: datetime) -> list[Closed]:
    first, last = _two(quarter)
    columns: AnySelect = select(
        Deviation.site_id, Site.zone, Deviation.recorded_at, Deviation.closed_at, Deviation.due_at
    )
    # a day to spare on either side, since a site's quarter begins up to 14 hours before or after UTC's
    statement = narrowed(columns, reader, Filters(state=DeviationState.CLOSED), now).where(
        Deviation.closed_at >= start_of_day(first - timedelta(days=1), "UTC"),
        Deviation.closed_at < start_of_day(last + timedelta(days=2), "UTC"),
    )
    found = []
    for site, zone, recorded, closed, due in db.session.execute(statement):
        on = local_day(closed, zone)
        if first <= on <= last:
            days = (closed - recorded).total_seconds() / 86400
            found.append(Closed(site, Quarter.of(on), days, None if due is None else closed <= due))
    return found


def _actions(reader: Actor, here: Places, now: datetime) -> tuple[list[Action], Waiting]:
    zones = {site.id: site.zone for site in here.sites}
    rows = [row for row in action_rows(reader, CapaFilters(), today=now.date()) if row.site_id in zones]
    actions = [
        Action(
            row.site_id,
            Quarter.of(row.due_on),
            row.implemented_on is not None and row.implemented_on <= row.due_on,
            row.extended_to is not None,
        )
        for row in rows
        if row.state != ActionState.CANCELLED
    ]
    late = Counter(
        row.site_id for row in rows if row.state == ActionState.OPEN and row.due < local_day(now, zones[row.site_id])
    )
    returned = Counter(row.site_id for row in rows if row.state == ActionState.RETURNED)
    waiting = Waiting(
        _by_site(reader, Filters(overdue="1"), now),
        _by_site(reader, Filters(recurrence=Decision.PROPOSED), now),
        late,
        returned,
        sum(True for _one in unsettled(reader)),
    )
    return actions, waiting


def _by_site(reader: Actor, filters: Filters, now: datetime) -> Counter[UUID]:
    """Count what the list of deviations holds with these filters, by site."""
    columns: AnySelect = select(Deviation.site_id, func.count(Deviation.id))
    statement = narrowed(columns, reader, filters, now).group_by(Deviation.site_id)
    return Counter({row[0]: row[1] for row in db.session.execute(statement)})


def _effects(reader: Actor, quarter: Quarter) -> list[Effect]:
    """Signed verdicts by the day of the look, and what came back after an action by the day it happened."""
    looks: AnySelect = (
        select(EffectivenessLook.site_id, Site.zone, EffectivenessLook.looked_at, EffectivenessLook.verdict)
        .join(Site, Site.id == EffectivenessLook.site_id)
        .where(within(EffectivenessLook.site_id, reader, SEE))
    )
    again: AnySelect = (
        select(Deviation.site_id, Site.zone, Deviation.occurred_at)
        .join(Recurrence, Recurrence.deviation_id == Deviation.id)
        .join(Site, Site.id == Deviation.site_id)
        .where(Recurrence.rule == R3, Recurrence.decision == Decision.CONFIRMED, within(Deviation.site_id, reader, SEE))
    )
    rows: list[tuple[UUID, str, datetime, str]] = [
        *((row[0], row[1], row[2], row[3]) for row in db.session.execute(looks)),
        *((row[0], row[1], row[2], CAME_BACK) for row in db.session.execute(again)),
    ]
    two = (Quarter(quarter.index - 1), quarter)
    found = (Effect(site, Quarter.of(local_day(at, zone)), outcome) for site, zone, at, outcome in rows)
    return [effect for effect in found if effect.quarter in two]


def _currency(reader: Actor, here: Places, now: datetime) -> Currency:
    sites = {site.id for site in here.sites}
    statuses = Counter(str(status) for worker, status in operator_statuses(reader, now) if worker.site_id in sites)
    ending = {}
    longest = [row for row in running_out(reader, now, max(AHEAD)) if row.site_id in sites]
    for days in AHEAD:
        rows = [row for row in longest if row.valid_to <= now + timedelta(days=days)]
        ending[days] = (len(rows), len({row.person_id for row in rows}))
    return Currency(statuses, ending)


def _programme(reader: Actor, frames: Frame, quarter: Quarter) -> tuple[Programme, Programme]:
    here, before = frames.places, Quarter(quarter.index - 1)
    zones = {site.zone for site in here.sites}
    periods = [programme.quarter_period(one) for one in (quarter, before)]
    counts = programme_counts(reader, zones, periods, frames.window.last_full_day)
    waits = first_reviews(reader, before.first_day, max(local_day(frames.as_of, zone) for zone in zones))
    names = {site.id: site.name for site in here.sites}
    now_in, before_in = (Programme(*programme.site_lines(counts, waits, one, names)) for one in (quarter, before))
    return now_in, before_in


def _survey(reader: Actor, here: Places, quarter: Quarter) -> Survey:
    teams, sites = {team.id: team for team in here.teams}, {site.id for site in here.sites}
    cells = []
    for cell in released_cells(reader):
        if Quarter(cell.last_month.year * 4 + (cell.last_month.number - 1) // 3) != quarter:
            continue
        if cell.scope is Scope.TEAM:
            seen = cell.team_id in teams
        else:
            seen = cell.site_id in sites if cell.site_id is not None else here.whole_network
        if seen:
            cells.append(cell)
    own = {cell.team_id for cell in cells}
    without = [team.full_name for team in here.teams if team.id not in own]
    reliable = [row for row in released_reliability() if row.quarter.replace(" ", "") == str(quarter)]
    return Survey(cells, without, reliable)


# -- packs that were made ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PackRow:
    """A pack as listed."""

    pack: ReviewPack
    site_code: str
    site_name: str
    signatures: Sequence[SignatureRow]
    newest: bool

    @property
    def quarter(self) -> Quarter:
        """Its quarter."""
        return Quarter.parse(self.pack.quarter)

    @property
    def signed(self) -> bool:
        """Whether a signature holds."""
        return any(one.holds for one in self.signatures)


def packs(reader: Actor) -> list[PackRow]:
    """Return the packs of the reader's scopes, newest quarter first, the network before sites: two statements."""
    statement = select(ReviewPack, Site.code, Site.name).outerjoin(Site, Site.id == ReviewPack.site_id)
    statement = statement.where(_seen(reader)).order_by(
        ReviewPack.quarter.desc(), ReviewPack.site_id.is_not(None), Site.name, ReviewPack.revision.desc()
    )
    rows = db.session.execute(statement).all()
    signed = signatures_on_many([row[0] for row in rows])
    newest: dict[tuple[str, str], UUID] = {}
    for pack, _code, _name in rows:
        newest.setdefault((pack.scope, pack.quarter), pack.id)
    return [
        PackRow(pack, code or "", name or "", signed[pack.id], newest[pack.scope, pack.quarter] == pack.id)
        for pack, code, name in rows
    ]


def pack_of(reader: Actor, pack_id: UUID) -> PackRow:
    """Return one pack with its signatures. Raises ``NotFound`` for one of another scope and for a missing one alike."""
    statement = select(ReviewPack, Site.code, Site.name).outerjoin(Site, Site.id == ReviewPack.site_id)
    row = db.session.execute(statement.where(ReviewPack.id == pack_id, _seen(reader))).first()
    if row is None:
        raise NotFound("There is no such pack for your sites.")
    pack, code, name = row
    newest = select(func.max(ReviewPack.revision)).where(
        ReviewPack.scope == pack.scope, ReviewPack.quarter == pack.quarter
    )
    is_newest = db.session.scalar(newest) == pack.revision
    return PackRow(pack, code or "", name or "", signatures_on_many([pack])[pack.id], is_newest)


def _seen(reader: Actor) -> Any:  # noqa: ANN401 - a condition
    # the network's pack has no site: only whoever sees every site sees it
    return within(ReviewPack.site_id, reader, SEE)  # type: ignore[arg-type]
