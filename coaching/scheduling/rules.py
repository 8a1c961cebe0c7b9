"""Common free time of people in their own zones. Pure: hours, holidays and busy times in, slots out.

Time is a row of quarter hours, each a bit of one whole number: bit *n* is the quarter that begins *n* quarters after the
horizon's begin. What two people have in common is then one ``&`` of two numbers, however long the horizon. The clock on the
wall decides: somebody works in a quarter if their site's clock shows one of their hours when it begins, so an hour that a
night in spring leaves out is nobody's, and one that a night in autumn has twice counts both times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from lms.refusals import NotAllowed

#: A weekly pattern: weekday (0 = Monday) → spans in minutes after local midnight.
Hours = Mapping[int, Sequence[tuple[int, int]]]
#: Hours of somebody who has entered none: Monday to Friday, 08:00 to 16:30.
USUAL_HOURS: Hours = dict.fromkeys(range(5), ((8 * 60, 16 * 60 + 30),))
#: A review lasts this long.
REVIEW_LASTS = timedelta(minutes=45)
#: Slots begin on the quarter hour.
STEP = timedelta(minutes=15)
#: How far ahead slots are looked for.
HORIZON = timedelta(days=60)
#: Somebody who is asked now is given at least this long.
NOTICE = timedelta(hours=2)
A_DAY, A_WEEK = 96, 7 * 96
_STEP_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """A time from a moment until a moment, UTC, open at its end."""

    starts_at: datetime
    ends_at: datetime

    def meets(self, other: Span) -> bool:
        """Whether the two share any time."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Limits:
    """What keeps a coach from being overrun: minutes between two reviews, and how many a day and a week.

    Without anything said the coach is a full-time one: four on each of five days. A part-time one takes six a week.
    """

    buffer_minutes: int = 40
    a_day: int = 4
    a_week: int = 20


