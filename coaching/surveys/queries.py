"""Reading for the respondent and for the release. Nothing here reads whether a ticket was used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, func, or_, select

from coaching.reviews.models import CoachingReview, ReviewState
from coaching.surveys.instrument import IN_FORCE, OWN_NAMES, Instrument, Series, Wording, shipped
from coaching.surveys.models import (
    SurveyKey,
    SurveyKeyRecord,
    SurveyNoticeRead,
    SurveyRelease,
    SurveyReleaseEvent,
    SurveySealed,
    SurveyTicket,
)
from coaching.surveys.periods import Month, Quarter
from coaching.surveys.published import Row
from coaching.surveys.release import TeamMonth
from coaching.wordings.queries import approved_words, code_in_force
from lms.asking import ask_survey
from lms.audit.canonical import plain
from lms.extensions import db
from lms.network.models import Network, Site, Team, TeamMembership
from lms.network.queries import team_of
from lms.refusals import NotFound
from lms.web.times import local_day

#: Days after the review on which an answer is still taken.
WINDOW: Final = timedelta(days=7)
#: The same person is asked again after so many days at the earliest.
REST: Final = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Asked:
    """A closed review that may ask its coachee: when it was closed at its site, and the coachee's team on that day."""

    review_id: UUID
    person_id: UUID
    team_id: UUID | None
    zone: str
    closed_at: datetime
    site_id: UUID | None = None
    coach_id: UUID | None = None
    #: Code of the instrument that its ticket asks with, where the tickets were looked up.
    instrument: int = IN_FORCE

    @property
    def closed_on(self) -> date:
        """The site's day on which the review was closed; its month is the answer's month."""
        return local_day(self.closed_at, self.zone)

    @property
    def month(self) -> Month:
        """The month the answer counts for."""
        return Month.of(self.closed_on)

    @property
    def until(self) -> date:
        """The last day, at the site, on which an answer is taken."""
        return self.closed_on + WINDOW

    def is_open(self, at: datetime) -> bool:
        """Whether an answer is still taken."""
        return local_day(at, self.zone) <= self.until


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket says of its sheet. Whether it was used, it does not say."""

    instrument: Instrument
    #: Whether the quarter's key takes answers.
    takes_answers: bool
    #: Version of the privacy notice that its owner has read; 0 for none.
    notice_read: int


def asked_by(review_id: UUID) -> Asked:
    """Return what a review asks. Raises ``NotFound`` unless it is closed."""
    return _with_team(_closed(review_id))


def _with_team(asked: Asked) -> Asked:
    return replace(asked, team_id=team_of(asked.person_id, asked.closed_on))


def own_sheet(person_id: UUID | None, review_id: UUID) -> Asked:
    """Return what a review asks its own coachee. Raises ``NotFound`` for everybody else."""
    return _with_team(own_review(person_id, review_id))


def own_review(person_id: UUID | None, review_id: UUID) -> Asked:
    """Return the same without looking for the team. Raises ``NotFound`` for everybody else."""
    asked = _closed(review_id)
    if asked.person_id != person_id:
        raise NotFound("There is no such review of yours.")
    return asked


def _closed(review_id: UUID) -> Asked:
    row = db.session.execute(
        select(
            CoachingReview.coachee_id,
            Site.zone,
            CoachingReview.closed_at,
            CoachingReview.site_id,
            CoachingReview.coach_id,
        )
        .join(Site, Site.id == CoachingReview.site_id)
        .where(CoachingReview.id == review_id, CoachingReview.state == ReviewState.CLOSED)
    ).first()
    if row is None or row.closed_at is None:
        raise NotFound("There is no such review of yours.")
    return Asked(review_id, row.coachee_id, None, row.zone, row.closed_at, row.site_id, row.coach_id)


def ticket_of(asked: Asked) -> Ticket | None:
    """Return what the person's ticket for this review says, used or not; None if there is none."""
    statement = (
        select(SurveyTicket.instrument, SurveyKey.retired, SurveyNoticeRead.notice)
        .select_from(SurveyTicket)
        .outerjoin(SurveyKey, SurveyKey.quarter == str(asked.month.quarter))
        .outerjoin(SurveyNoticeRead, SurveyNoticeRead.user_id == SurveyTicket.user_id)
        .where(SurveyTicket.review_id == asked.review_id, SurveyTicket.user_id == asked.person_id)
    )
    row = db.session.execute(statement).first()
    return None if row is None else Ticket(shipped()[row[0]], row[1] is False, row[2] or 0)


