"""The monthly release: which sealed answers form a cell, what the cell says, and which boxes are destroyed. Pure.

Every answer goes into exactly one published cell, ever, or into none; cells are disjoint in people's answers, so no sum
and no difference of published figures speaks of fewer than ``k`` persons. Persons are counted, never answers, and a
person counts only if an answer of theirs enters the mean: whoever skipped cannot hide anybody.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, assert_never
from uuid import UUID

from coaching.surveys.instrument import Answers, Instrument, Series, Sheet
from coaching.surveys.periods import Month
from coaching.surveys.reliability import Complete, Reliability
from coaching.surveys.sealing import SECRET_BYTES, SealedAnswer
from lms.refusals import NotAllowed

#: Fewest persons of a cell. An installation may ask for more, never for fewer.
K_FLOOR: Final = 5
#: Fewest persons asked for which a share of answers is said at all.
FEWEST_ASKED: Final = 10
_SCORE_PLACES: Final = Decimal("0.0001")


class Scope(StrEnum):
    """Whose answers a cell holds."""

    TEAM = "team"
    SITE_SMALL_TEAMS = "site-small-teams"
    NETWORK_SMALL_TEAMS = "network-small-teams"


class SizeBand(StrEnum):
    """How many persons a cell holds; the number itself is never published."""

    FIVE_TO_NINE = "5-9"
    TEN_TO_NINETEEN = "10-19"
    TWENTY_OR_MORE = "20+"

    @classmethod
    def of(cls, persons: int) -> SizeBand:
        """Return the band of a cell of so many persons; ``persons`` is at least ``K_FLOOR``."""
        if persons < 10:
            return cls.FIVE_TO_NINE
        return cls.TEN_TO_NINETEEN if persons < 20 else cls.TWENTY_OR_MORE

    @property
    def grain(self) -> Fraction:
        """The rounding step of the band, as a share of the scale's range: smaller cells are rounded more coarsely."""
        match self:
            case SizeBand.FIVE_TO_NINE:
                return Fraction(1, 8)
            case SizeBand.TEN_TO_NINETEEN:
                return Fraction(1, 16)
            case SizeBand.TWENTY_OR_MORE:
                return Fraction(1, 40)
            case _:
                assert_never(self)


class ResponseBand(StrEnum):
    """Which share of those asked answered at least one item, in percent."""

    BELOW_HALF = "<50"
    HALF_TO_THREE_QUARTERS = "50-74"
    THREE_QUARTERS_OR_MORE = ">=75"

    @classmethod
    def of(cls, answered: int, asked: int) -> ResponseBand | None:
        """Return the band, or nothing where fewer than ``FEWEST_ASKED`` were asked."""
        if asked < FEWEST_ASKED:
            return None
        if 2 * answered < asked:
            return cls.BELOW_HALF
        return cls.HALF_TO_THREE_QUARTERS if 4 * answered < 3 * asked else cls.THREE_QUARTERS_OR_MORE


@dataclass(frozen=True)
class TeamMonth:
    """A team in one month: its site, everybody who belonged to it on any day, and whom a closed review asked with what.

    ``asked`` is by the code of the instrument: a full set and a pulse ask different people.
    """

    team: UUID
    site: UUID
    month: Month
    members: frozenset[UUID]
    asked: Mapping[int, frozenset[UUID]]


@dataclass(frozen=True)
class ReleasedCell:
    """One published figure, frozen for ever. ``place`` is the team or the site; the network has none.

    ``score`` is on the instrument's scale, at four decimals, after random rounding.
    """

    scope: Scope
    place: UUID | None
    instrument: int
    first_month: Month
    last_month: Month
    size: SizeBand
    score: Decimal
    response: ResponseBand | None

    @property
    def cell(self) -> str:
        """Its name in the release table: ``team:<uuid>``, ``site-small-teams:<uuid>`` or ``network-small-teams``."""
        return str(self.scope) if self.place is None else f"{self.scope}:{self.place}"


