"""The published climate: frozen cells, read whole. Nothing here filters answers or computes a figure anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from coaching.surveys import queries
from coaching.surveys.instrument import IN_FORCE, Instrument, Series, Wording, shipped
from coaching.surveys.notice import CURRENT, Case, Told, languages, told
from coaching.surveys.periods import Month
from coaching.surveys.published import measured
from coaching.surveys.release import K_FLOOR, Scope, SizeBand
from coaching.voice import queries as voice
from coaching.voice.queries import WaveRow
from lms.extensions import db
from lms.network.models import Network, Site, Team
from lms.permissions import Actor, Permission
from lms.scope import within
from lms.web.times import local_day


class ReleasedRow(NamedTuple):
    """One published figure. ``score`` lies on ``low`` to ``high`` and was rounded at random to a multiple of ``grain``."""

    cell: str
    scope: Scope
    team_id: UUID | None
    #: The team's site, or the site of the small teams; None for the network's small teams.
    site_id: UUID | None
    instrument_version: str
    first_month: Month
    last_month: Month
    #: ``5-9``, ``10-19`` or ``20+`` persons.
    n_band: SizeBand
    score: Decimal
    low: int
    high: int
    grain: Decimal
    #: ``<50``, ``50-74`` or ``>=75`` percent of those asked; None where fewer than ten were asked.
    response: str | None
    released_on: date
    #: Whether it is a figure of the pulse: for the trend only, never pooled with the full set.
    is_pulse: bool = False


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """How reliably an instrument measured in one quarter, three decimals; of teams nothing where there were too few."""

    quarter: str
    instrument_version: str
    alpha: Decimal
    #: McDonald's omega; None where no common factor could be fitted, and in releases before it was said.
    omega: Decimal | None
    icc1: Decimal | None
    icc1_p: Decimal | None
    #: How reliable a team's mean is.
    icc2: Decimal | None
    median_rwg: Decimal | None
    #: Pooled variance of persons within teams, in scale points squared.
    within_variance: Decimal | None
    #: Whether team means may be read as a property of teams.
    team_means_hold: bool | None


@dataclass(frozen=True, slots=True)
class ClimateLine:
    """A published figure with the names of its place."""

    row: ReleasedRow
    site_name: str
    team_name: str


@dataclass(frozen=True, slots=True)
class Climate:
    """What a reader sees of the climate: figures, newest first, and the teams without one for the newest month."""

    lines: tuple[ClimateLine, ...]
    #: The newest month that was released; None before the first release.
    month: Month | None
    #: ``(site, team)`` of the teams that had too few answers of their own for it.
    waiting: tuple[tuple[str, str], ...]
    reliability: tuple[ReliabilityRow, ...]
    #: Quarters whose answers were given up unread.
    given_up: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SheetPage:
    """A sheet as its respondent sees it. Nothing here knows whether it was answered."""

    asked: queries.Asked
    #: ``open``, ``over``, ``shut`` (no key), ``off`` (switched off), ``owed`` (the site has not answered) or ``none``.
    state: str
    told: Told
    #: Languages of the notice, each with its own name for itself.
    languages: dict[str, str]
    #: The newest note of the site: you said, we did.
    note: WaveRow | None = None
    #: Why the survey is off, or which wave is owed.
    why: str = ""
    instrument: Instrument | None = None
    words: Wording | None = None
    notice_read: bool = False


def sheet_page(person_id: UUID | None, review_id: UUID, language: str, *, at: datetime) -> SheetPage:
    """Return the sheet of a review for its own coachee. Raises ``NotFound`` for everybody else."""
    asked = queries.own_review(person_id, review_id)
    is_open = asked.is_open(at)
    ticket = queries.ticket_of(asked) if is_open else None
    place = voice.place_of(asked.person_id, asked.closed_on, local_day(at, asked.zone)) if ticket else None
    instrument = ticket.instrument if ticket else shipped()[IN_FORCE]
    case = Case(
        K_FLOOR,
        place.people if place else 0,
        place.custodian if place else "",
        len(instrument.items),
        instrument.minimum_answered,
    )
    page = SheetPage(asked, "over", told(language, case), languages())
    if not is_open or asked.site_id is None:
        return page
    heard = voice.heard(asked.site_id, opens=asked.month.quarter.start)
    if ticket is None:
        if heard.off is not None:
            return replace(page, state="off", why=heard.off)
        return replace(page, state="owed", why=heard.owed) if heard.owed else replace(page, state="none")
    wordings = queries.wordings_of(instrument)
    words = wordings.get(language) or next(iter(wordings.values()), None)
    takes = ticket.takes_answers and words is not None
    return replace(
        page,
        state="open" if takes else "shut",
        note=heard.note,
        instrument=instrument,
        words=words,
        notice_read=ticket.notice_read >= CURRENT,
    )


def released_cells(reader: Actor | None = None, series: Series | None = Series.FULL) -> list[ReleasedRow]:
    """Return the published figures of a series (None: of all), oldest first.

    Those of the reader's sites and the network, or of all sites for a job (None). A pulse is for the trend only, so
    whoever computes with figures gets those of the full sets.
    """
    sites = None if reader is None else reader.sites_for(Permission.CLIMATE_SEE)
    return [
        cell
        for cell in map(_released, db.session.execute(queries.every_release()))
        if (sites is None or cell.site_id is None or cell.site_id in sites)
        and (series is None or cell.is_pulse is (series is Series.PULSE))
    ]


def released_reliability() -> list[ReliabilityRow]:
    """Return what the quarters' last releases said about the instruments, oldest first."""
    return _reliability(queries.release_events())