@dataclass(frozen=True, slots=True)
class Diary:
    """When a person can be met: the hours of their week, what adds to them, and what takes their time."""

    zone: str
    hours: Hours
    #: Whatever takes their time and is no review: batches, absences, other appointments.
    busy: Sequence[Span] = ()
    #: Reviews in their calendar, whichever side of them they are on.
    reviews: Sequence[Span] = ()
    #: Times outside their hours at which they can be met all the same, on a holiday as well.
    extra: Sequence[Span] = ()
    #: Public holidays of their site.
    holidays: frozenset[date] = field(default_factory=frozenset)
    #: First day of work, and the first day no longer at work.
    joined_on: date | None = None
    left_on: date | None = None
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Horizon:
    """The quarter hours in which slots are looked for, from a moment on the quarter hour."""

    starts_at: datetime
    quarters: int

    @classmethod
    def between(cls, starts_at: datetime, ends_at: datetime) -> Horizon:
        """Return the horizon of the whole quarter hours between two moments."""
        first = -(-int(starts_at.timestamp()) // _STEP_SECONDS)
        last = int(ends_at.timestamp()) // _STEP_SECONDS
        return cls(datetime.fromtimestamp(first * _STEP_SECONDS, UTC), max(0, last - first))

    @property
    def all(self) -> int:
        """Every quarter of the horizon."""
        return (1 << self.quarters) - 1

    def covered(self, span: Span) -> int:
        """Return the quarters that a span touches, even by a minute."""
        begin = int((span.starts_at - self.starts_at).total_seconds()) // _STEP_SECONDS
        end = -(-int((span.ends_at - self.starts_at).total_seconds()) // _STEP_SECONDS)
        return self._bits(begin, end)

    def inside(self, span: Span) -> int:
        """Return the quarters that lie wholly in a span."""
        begin = -(-int((span.starts_at - self.starts_at).total_seconds()) // _STEP_SECONDS)
        end = int((span.ends_at - self.starts_at).total_seconds()) // _STEP_SECONDS
        return self._bits(begin, end)

    def days(self, days: Iterable[date], zone: str) -> int:
        """Return the quarters of whole local days."""
        found = 0
        for day in days:
            found |= self.covered(day_span(day, zone))
        return found

    def _bits(self, begin: int, end: int) -> int:
        begin, end = max(0, begin), min(self.quarters, end)
        return ((1 << (end - begin)) - 1) << begin if begin < end else 0


@dataclass(frozen=True, slots=True)
class Slots:
    """The beginnings of free slots in a horizon, as bits; made into moments only where they are shown."""

    horizon: Horizon
    bits: int
    lasts: timedelta = REVIEW_LASTS

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __iter__(self) -> Iterator[Span]:
        bits, begin = self.bits, self.horizon.starts_at
        while bits:
            lowest = bits & -bits
            starts_at = begin + (lowest.bit_length() - 1) * STEP
            yield Span(starts_at, starts_at + self.lasts)
            bits ^= lowest

    def __contains__(self, starts_at: object) -> bool:
        if not isinstance(starts_at, datetime):
            return False
        quarter, rest = divmod((starts_at - self.horizon.starts_at).total_seconds(), _STEP_SECONDS)
        return not rest and 0 <= quarter < self.horizon.quarters and bool(self.bits >> int(quarter) & 1)

    def __getitem__(self, place: int) -> Span:
        for slot in islice(self, place, None):
            return slot
        raise IndexError(place)

    def first(self) -> Span | None:
        """Return the earliest slot, or None."""
        return next(iter(self), None)


def wall_moment(day: date, minute: int, zone: str) -> datetime:
    """Return the moment at which a zone's clock shows a time of day, in UTC (RFC 5545 §3.3.5).

    A time that the night leaves out is taken with the clock of before, so 02:30 becomes 03:30; of a time that comes twice
    the first is meant.
    """
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(minutes=minute)
    return local.astimezone(UTC)


def day_span(day: date, zone: str) -> Span:
    """Return a zone's day as a span; 23 or 25 hours where its clocks change."""
    return Span(wall_moment(day, 0, zone), wall_moment(day + timedelta(days=1), 0, zone))


# -- one person ----------------------------------------------------------------------------------------------------------


def free_time(diary: Diary, horizon: Horizon) -> int:
    """Return the quarters in which a person can be met, as bits. Reviews take their own time, and none around them."""
    free = _hours(diary.zone, _frozen(diary.hours), horizon)
    if diary.holidays:
        free &= ~_holidays(diary.zone, diary.holidays, horizon)
    free |= _extra(diary, horizon)
    for span in (*diary.busy, *diary.reviews):
        free &= ~horizon.covered(span)
    if diary.joined_on is not None:
        free &= ~horizon.covered(Span(datetime.min.replace(tzinfo=UTC), wall_moment(diary.joined_on, 0, diary.zone)))
    if diary.left_on is not None:
        free &= ~horizon.covered(Span(wall_moment(diary.left_on, 0, diary.zone), datetime.max.replace(tzinfo=UTC)))
    return free & horizon.all


def coaching_time(diary: Diary, horizon: Horizon) -> int:
    """Return the quarters that a coach can give: free, far enough from other reviews, and on no day or week that is full."""
    free = free_time(diary, horizon)
    around = timedelta(minutes=diary.limits.buffer_minutes)
    for span in diary.reviews:
        free &= ~horizon.covered(Span(span.starts_at - around, span.ends_at + around))
    return free & ~horizon.days(full_days(diary), diary.zone)


def full_days(diary: Diary) -> set[date]:
    """Return the local days on which a coach has as many reviews as a day or a week may hold."""
    by_day: dict[date, int] = {}
    by_week: dict[date, int] = {}
    for span in set(diary.reviews):  # a team's meeting is one, however many take part
        day = span.starts_at.astimezone(ZoneInfo(diary.zone)).date()
        monday = day - timedelta(days=day.weekday())
        by_day[day] = by_day.get(day, 0) + 1
        by_week[monday] = by_week.get(monday, 0) + 1
    full = {day for day, count in by_day.items() if count >= diary.limits.a_day}
    for monday, count in by_week.items():
        if count >= diary.limits.a_week:
            full.update(monday + timedelta(days=n) for n in range(7))
    return full


def _extra(diary: Diary, horizon: Horizon) -> int:
    found = 0
    for span in diary.extra:
        found |= horizon.inside(span)
    return found


def _frozen(hours: Hours) -> tuple[tuple[int, tuple[tuple[int, int], ...]], ...]:
    return tuple((weekday, tuple(spans)) for weekday, spans in sorted(hours.items()))


@lru_cache(1024)
def _holidays(zone: str, days: frozenset[date], horizon: Horizon) -> int:
    return horizon.days(days, zone)


@lru_cache(1024)
def _hours(zone: str, hours: tuple[tuple[int, tuple[tuple[int, int], ...]], ...], horizon: Horizon) -> int:
    """Return the quarters of a weekly pattern: the week as bits, repeated, and moved by the zone's offset of the time."""
    week = 0
    for weekday, spans in hours:
        for first, last in spans:
            begin, end = -(-first // 15), last // 15
            if begin < end:
                week |= ((1 << (end - begin)) - 1) << (weekday * A_DAY + begin)
    weeks = horizon.quarters // A_WEEK + 3
    repeated = week * (((1 << (A_WEEK * weeks)) - 1) // ((1 << A_WEEK) - 1))
    found = 0
    for begin, end, offset in _offsets(zone, horizon):
        local = horizon.starts_at + begin * STEP + offset
        into_week = local.weekday() * A_DAY + (local.hour * 60 + local.minute) // 15
        length = end - begin
        found |= (repeated >> into_week & ((1 << length) - 1)) << begin
    return found


@lru_cache(1024)
def _offsets(zone: str, horizon: Horizon) -> tuple[tuple[int, int, timedelta], ...]:
    """Return the stretches of the horizon between changes of a zone's clocks, each with its offset from UTC."""
    info = ZoneInfo(zone)

    def offset(quarter: int) -> timedelta:
        return (horizon.starts_at + quarter * STEP).astimezone(info).utcoffset() or timedelta(0)

    found: list[tuple[int, int, timedelta]] = []
    begin = 0
    while begin < horizon.quarters:
        # no zone changes its clocks twice within a day, so a day that begins and ends alike has no change in it
        end, same = begin, offset(begin)
        while end < horizon.quarters and offset(min(end + A_DAY, horizon.quarters)) == same:
            end += A_DAY
        end = min(end, horizon.quarters)
        while end < horizon.quarters and offset(end) == same:
            end += 1
        found.append((begin, end, same))
        begin = end
    return tuple(found)


# -- several people --------------------------------------------------------------------------------------------------------


def slots_in(free: int, horizon: Horizon, lasts: timedelta = REVIEW_LASTS) -> Slots:
    """Return the slots that begin in free quarters and end before they do, earliest first."""
    starts = free
    for following in range(1, -(-lasts // STEP)):
        starts &= free >> following
    return Slots(horizon, starts, lasts)


def common_free_slots(
    coach: Diary, others: Sequence[Diary], *, starts_at: datetime, ends_at: datetime, lasts: timedelta = REVIEW_LASTS
) -> Slots:
    """Return every slot between two moments in which a coach and all others can be met."""
    horizon = Horizon.between(starts_at, ends_at)
    free = coaching_time(coach, horizon)
    for other in others:
        free &= free_time(other, horizon)
    return slots_in(free, horizon, lasts)


def days_lost_to_holidays(
    coach: Diary, others: Sequence[Diary], *, starts_at: datetime, ends_at: datetime, zone: str
) -> list[date]:
    """Return the days, in a zone, on which slots would be free if nobody's site had a public holiday."""
    everybody = [replace(diary, holidays=frozenset()) for diary in (coach, *others)]
    working = common_free_slots(coach, others, starts_at=starts_at, ends_at=ends_at)
    anyway = common_free_slots(everybody[0], everybody[1:], starts_at=starts_at, ends_at=ends_at)
    lost = Slots(anyway.horizon, anyway.bits & ~working.bits)
    return sorted({slot.starts_at.astimezone(ZoneInfo(zone)).date() for slot in lost})


# -- what is refused -------------------------------------------------------------------------------------------------------


def check_to_come(starts_at: datetime, now: datetime) -> None:
    """Raise ``NotAllowed`` for a slot in the past or one that does not begin on the quarter hour."""
    if starts_at <= now:
        raise NotAllowed("This time is over. Choose one that is still to come.", field="starts_at")
    if starts_at.timestamp() % _STEP_SECONDS:
        raise NotAllowed("Reviews begin on the quarter hour. Choose such a time.", field="starts_at")


def check_free(diary: Diary, slot: Span, who: str) -> None:
    """Raise ``NotAllowed`` if a person is taken during a slot: in another review, at a batch, away, or gone.

    This is never a matter of agreement: nobody is in two places.
    """
    if any(slot.meets(span) for span in (*diary.reviews, *diary.busy)):
        message = f"{who} is taken at that time, since you opened this page or all along. Choose another slot."
        raise NotAllowed(message, field="starts_at")
    day = slot.starts_at.astimezone(ZoneInfo(diary.zone)).date()
    if (diary.left_on is not None and day >= diary.left_on) or (diary.joined_on is not None and day < diary.joined_on):
        raise NotAllowed(f"{who} does not work here on that day. Choose another slot.", field="starts_at")


def check_usual(diary: Diary, slot: Span, who: str) -> None:
    """Raise ``NotAllowed`` if a slot lies on a holiday of a person's site or outside their hours.

    Both may agree on such a time; whoever books it then says so.
    """
    horizon = Horizon.between(slot.starts_at, slot.ends_at)
    extra = _extra(diary, horizon)
    if extra == horizon.all:
        return
    if slot.starts_at.astimezone(ZoneInfo(diary.zone)).date() in diary.holidays:
        message = f"{who} has a public holiday on that day. Choose another slot, or say what you agreed on."
        raise NotAllowed(message, field="starts_at")
    if horizon.all & ~(_hours(diary.zone, _frozen(diary.hours), horizon) | extra):
        message = f"{who} does not work at that hour. Choose another slot, or say what you agreed on."
        raise NotAllowed(message, field="starts_at")


def check_limits(coach: Diary, slot: Span) -> None:
    """Raise ``NotAllowed`` if a coach's day or week is full, or another review is too near."""
    around = timedelta(minutes=coach.limits.buffer_minutes)
    if any(slot.meets(Span(span.starts_at - around, span.ends_at + around)) for span in coach.reviews):
        message = (
            f"Less than {coach.limits.buffer_minutes} minutes are left to the coach's next review. Choose another slot."
        )
        raise NotAllowed(message, field="starts_at")
    if slot.starts_at.astimezone(ZoneInfo(coach.zone)).date() in full_days(coach):
        message = (
            f"The coach's day or week is full: {coach.limits.a_day} reviews a day, {coach.limits.a_week} a week. "
            "Choose another day."
        )
        raise NotAllowed(message, field="starts_at")


def check_can_book(state: str, *, was_planned: bool, why: str) -> None:
    """Raise ``NotAllowed`` for a review that was held, closed or cancelled, or one that is moved without a reason."""
    if state not in {"accepted", "scheduled"}:
        raise NotAllowed("Only a review that was not held yet can be put into the calendar.")
    if was_planned and not why.strip():
        raise NotAllowed("Say why it is moved: the other side is told.", field="why")


def check_can_cancel(state: str, reason: str) -> None:
    """Raise ``NotAllowed`` without a reason, or for a review that was held."""
    if not reason.strip():
        raise NotAllowed("Say why: the other side is told.", field="reason")
    if state not in {"accepted", "scheduled"}:
        raise NotAllowed("A review that was held cannot be cancelled.")


def quarters_of(slot: Span) -> range:
    """Return the numbers of the quarter hours of a slot, counted since 1970: what can be taken once only."""
    return range(int(slot.starts_at.timestamp()) // _STEP_SECONDS, -(-int(slot.ends_at.timestamp()) // _STEP_SECONDS))