@dataclass(frozen=True)
class ReleaseCase:
    """All that a release looks at.

    ``answers`` are the opened boxes of the quarter by box id; ``rosters`` hold each team of an answer in each month
    from its first answer on; ``people`` are the quarter's pseudonyms of everybody who was asked, so that a box made by
    somebody who does not know the server's secret counts for nothing; ``released`` are the cells published so far (all,
    or at least those of this quarter); ``closed`` says that the quarter's last release was made.
    """

    month: Month
    answers: Mapping[bytes, SealedAnswer]
    rosters: tuple[TeamMonth, ...]
    people: frozenset[bytes]
    instruments: Mapping[int, Instrument]
    round_key: bytes
    released: tuple[ReleasedCell, ...] = ()
    closed: bool = False
    k: int = K_FLOOR

    def __post_init__(self) -> None:
        """Refuse a smaller ``k`` than was promised, and a rounding key of the wrong length."""
        if self.k < K_FLOOR:
            message = f"a cell never holds fewer than {K_FLOOR} persons"
            raise ValueError(message)
        if len(self.round_key) != SECRET_BYTES:
            message = f"the rounding key has {SECRET_BYTES} bytes, not {len(self.round_key)}"
            raise ValueError(message)


@dataclass(frozen=True)
class Entry:
    """One answer and how it counts."""

    answer: SealedAnswer
    sheet: Sheet


@dataclass(frozen=True)
class Group:
    """Answers that form one cell together, by box id; skipped and unfinished sheets go with their team's."""

    scope: Scope
    place: UUID | None
    instrument: int
    entries: Mapping[bytes, Entry]

    @property
    def person_means(self) -> dict[bytes, Fraction]:
        """Each person's mean over that person's scored sheets, by pseudonym; so many persons must reach ``k``."""
        scores: dict[bytes, list[Fraction]] = defaultdict(list)
        for entry in self.entries.values():
            if entry.sheet.score is not None:
                scores[entry.answer.pseudonym].append(entry.sheet.score)
        return {person: sum(own, Fraction()) / len(own) for person, own in scores.items()}


@dataclass(frozen=True)
class Gathering:
    """Where every answer of the case goes: into a group, on waiting, or away.

    ``too_few`` says that answers were destroyed because not even the whole network made a cell of them.
    """

    groups: tuple[Group, ...]
    waiting: frozenset[bytes]
    destroyed: frozenset[bytes]
    too_few: bool = False


@dataclass(frozen=True)
class ReleasePlan:
    """What a release publishes and which boxes it deletes.

    ``counted`` is how many answers went into the figures, rounded down to a multiple of ``k``, and ``straight_lines`` how
    many persons gave such a sheet, both over the whole network and not told (``None``) below ``k``. Answers that wait
    enter neither: a count that grew by one would tell that somebody of a small team had answered. ``reliability`` is by
    full-set instrument, at the end of a quarter.
    """

    cells: tuple[ReleasedCell, ...]
    delete: frozenset[bytes]
    too_few: bool
    counted: int | None
    straight_lines: int | None
    reliability: Mapping[int, Reliability]


def plan_release(case: ReleaseCase) -> ReleasePlan:
    """Work the release out.

    The same case gives the same plan to the last digit, and an answer once released never counts again.

    Raises:
        NotAllowed: an answer belongs to an instrument that is not installed.
    """
    gathering = gather(case)
    entries = [entry for group in gathering.groups for entry in group.entries.values()]
    straight = len({entry.answer.pseudonym for entry in entries if entry.sheet.straight_line})
    return ReleasePlan(
        cells=tuple(_publish(case, group) for group in gathering.groups),
        delete=gathering.destroyed | _boxes(gathering.groups),
        too_few=gathering.too_few,
        counted=len(entries) // case.k * case.k or None,
        straight_lines=straight if straight >= case.k else None,
        reliability=_reliability(case, gathering.groups) if case.month.ends_quarter else {},
    )


