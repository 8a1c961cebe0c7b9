"""Counts of the five parts of follow-through by site, team and window, and the records behind each count.

A count and the list that it opens are the same statement, so they cannot differ; but what was raised in a whole quarter, and
has not changed since, is read from what ``summaries`` keeps of it by the same rule. What is looked at is whether something
was raised and when, what was agreed and when it was done: how many deviations there were, how severe, how often again,
and any answer or score is not asked here, and an import contract keeps it so. Whose a record is never leaves the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Join,
    Label,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    String,
    and_,
    case,
    exists,
    extract,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.types import TypeEngine

from behavior_metrics.follow_through.days import Span, stretches
from behavior_metrics.follow_through.tallies import PEOPLE, Counted, Place
from behavior_metrics.stats.followthrough import (
    ACTIONS_ON_TIME,
    COMMITMENTS_KEPT,
    CURRENCY_OWNED,
    RAISED_FIRST,
    RAISED_IN_TIME,
)
from behavior_metrics.summaries.models import BehaviorMark, RaisedCount
from lms.asking import written_rows
from lms.capas.models import Capa
from lms.capas.rules import State as ActionState
from lms.connections import PLANNED_ANEW
from lms.deviations.models import Deviation
from lms.deviations.rules import CLASSIFIED, LATE_AFTER
from lms.deviations.taxonomy import CORE
from lms.extensions import Base, UTCDateTime, db
from lms.network.models import Network, Site, Team, TeamMembership
from lms.permissions import Actor, Permission
from lms.scope import within
from lms.web.times import start_of_day

#: A column of a table as SQLAlchemy's core or a model names it.
Expression: TypeAlias = SQLColumnExpression[Any]

SEE = Permission.METRICS_SEE
PAGE_SIZE = 50
_DAY = 86400
_NEVER = false()
#: Found later by somebody who might as well have been told. Alarms and results of QC or monitoring are not compared.
_FOUND_LATER = ("supervisor", "batch_record_review", "audit")


def counted(
    reader: Actor, spans: Sequence[Span], zones: Collection[str], *, days_of: tuple[Place, int] | None = None
) -> Counted:
    """Count all parts in all windows in one statement.

    The network's shares are those of all its sites, because a share is drawn to them; what happened at a site that is not
    the reader's comes back added up, without its site. ``days_of`` names a place and span whose days to due are wanted:
    then other places are told apart in that span alone, since a large network has many of them.
    """
    span = _table(spans, zones)
    if span is None:
        return Counted({}, {})
    # what was raised is counted where it is not kept: in a window that is no whole quarter, and where something changed
    unkept = or_(span.c.quarter.is_(None), _is_marked(span))
    first, in_time = _raised(span)
    # both parts of what was raised in one look at it, as the longest by far
    raised = _numbered(first, reader, span, days_of, in_time=and_(first.done, in_time.done)).where(unkept)
    others = [_numbered(part, reader, span, days_of) for part in _others(span)]
    c = union_all(raised, _kept(reader, span, days_of), *others).subquery().c
    sums = [func.sum(number) for number in (c.due, c.done, c.in_time)]
    statement = select(c.site, c.team, c.key, c.part, c.days, *sums).group_by(c.site, c.team, c.key, c.part, c.days)
    cells: defaultdict[tuple[UUID, UUID | None, int, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    network: defaultdict[tuple[int, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    days: defaultdict[str, list[int]] = defaultdict(list)
    for site, team, key, part, waited, *sums in db.session.execute(statement, execution_options=PLANNED_ANEW):
        due, done, prompt = map(int, sums)
        counts = {part: (done, due)}
        if part == RAISED_FIRST and done:
            counts[RAISED_IN_TIME] = prompt, done
        for which, count in counts.items():
            network[key, which] = _plus(network[key, which], *count)
            if site is not None:
                cells[site, team, key, which] = _plus(cells[site, team, key, which], *count)
        if waited is not None:
            days[part] += [int(waited)] * due
    return Counted(dict(cells), dict(network), dict(days))


@dataclass(frozen=True, slots=True)
class Behind:
    """Which figure's list is asked for: a part in a window at a place, all that was due or what was done of it."""

    part: str
    span: Span
    place: Place
    done_only: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A record in the list behind a figure. For what was raised, ``due`` is None and the moments say when."""

    name: str
    due: date | None
    done_on: date | None
    happened_at: datetime | None
    done_at: datetime | None
    zone: str
    deviation_id: UUID | None
    capa_id: UUID | None
    #: Whether it counts as done.
    counts: bool


def items(reader: Actor, behind: Behind, zones: Collection[str], page: int) -> tuple[int, list[Item]]:
    """Return how many records a figure counts and one page of them (from 1). Whose they are is not said."""
    span = _table((behind.span,), zones)
    if span is None:
        return 0, []
    part = next(one for one in _every(span) if one.name == behind.part)
    conditions: list[Expression] = [within(Site.id, reader, SEE), Site.id == behind.place.site]
    if behind.place.team is not None:
        conditions.append(part.team == behind.place.team)
    if behind.done_only:
        conditions.append(part.done)
    total = db.session.scalar(part.of(select(func.count())).where(*conditions)) or 0
    wanted = (*part.shown, Site.zone, *part.links, case((part.done, true()), else_=false()))
    # named by place: two columns without a value would be one
    columns: list[Label[Any]] = [one.label(f"c{place}") for place, one in enumerate(wanted)]
    statement = part.of(select(*columns)).where(*conditions).order_by(*part.order)
    rows = db.session.execute(statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return total, [Item(*row) for row in rows]


# -- the parts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """How one part is counted: where its records are, which of them were done, and what a list shows of them."""

    name: str
    #: From which table, with everything joined and filtered.
    source: FromClause
    conditions: Sequence[Expression]
    team: Expression
    done: Expression
    #: Days from agreeing to due, where there is a due day.
    days: Expression
    shown: Sequence[Expression] = ()
    links: Sequence[Expression] = ()
    order: Sequence[Expression] = ()

    def of(self, statement: Select[Any]) -> Select[Any]:
        """Let a statement speak of this part's records."""
        return statement.select_from(self.source).where(*self.conditions)