def _reliability(events: list[queries.EventRow]) -> list[ReliabilityRow]:
    return [
        ReliabilityRow(
            quarter=str(event.month.quarter),
            instrument_version=row["instrument_version"],
            alpha=Decimal(row["alpha"]),
            omega=_number(row.get("omega")),
            icc1=_number(row["icc1"]),
            icc1_p=_number(row["icc1_p"]),
            icc2=_number(row.get("icc2")),
            median_rwg=_number(row["median_rwg"]),
            within_variance=_number(row["within_variance"]),
            team_means_hold=row["team_means_hold"],
        )
        for event in events
        for row in event.reliability
    ]


def climate(reader: Actor) -> Climate:
    """Return the climate page of a reader: every figure of their sites, and which teams wait because they are too few.

    A team waits if it has no figure for the newest released month. That follows from what is published, not from answers.
    """
    teams = _teams(reader)
    named = {team_id: (site, team) for team_id, team, _, site in teams}
    site_names = {site_id: site for _, _, site_id, site in teams}
    cells = released_cells(reader, series=None)
    lines = [_line(cell, named, site_names) for cell in cells]
    lines.sort(key=lambda line: (line.site_name, line.team_name))
    lines.sort(key=lambda line: line.row.last_month, reverse=True)
    events = queries.release_events()
    month = max((event.month for event in events), default=None)
    covered = {cell.team_id for cell in cells if month is not None and cell.last_month >= month and not cell.is_pulse}
    waiting = sorted(place for team_id, place in named.items() if month is not None and team_id not in covered)
    given_up = tuple(str(quarter) for quarter in queries.given_up_quarters())
    return Climate(tuple(lines), month, tuple(waiting), tuple(_reliability(events)), given_up)


def _released(row: Sequence[Any]) -> ReleasedRow:
    """Read one row, as its table has the columns. A large network has ten thousand, of few months, bands and scores."""
    cell, version, first, last, scope, team, site, instrument, band, score, response, released_on = row
    size, low, high, grain, is_pulse = measured(band, instrument)
    return ReleasedRow(
        cell, Scope(scope), team, site, version, _month(first), _month(last), size, _score(score), low, high, grain, response,
        released_on, is_pulse,
    )  # fmt: skip


@cache
def _month(text: str) -> Month:
    return Month.parse(text)


@cache
def _score(text: str) -> Decimal:
    return Decimal(text)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _line(cell: ReleasedRow, named: dict[UUID, tuple[str, str]], site_names: dict[UUID, str]) -> ClimateLine:
    if cell.team_id is not None:
        return ClimateLine(cell, *named.get(cell.team_id, ("", "")))
    return ClimateLine(cell, site_names.get(cell.site_id, "") if cell.site_id else "", "")


def _teams(reader: Actor) -> list[tuple[UUID, str, UUID, str]]:
    statement = (
        select(Team.id, Team.name, Site.id, Site.name)
        .join(Site, Site.id == Team.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(Network.taxonomy == "core", within(Site.id, reader, Permission.CLIMATE_SEE))
    )
    return [(row[0], row[1], row[2], row[3]) for row in db.session.execute(statement)]