def gather(case: ReleaseCase) -> Gathering:
    """Decide for every answer up to the month: its group, to wait, or to be destroyed. Later months are left alone.

    A team with ``k`` persons is a group; a smaller one waits. At the end of a quarter what waits is pooled by site,
    then over the network, and what is still too little is destroyed.
    """
    due = {box_id: answer for box_id, answer in case.answers.items() if answer.month <= case.month}
    if case.closed or _was_closed(case):
        return Gathering((), frozenset(), frozenset(due))
    teams = _by_team(case, due)
    foreign = frozenset(due) - _boxes(teams)
    groups = [group for group in teams if _is_enough(group, case.k)]
    small = _too_small(teams, case.k)
    if not case.month.ends_quarter:
        return Gathering(tuple(groups), _boxes(small), foreign)

    site_of: dict[UUID | None, UUID] = {
        roster.team: roster.site for roster in sorted(case.rosters, key=lambda roster: roster.month)
    }
    sites = _pooled(small, Scope.SITE_SMALL_TEAMS, lambda group: site_of[group.place])
    network = _pooled(_too_small(sites, case.k), Scope.NETWORK_SMALL_TEAMS, lambda _: None)
    groups += [group for group in (*sites, *network) if _is_enough(group, case.k)]
    left = _too_small(network, case.k)
    return Gathering(tuple(groups), frozenset(), foreign | _boxes(left), too_few=bool(left))


def rounding_draw(round_key: bytes, place: UUID | None, roster: Iterable[UUID]) -> Fraction:
    """Return the cell's fixed draw in [0, 1): ``HMAC-SHA256(round_key, place || sorted roster)``, its first 64 bits.

    The same people give the same draw, so that averaging over months does not cancel it; another roster gives another
    draw, so that subtracting months does not either. The network has sixteen zero bytes for a place.
    """
    message = (place.bytes if place else bytes(16)) + b"".join(sorted(member.bytes for member in roster))
    return Fraction(int.from_bytes(hmac.digest(round_key, message, hashlib.sha256)[:8]), 2**64)


def round_score(mean: Fraction, draw: Fraction, instrument: Instrument, persons: int) -> Decimal:
    """Round a cell's mean to its band's grid, up or down by the draw; over all draws the rounding is unbiased.

    Between the grid points ``floor`` and ``floor + step`` it goes up if ``draw < (mean - floor) / step``.
    """
    step = SizeBand.of(persons).grain * instrument.range
    floor = instrument.low + (mean - instrument.low) // step * step
    rounded = floor + step if draw < (mean - floor) / step else floor
    return (Decimal(rounded.numerator) / Decimal(rounded.denominator)).quantize(_SCORE_PLACES)


def _by_team(case: ReleaseCase, due: Mapping[bytes, SealedAnswer]) -> list[Group]:
    released: dict[tuple[int, UUID | None], Month] = {}
    for cell in case.released:
        if cell.scope is Scope.TEAM:
            key = cell.instrument, cell.place
            released[key] = max(cell.last_month, released.get(key, cell.last_month))
    teams: dict[tuple[int, UUID], dict[bytes, Entry]] = defaultdict(dict)
    for box_id, answer in due.items():
        closed_until = released.get((answer.instrument, answer.team))
        # Too late, or come back with an old backup: its month is already published for this team.
        late = closed_until is not None and answer.month <= closed_until
        if late or answer.pseudonym not in case.people or answer.month.quarter != case.month.quarter:
            continue
        teams[answer.instrument, answer.team][box_id] = Entry(answer, _sheet(case, answer))
    return [
        Group(Scope.TEAM, team, code, entries)
        for (code, team), entries in sorted(teams.items(), key=lambda item: item[0])
    ]


