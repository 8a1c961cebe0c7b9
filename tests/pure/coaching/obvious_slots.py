"""Common free slots by their obvious, slow definition: every quarter of an hour is looked at by itself, for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from coaching.scheduling.rules import REVIEW_LASTS, STEP, Diary, Span


def obvious_slots(coach: Diary, others: Sequence[Diary], *, starts_at: datetime, ends_at: datetime) -> list[datetime]:
    """Return the beginnings of the slots in which a coach and all others can be met."""
    return [
        begin
        for begin in _quarters(starts_at, ends_at)
        if begin + REVIEW_LASTS <= ends_at and _suits(coach, others, Span(begin, begin + REVIEW_LASTS))
    ]


def _suits(coach: Diary, others: Sequence[Diary], slot: Span) -> bool:
    return (
        all(_is_free(diary, moment) for diary in (coach, *others) for moment in _quarters(slot.starts_at, slot.ends_at))
        and _is_far_enough(coach, slot)
        and not _is_full(coach, slot)
    )


def _quarters(starts_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    moment = datetime.fromtimestamp(-(-starts_at.timestamp() // 900) * 900, UTC)
    while moment + STEP <= ends_at:
        yield moment
        moment += STEP


def _is_free(diary: Diary, moment: datetime) -> bool:
    quarter = Span(moment, moment + STEP)
    wall = moment.astimezone(ZoneInfo(diary.zone))
    if any(quarter.meets(span) for span in (*diary.busy, *diary.reviews)):
        return False
    if diary.left_on is not None and wall.date() >= diary.left_on:
        return False
    if diary.joined_on is not None and wall.date() < diary.joined_on:
        return False
    if any(span.starts_at <= moment and quarter.ends_at <= span.ends_at for span in diary.extra):
        return True
    minute = wall.hour * 60 + wall.minute
    works = any(first <= minute and minute + 15 <= last for first, last in diary.hours.get(wall.weekday(), ()))
    return works and wall.date() not in diary.holidays


def _is_far_enough(coach: Diary, slot: Span) -> bool:
    around = timedelta(minutes=coach.limits.buffer_minutes)
    return all(
        slot.ends_at + around <= span.starts_at or span.ends_at + around <= slot.starts_at for span in coach.reviews
    )


def _is_full(coach: Diary, slot: Span) -> bool:
    zone = ZoneInfo(coach.zone)
    day = slot.starts_at.astimezone(zone).date()
    days = [span.starts_at.astimezone(zone).date() for span in set(coach.reviews)]
    return (
        sum(one == day for one in days) >= coach.limits.a_day
        or sum(one.isocalendar()[:2] == day.isocalendar()[:2] for one in days) >= coach.limits.a_week
    )