def _numbered(
    part: _Part, reader: Actor, span: CTE, days_of: tuple[Place, int] | None, *, in_time: ColumnElement[bool] = _NEVER
) -> Select[Any]:
    told, asked = _told(reader, span, days_of, part.team)
    return part.of(
        select(
            case((told, Site.id), else_=null()).label("site"),
            case((told, part.team), else_=null()).label("team"),
            span.c.key.label("key"),
            literal(part.name, String).label("part"),
            literal(1).label("due"),
            case((part.done, 1), else_=0).label("done"),
            case((in_time, 1), else_=0).label("in_time"),
            case((asked, part.days), else_=null().cast(Integer)).label("days"),
        )
    )


def _told(
    reader: Actor, span: CTE, days_of: tuple[Place, int] | None, team: Expression
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return of which records the place is told, and of which the days to due."""
    mine = within(Site.id, reader, SEE)
    if days_of is None:
        return mine, _NEVER
    place, key = days_of
    here = team == place.team if place.team is not None else Site.id == place.site
    return and_(mine, or_(span.c.key == key, here)), and_(mine, span.c.key == key, here)


def _kept(reader: Actor, span: CTE, days_of: tuple[Place, int] | None) -> Select[Any]:
    """Return what was raised in quarters that did not change since it was counted: ``summaries`` keeps it."""
    kept = RaisedCount
    told, _asked = _told(reader, span, days_of, kept.team_id)
    # once for a quarter, into however many stretches it is cut
    quarter = and_(span.c.zone == Site.zone, span.c.quarter == kept.quarter, span.c.last_day == span.c.span_ends)
    source = _here(kept.__table__, kept.site_id).join(span, quarter)
    columns = (
        case((told, Site.id), else_=null()).label("site"),
        case((told, kept.team_id), else_=null()).label("team"),
        span.c.key.label("key"),
        literal(RAISED_FIRST, String).label("part"),
        kept.to_be_raised.label("due"),
        kept.raised_first.label("done"),
        kept.raised_in_time.label("in_time"),
        null().cast(Integer).label("days"),
    )
    return select(*columns).select_from(source).where(Network.taxonomy == CORE, not_(_is_marked(span)))


def _is_marked(span: CTE) -> ColumnElement[bool]:
    mark = BehaviorMark
    return exists().where(
        mark.site_id == Site.id,
        mark.recount_id.is_(None),
        or_(mark.quarter.is_(None), mark.quarter == span.c.quarter),
    )


def _every(span: CTE) -> tuple[_Part, ...]:
    return (*_raised(span), *_others(span))


def _others(span: CTE) -> tuple[_Part, ...]:
    return _commitments(span), _actions(span), _assignments(span), _members(span)


def _raised(span: CTE) -> tuple[_Part, _Part]:
    """Return what QA accepted: raised by performer or colleague first, and of that what was recorded within 24 hours."""
    source = _here(Deviation.__table__, Deviation.site_id).join(
        span,
        and_(span.c.zone == Site.zone, Deviation.occurred_at >= span.c.begins, Deviation.occurred_at < span.c.ends),
    )
    accepted = (Network.taxonomy == CORE, Deviation.state.in_(CLASSIFIED))
    prompt = _seconds(Deviation.recorded_at) - _seconds(Deviation.occurred_at) <= LATE_AFTER.total_seconds()
    no_day = null().cast(Date)
    shown = (
        (Deviation.number + literal(" ") + Deviation.title), no_day, no_day, Deviation.occurred_at, Deviation.recorded_at
    )  # fmt: skip
    common: dict[str, Any] = {
        "source": source,
        "team": Deviation.team_id,
        "days": null().cast(Integer),
        "shown": shown,
        "links": (Deviation.id, null()),
        "order": (Deviation.occurred_at.desc(), Deviation.number.desc()),
    }
    comparable = or_(Deviation.self_reported, Deviation.detection_channel.in_(_FOUND_LATER))
    return (
        _Part(RAISED_FIRST, conditions=(*accepted, comparable), done=Deviation.self_reported.is_(True), **common),
        _Part(RAISED_IN_TIME, conditions=(*accepted, Deviation.self_reported), done=prompt, **common),
    )


def _commitments(span: CTE) -> _Part:
    """Return commitments that both signed, due with the days added that they waited on others; not while they wait."""
    commitment, review = Base.metadata.tables["commitment"], Base.metadata.tables["coaching_review"]
    c = commitment.c
    due = func.coalesce(c.due_with_waits, c.due_on, type_=Date)
    source = (
        _here(commitment, c.site_id)
        .join(review, and_(review.c.id == c.review_id, review.c.state == "closed"))
        .join(span, _falls_in(due, span))
    )
    return _Part(
        COMMITMENTS_KEPT,
        source,
        (Network.taxonomy == CORE, c.state != "obsolete", c.clock_stopped_on.is_(None)),
        c.team_id,
        and_(c.state == "kept", c.done_on <= due),
        _days_between(review.c.held_at, c.due_on),
        # what was agreed stays between the two
        (literal(""), due, c.done_on, *_no_moments()),
        (null(), null()),
        (due, c.id),
    )


def _actions(span: CTE) -> _Part:
    """Return actions by their first due day. Being in place counts, not QA's later verdict, which the owner waits for."""
    source = _here(Capa.__table__, Capa.site_id).join(span, _falls_in(Capa.due_on, span))
    return _Part(
        ACTIONS_ON_TIME,
        source,
        (Network.taxonomy == CORE, Capa.state != ActionState.CANCELLED),
        _team_of(Capa.owner_id, Capa.due_on),
        and_(Capa.implemented_on.is_not(None), Capa.implemented_on <= Capa.due_on),
        _days_between(Capa.opened_on, Capa.due_on),
        ((Capa.number + literal(" ") + Capa.title), Capa.due_on, Capa.implemented_on, *_no_moments()),
        (null(), Capa.id),
        (Capa.due_on, Capa.number),
    )


def _assignments(span: CTE) -> _Part:
    """Return modules assigned, first times, revisions and requalifications alike; done by the end of the due day there."""
    assignment, module = Base.metadata.tables["assignment"], Base.metadata.tables["module"]
    c = assignment.c
    source = (
        _here(assignment, c.site_id)
        .join(module, module.c.id == c.module_id)
        .join(span, _falls_in(c.due_on, span))
    )  # fmt: skip
    by_then = _seconds(c.completed_at) < _seconds(c.due_on) + _DAY - span.c.ahead
    return _Part(
        CURRENCY_OWNED,
        source,
        (Network.taxonomy == CORE, c.state != "cancelled"),
        _team_of(c.person_id, c.due_on),
        and_(c.completed_at.is_not(None), by_then),
        _days_between(c.assigned_at, c.due_on),
        (module.c.title, c.due_on, null().cast(Date), null().cast(UTCDateTime), c.completed_at),
        (null(), null()),
        (c.due_on, c.id),
    )


def _members(span: CTE) -> _Part:
    """Return who was in a team on the last day of the window: counted, never listed."""
    source = (
        _here(Team.__table__, Team.site_id)
        .join(TeamMembership, TeamMembership.team_id == Team.id)
        .join(span, and_(span.c.zone == Site.zone, span.c.last_day == span.c.span_ends))
    )
    day = span.c.span_ends
    there = and_(
        TeamMembership.valid_from <= day, or_(TeamMembership.valid_to.is_(None), TeamMembership.valid_to > day)
    )
    return _Part(PEOPLE, source, (Network.taxonomy == CORE, there), Team.id, literal(1) == 1, null().cast(Integer))


def _here(table: FromClause, site_id: Expression) -> Join:
    """Join a table's records to their site and network."""
    return table.join(Site.__table__, Site.id == site_id).join(Network.__table__, Network.id == Site.network_id)


def _team_of(person: Expression, day: Expression) -> ScalarSelect[Any]:
    """Return the team that somebody belonged to on a day."""
    member = TeamMembership
    return (
        select(member.team_id)
        .where(
            member.person_id == person,
            member.valid_from <= day,
            or_(member.valid_to.is_(None), member.valid_to > day),
        )
        .order_by(member.valid_from.desc(), member.id)
        .limit(1)
        .scalar_subquery()
    )


_WINDOW: Mapping[str, TypeEngine[Any]] = {
    "key": Integer(), "zone": String(), "first_day": Date(), "last_day": Date(), "begins": UTCDateTime(),
    "ends": UTCDateTime(), "ahead": Integer(), "span_ends": Date(), "quarter": Integer(),
}  # fmt: skip


def _table(spans: Sequence[Span], zones: Collection[str]) -> CTE | None:
    """Return the windows as a table to join with: local days, their moments, and how far the clock is ahead of UTC."""
    rows = tuple(
        (
            span.key, one.zone, one.first_day, one.last_day, start_of_day(one.first_day, one.zone),
            start_of_day(one.last_day + timedelta(days=1), one.zone), one.ahead, span.last_day, span.quarter,
        )
        for span in spans
        for one in stretches(span, zones)
    )  # fmt: skip
    return written_rows("windows", _WINDOW, rows) if rows else None


def _falls_in(day: Expression, span: CTE) -> ColumnElement[bool]:
    return and_(span.c.zone == Site.zone, day >= span.c.first_day, day <= span.c.last_day)


def _seconds(moment: Expression) -> ColumnElement[Any]:
    return extract("epoch", moment)


def _days_between(first: Expression, last: Expression) -> ColumnElement[Any]:
    """Return whole days from the day of a moment (by UTC) to a day."""
    return ((_seconds(last) - _seconds(func.date(first, type_=Date))) / _DAY).cast(Integer)


def _no_moments() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return null().cast(UTCDateTime), null().cast(UTCDateTime)


def _plus(so_far: tuple[int, int], done: int, due: int) -> tuple[int, int]:
    return so_far[0] + done, so_far[1] + due