def _sheet(case: ReleaseCase, answer: SealedAnswer) -> Sheet:
    instrument = case.instruments.get(answer.instrument)
    if instrument is None:
        message = (
            f"Some answers belong to instrument {answer.instrument}, which is not installed here. "
            "Put its file back and release again; nothing was released."
        )
        raise NotAllowed(message)
    return instrument.score(_own(instrument, answer))


def _own(instrument: Instrument, answer: SealedAnswer) -> Answers:
    return answer.answers[: len(instrument.items)]


def _pooled(groups: Iterable[Group], scope: Scope, place_of: Callable[[Group], UUID | None]) -> list[Group]:
    pools: dict[tuple[int, UUID | None], dict[bytes, Entry]] = defaultdict(dict)
    for group in groups:
        pools[group.instrument, place_of(group)].update(group.entries)
    return [Group(scope, place, code, entries) for (code, place), entries in pools.items()]


def _is_enough(group: Group, k: int) -> bool:
    return len(group.person_means) >= k


def _too_small(groups: Iterable[Group], k: int) -> list[Group]:
    return [group for group in groups if not _is_enough(group, k)]


def _boxes(groups: Iterable[Group]) -> frozenset[bytes]:
    return frozenset(box_id for group in groups for box_id in group.entries)


def _was_closed(case: ReleaseCase) -> bool:
    # Pooled cells exist only where the quarter's last release was made, whatever a restored key table says.
    return any(cell.scope is not Scope.TEAM and cell.last_month.quarter == case.month.quarter for cell in case.released)


def _publish(case: ReleaseCase, group: Group) -> ReleasedCell:
    answers = [entry.answer for entry in group.entries.values()]
    means = group.person_means
    rosters = _rosters(case, answers)
    draw = rounding_draw(case.round_key, group.place, frozenset().union(*(roster.members for roster in rosters)))
    answered = {entry.answer.pseudonym for entry in group.entries.values() if entry.sheet.answered}
    asked = frozenset().union(*(roster.asked.get(group.instrument, frozenset()) for roster in rosters))
    mean = sum(means.values(), Fraction()) / len(means)
    return ReleasedCell(
        scope=group.scope,
        place=group.place,
        instrument=group.instrument,
        first_month=min(answer.month for answer in answers),
        last_month=max(answer.month for answer in answers),
        size=SizeBand.of(len(means)),
        score=round_score(mean, draw, case.instruments[group.instrument], len(means)),
        response=ResponseBand.of(len(answered), len(asked)),
    )


def _rosters(case: ReleaseCase, answers: Iterable[SealedAnswer]) -> list[TeamMonth]:
    """Return the rosters of the cell's own window: each team from its first to its last month with an answer."""
    months: dict[UUID, set[Month]] = defaultdict(set)
    for answer in answers:
        months[answer.team].add(answer.month)
    return [
        roster
        for roster in case.rosters
        if roster.team in months and min(months[roster.team]) <= roster.month <= max(months[roster.team])
    ]


def _reliability(case: ReleaseCase, groups: Iterable[Group]) -> dict[int, Reliability]:
    """Assess each full set on the published answers: each person's complete sheet with the smallest box id."""
    sheets: dict[int, dict[bytes, Complete]] = defaultdict(dict)
    for group in groups:
        instrument = case.instruments[group.instrument]
        if instrument.series is Series.PULSE:
            continue  # three items are for the trend only
        for _, entry in sorted(group.entries.items()):
            if entry.sheet.answered == len(instrument.items) and entry.sheet.score is not None:
                values = tuple(
                    value for value in instrument.recode(_own(instrument, entry.answer)) if value is not None
                )
                team = group.place if group.scope is Scope.TEAM else None
                sheets[group.instrument].setdefault(entry.answer.pseudonym, Complete(team, values))
    from coaching.surveys.agreement import assess  # noqa: PLC0415 - numpy comes with it, and only a quarter's end needs it

    found = {code: assess(list(people.values()), case.instruments[code].range + 1) for code, people in sheets.items()}
    return {code: reliability for code, reliability in found.items() if reliability is not None}