def had_full_set_near(asked: Asked) -> bool:
    """Whether a ticket with a full set was given for another review closed less than 28 days before or after this one.

    Both sides, since follow-ups may run in another order than the reviews were closed in.
    """
    near = db.session.scalars(
        select(CoachingReview.id).where(
            CoachingReview.coachee_id == asked.person_id,
            CoachingReview.id != asked.review_id,
            CoachingReview.closed_at > asked.closed_at - REST,
            CoachingReview.closed_at < asked.closed_at + REST,
        )
    ).all()
    full = [code for code, instrument in shipped().items() if instrument.series is Series.FULL]
    tickets = select(func.count(SurveyTicket.review_id)).where(
        SurveyTicket.review_id.in_(near), SurveyTicket.instrument.in_(full)
    )
    return bool(near) and bool(db.session.scalar(tickets))


# -- instruments ------------------------------------------------------------------------------------------------------


def full_set() -> Instrument:
    """Return the full set in force here."""
    return shipped()[code_in_force() or IN_FORCE]


def wordings_of(instrument: Instrument) -> Mapping[str, Wording]:
    """Return an instrument's words by language: those it brings, or those that were pasted in and approved."""
    words = None if instrument.has_words else approved_words(instrument.code)
    if words is None:
        return instrument.wordings
    name = OWN_NAMES.get(words.language, words.language)
    return {words.language: Wording(words.language, name, words.preface, tuple(words.anchors), tuple(words.texts))}


# -- sheets ---------------------------------------------------------------------------------------------------------------


def all_open_sheets(now: datetime) -> list[Asked]:
    """Return everybody's open sheets, for the reminder that goes to all alike."""
    statement = (
        select(CoachingReview.id, CoachingReview.coachee_id, Site.zone, CoachingReview.closed_at)
        .join(Site, Site.id == CoachingReview.site_id)
        .where(
            CoachingReview.state == ReviewState.CLOSED,
            CoachingReview.closed_at > now - WINDOW - timedelta(days=1),
        )
        .order_by(CoachingReview.closed_at)
    )
    closed = [Asked(row[0], row[1], None, row[2], row[3]) for row in db.session.execute(statement) if row[3]]
    return with_sheets([asked for asked in closed if asked.is_open(now)])


@cache
def _sheets() -> Select[*tuple[Any, ...]]:
    asked = SurveyTicket.review_id.in_(bindparam("reviews", expanding=True))
    return select(SurveyTicket.review_id, SurveyTicket.instrument).where(asked)


def with_sheets(closed: Sequence[Asked]) -> list[Asked]:
    """Return those of the closed reviews that have a sheet, answered or not."""
    if not closed:
        return []
    ids = [asked.review_id for asked in closed]
    sheets = {row[0]: row[1] for row in ask_survey(_sheets(), reviews=ids)}
    return [replace(asked, instrument=sheets[asked.review_id]) for asked in closed if asked.review_id in sheets]


# -- keys -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyState:
    """A quarter's key: the record in the trail, and what stands in the survey's database."""

    quarter: Quarter
    public_key: bytes
    stored: bytes | None
    retired: bool
    destroyed_on: date | None
    #: The key was lost or seen by others, and what was sealed to it is given up unread.
    given_up_on: date | None = None

    @property
    def is_untouched(self) -> bool:
        """Whether the key in the survey's database is the registered one."""
        return self.stored == self.public_key


def keys() -> list[KeyState]:
    """Return every registered key, oldest first."""
    stored = {
        row.quarter: row
        for row in db.session.execute(select(SurveyKey.quarter, SurveyKey.public_key, SurveyKey.retired))
    }
    records = db.session.execute(
        select(
            SurveyKeyRecord.quarter,
            SurveyKeyRecord.public_key,
            SurveyKeyRecord.destroyed_on,
            SurveyKeyRecord.given_up_on,
        ).order_by(SurveyKeyRecord.quarter)
    )
    return [
        KeyState(
            Quarter.parse(quarter),
            bytes.fromhex(public_key),
            stored[quarter].public_key if quarter in stored else None,
            quarter in stored and stored[quarter].retired,
            destroyed_on,
            given_up_on,
        )
        for quarter, public_key, destroyed_on, given_up_on in records
    ]


def given_up_quarters() -> list[Quarter]:
    """Return the quarters whose answers were given up unread, newest first."""
    statement = (
        select(SurveyKeyRecord.quarter)
        .where(SurveyKeyRecord.given_up_on.is_not(None))
        .order_by(SurveyKeyRecord.quarter.desc())
    )
    return [Quarter.parse(quarter) for quarter in db.session.scalars(statement)]


def key_of(quarter: Quarter) -> KeyState | None:
    """Return the key of a quarter."""
    return next((key for key in keys() if key.quarter == quarter), None)


# -- what was released --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EventRow:
    """One release as it stands in the trail."""

    number: int
    month: Month
    released_on: date
    rows: tuple[Row, ...]
    opened: int | None
    straight_lines: int | None
    too_few: bool
    reliability: tuple[Row, ...]


def release_events() -> list[EventRow]:
    """Return every release, oldest first."""
    statement = select(
        SurveyReleaseEvent.number,
        SurveyReleaseEvent.month,
        SurveyReleaseEvent.released_on,
        SurveyReleaseEvent.rows,
        SurveyReleaseEvent.opened,
        SurveyReleaseEvent.straight_lines,
        SurveyReleaseEvent.too_few,
        SurveyReleaseEvent.reliability,
    ).order_by(SurveyReleaseEvent.number)
    return [
        EventRow(row[0], Month.parse(row[1]), row[2], tuple(row[3]), row[4], row[5], row[6], tuple(row[7]))
        for row in db.session.execute(statement)
    ]


def stored_rows() -> list[Row]:
    """Return the release table, row by row, as text; all of it, since nothing ever reads a part and computes the rest."""
    rows = db.session.execute(every_release()).mappings()
    return [{name: plain(value) for name, value in row.items()} for row in rows]


def every_release() -> Select[*tuple[Any, ...]]:
    """Return the statement for the release table as it is stored, oldest first."""
    columns = [getattr(SurveyRelease, column.name) for column in SurveyRelease.__table__.columns]
    return select(*columns).order_by(SurveyRelease.first_month, SurveyRelease.cell)


def due_months(registered: Iterable[KeyState], events: Iterable[EventRow], on: date) -> list[Month]:
    """Return the months that may be released on a day and were not, oldest first."""
    done = {event.month for event in events}
    return [
        month
        for key in registered
        if key.destroyed_on is None
        for month in months_of(key.quarter)
        if month.releasable_from <= on and month not in done
    ]


# -- what a release looks at --------------------------------------------------------------------------------------------


def boxes(quarter: Quarter) -> dict[bytes, bytes]:
    """Return the sealed answers of a quarter, by id."""
    statement = select(SurveySealed.id, SurveySealed.box).where(SurveySealed.quarter == str(quarter))
    return {row.id: row.box for row in db.session.execute(statement)}


def people_asked(quarter: Quarter) -> frozenset[UUID]:
    """Return everybody who was given a ticket in a quarter."""
    return frozenset(ticket.user_id for ticket in _tickets(quarter.last_month))


def rosters(until: Month) -> tuple[TeamMonth, ...]:
    """Return each team in each month of the quarter up to a month: everybody who belonged to it, and whom a ticket asked."""
    months = [month for month in months_of(until.quarter) if month <= until]
    first, end = date(months[0].year, months[0].number, 1), date(until.next.year, until.next.number, 1)
    memberships = _memberships(first, end)
    asked: dict[tuple[UUID | None, Month], dict[int, set[UUID]]] = defaultdict(lambda: defaultdict(set))
    closed = _closed_reviews(first, end)
    for ticket in _tickets(until):
        if ticket.review_id in closed:
            day = closed[ticket.review_id]
            team = _team_on(memberships[ticket.user_id], day)
            asked[team, Month.of(day)][ticket.instrument].add(ticket.user_id)
    members: dict[tuple[UUID, Month], set[UUID]] = defaultdict(set)
    for person, rows in memberships.items():
        for team, start, stop in rows:
            for month in months:
                begins, ends = date(month.year, month.number, 1), date(month.next.year, month.next.number, 1)
                if start < ends and (stop is None or stop > begins):
                    members[team, month].add(person)
    return tuple(
        TeamMonth(
            team,
            site,
            month,
            frozenset(members[team, month]),
            {code: frozenset(people) for code, people in asked[team, month].items()},
        )
        for team, site in _teams()
        for month in months
    )


def names_of_waiting(waiting: Iterable[tuple[UUID, int]]) -> list[str]:
    """Return ``Site, Team: instrument`` for each team and instrument's code, sorted."""
    wanted = sorted(waiting, key=lambda pair: pair[1])
    statement = (
        select(Team.id, Site.name, Team.name)
        .join(Site, Site.id == Team.site_id)
        .where(Team.id.in_({team for team, _ in wanted}))
    )
    names = {team_id: f"{site}, {team}" for team_id, site, team in db.session.execute(statement)}
    return sorted(f"{names[team]}: {shipped()[code].title}" for team, code in wanted)


def months_of(quarter: Quarter) -> list[Month]:
    """Return the three months of a quarter."""
    last = quarter.last_month.ordinal
    return [Month.from_ordinal(ordinal) for ordinal in range(last - 2, last + 1)]


@dataclass(frozen=True, slots=True)
class _Ticket:
    review_id: UUID
    user_id: UUID
    instrument: int


def _tickets(until: Month) -> list[_Ticket]:
    months = [str(month) for month in months_of(until.quarter) if month <= until]
    statement = select(SurveyTicket.review_id, SurveyTicket.user_id, SurveyTicket.instrument)
    statement = statement.where(SurveyTicket.month.in_(months))
    return [_Ticket(*row) for row in db.session.execute(statement)]


def _teams() -> list[tuple[UUID, UUID]]:
    statement = (
        select(Team.id, Site.id)
        .join(Site, Site.id == Team.site_id)
        .join(Network, Network.id == Site.network_id)
        .where(Network.taxonomy == "core")
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


_Stay = tuple[UUID, date, date | None]


def _memberships(first: date, end: date) -> dict[UUID, list[_Stay]]:
    statement = (
        select(TeamMembership.person_id, TeamMembership.team_id, TeamMembership.valid_from, TeamMembership.valid_to)
        .where(TeamMembership.valid_from < end, or_(TeamMembership.valid_to.is_(None), TeamMembership.valid_to > first))
        .order_by(TeamMembership.valid_from.desc())
    )
    found: dict[UUID, list[_Stay]] = defaultdict(list)
    for person, team, start, stop in db.session.execute(statement):
        found[person].append((team, start, stop))
    return found


def _team_on(stays: list[_Stay], day: date) -> UUID | None:
    # newest first, as in lms.network.queries.team_of, which named the team in the box
    return next((team for team, start, stop in stays if start <= day and (stop is None or stop > day)), None)


def _closed_reviews(first: date, end: date) -> dict[UUID, date]:
    """Return the site's closing day of each review closed from a day on until before another, a day wider for the zones."""
    earliest = datetime.combine(first - timedelta(days=1), time(), UTC)
    latest = datetime.combine(end + timedelta(days=1), time(), UTC)
    statement = (
        select(CoachingReview.id, CoachingReview.closed_at, Site.zone)
        .join(Site, Site.id == CoachingReview.site_id)
        .where(CoachingReview.closed_at >= earliest, CoachingReview.closed_at < latest)
    )
    return {row[0]: local_day(row[1], row[2]) for row in db.session.execute(statement) if row[1]}
