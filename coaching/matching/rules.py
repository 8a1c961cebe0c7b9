"""Which coach is asked, and why that one: conflicts first, then caps, language, common working time, subject and nearness.

Values in, a ranking out. Caps are of domain knowledge without a published norm: a part-time coach looks after 8 to 10
operators and holds at most 6 reviews a week, a full-time one after 15 to 20 and at most 4 a day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from lms.refusals import NotAllowed

#: Working hours of a week: weekday (0 = Monday), first and last minute after local midnight.
Week = tuple[tuple[int, int, int], ...]
#: Hours of somebody who has entered none.
USUAL_WEEK: Week = tuple((weekday, 8 * 60, 16 * 60 + 30) for weekday in range(5))
#: Days over which a coach's reviews are counted against the cap of a week, from today on.
WEEK_DAYS = 7
#: Two people who share less working time than a review takes cannot meet.
LEAST_COMMON = timedelta(minutes=45)
#: Longest list of languages or subjects that is kept of one person.
MOST_NAMED = 12
#: Languages in which a review can be held (ISO 639-1).
LANGUAGES = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it"),
    *("lt", "lv", "mt", "nl", "no", "pl", "pt", "ro", "sk", "sl", "sv", "tr", "uk"),
)


class Share(StrEnum):
    """How much of their work somebody coaches."""

    PART = "part"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Caps:
    """How much a coach takes."""

    operators: int
    #: Reviews in seven days.
    reviews: int


#: A full-time coach holds at most 4 a day, so 20 in the five working days of a week.
CAPS = {Share.PART: Caps(operators=10, reviews=6), Share.FULL: Caps(operators=20, reviews=20)}


class Hindrance(StrEnum):
    """Why a coach is not asked."""

    #: Named in the deviation, its investigator, the line manager, or the person themself: said apart to nobody.
    CONFLICT = "conflict"
    LANGUAGE = "language"
    NO_COMMON_TIME = "no_common_time"
    WEEK_FULL = "week_full"
    CASELOAD_FULL = "caseload_full"


#: What no reason overrides; the rest is load, which somebody who answers for the site may override.
FIRM = frozenset({Hindrance.CONFLICT, Hindrance.LANGUAGE, Hindrance.NO_COMMON_TIME})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A coach who could be asked, with what they have to do already."""

    person_id: UUID
    name: str
    zone: str
    site_id: UUID
    week: Week = USUAL_WEEK
    share: Share = Share.FULL
    languages: frozenset[str] = frozenset()
    #: Process steps that they know.
    subjects: frozenset[str] = frozenset()
    #: With whom they are in a review, or were and have still to follow up.
    operators: frozenset[UUID] = frozenset()
    #: Reviews that fall into the coming seven days.
    reviews: int = 0
    #: How many they take a week, if they said so; else what is usual for their share.
    a_week: int | None = None

    @property
    def caps(self) -> Caps:
        """What this coach takes at most."""
        usual = CAPS[self.share]
        return usual if self.a_week is None else Caps(usual.operators, self.a_week)

    def with_one_more(self, coachee_id: UUID) -> Candidate:
        """Return this coach once one more review has been proposed to them."""
        return replace(self, operators=self.operators | {coachee_id}, reviews=self.reviews + 1)


@dataclass(frozen=True, slots=True)
class Case:
    """The review that a coach is sought for."""

    coachee_id: UUID
    site_id: UUID
    zone: str
    on: date
    week: Week = USUAL_WEEK
    languages: frozenset[str] = frozenset()
    #: Process step of the deviation; empty if it is about none.
    subject: str = ""
    #: Whoever is named in the deviation, investigates it, or is the coachee's line manager.
    conflicted: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a coach fits a case."""

    coach: Candidate
    hindrance: Hindrance | None
    #: The longest working time that both have in one of the coming seven days.
    common: tuple[datetime, datetime] | None
    #: Languages of both; None where one of the two has named none.
    languages: frozenset[str] | None
    at_site: bool
    knows_subject: bool

    @property
    def caps(self) -> Caps:
        """What this coach takes at most."""
        return self.coach.caps

    def as_record(self) -> dict[str, object]:
        """Return what the proposal keeps of this, in values that stay as they are."""
        return {
            "coach": str(self.coach.person_id),
            "why_not": str(self.hindrance or ""),
            "reviews": self.coach.reviews,
            "reviews_cap": self.caps.reviews,
            "operators": len(self.coach.operators),
            "operators_cap": self.caps.operators,
            "from": self.common[0].isoformat() if self.common else "",
            "until": self.common[1].isoformat() if self.common else "",
            "languages": None if self.languages is None else sorted(self.languages),
            "at_site": self.at_site,
            "knows_subject": self.knows_subject,
        }


@dataclass(frozen=True, slots=True)
class Kept:
    """What a proposal kept of a fit, read back."""

    coach_id: UUID
    why_not: str
    reviews: int
    reviews_cap: int
    operators: int
    operators_cap: int
    common: tuple[datetime, datetime] | None
    #: None: one of the two had named none.
    languages: tuple[str, ...] | None
    at_site: bool
    knows_subject: bool

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Kept:
        """Return it from ``Fit.as_record``."""
        begin, end = record["from"], record["until"]
        return cls(
            coach_id=UUID(record["coach"]),
            why_not=record["why_not"],
            reviews=record["reviews"],
            reviews_cap=record["reviews_cap"],
            operators=record["operators"],
            operators_cap=record["operators_cap"],
            common=(datetime.fromisoformat(begin), datetime.fromisoformat(end)) if begin else None,
            languages=None if record["languages"] is None else tuple(record["languages"]),
            at_site=record["at_site"],
            knows_subject=record["knows_subject"],
        )

    @property
    def common_hours(self) -> str:
        """How long the common working time is, such as ``3`` or ``2.5``."""
        if self.common is None:
            return "0"
        quarters = (self.common[1] - self.common[0]) // timedelta(minutes=15)
        return f"{quarters / 4:g}"


def ranked(candidates: Collection[Candidate], case: Case) -> list[Fit]:
    """Return every candidate with how well they fit, the one to ask first, those who cannot be asked last."""
    return sorted((fit(one, case) for one in candidates), key=_place)


def chosen(fits: Sequence[Fit]) -> Fit | None:
    """Return whom to ask; None if nobody is free, which somebody has to be told."""
    return fits[0] if fits and fits[0].hindrance is None else None


def fit(coach: Candidate, case: Case) -> Fit:
    """Return how well one coach fits, and the first thing that stands against them."""
    common = common_time(coach.zone, coach.week, case.zone, case.week, case.on)
    languages = coach.languages & case.languages if coach.languages and case.languages else None
    caps = coach.caps
    hindrance = None
    if coach.person_id == case.coachee_id or coach.person_id in case.conflicted:
        hindrance = Hindrance.CONFLICT
    elif languages is not None and not languages:
        hindrance = Hindrance.LANGUAGE
    elif common is None:
        hindrance = Hindrance.NO_COMMON_TIME
    elif coach.reviews >= caps.reviews:
        hindrance = Hindrance.WEEK_FULL
    elif len(coach.operators | {case.coachee_id}) > caps.operators:
        hindrance = Hindrance.CASELOAD_FULL
    return Fit(
        coach=coach,
        hindrance=hindrance,
        common=common,
        languages=languages,
        at_site=coach.site_id == case.site_id,
        knows_subject=bool(case.subject) and case.subject in coach.subjects,
    )


def _place(one: Fit) -> tuple[object, ...]:
    """Order: whoever can be asked, shares a language, knows the step, has most room, sits nearest; then by name."""
    load = max(Fraction(one.coach.reviews, one.caps.reviews), Fraction(len(one.coach.operators), one.caps.operators))
    common = one.common[1] - one.common[0] if one.common else timedelta()
    return (
        one.hindrance is not None,
        one.hindrance in FIRM,
        not one.languages,
        not one.knows_subject,
        load,
        not one.at_site,
        -common,
        one.coach.name,
        str(one.coach.person_id),
    )


@lru_cache(maxsize=4096)
def common_time(zone: str, week: Week, other_zone: str, other_week: Week, on: date) -> tuple[datetime, datetime] | None:
    """Return the longest working time that two people have in common within seven days from a day, the first of equals.

    In UTC, by each one's own clock of those very days, so that it is right across a change of clocks. None where it is
    shorter than a review.
    """
    mine, theirs = _work(zone, week, on), _work(other_zone, other_week, on)
    shared = [
        (begin, end)
        for first in mine
        for second in theirs
        if (end := min(first[1], second[1])) - (begin := max(first[0], second[0])) >= LEAST_COMMON
    ]
    return max(shared, key=lambda span: (span[1] - span[0], -span[0].timestamp()), default=None)


def _work(zone: str, week: Week, on: date) -> list[tuple[datetime, datetime]]:
    place, hours = ZoneInfo(zone), {weekday: (first, last) for weekday, first, last in week}
    found = []
    for day in (on + timedelta(days=number) for number in range(WEEK_DAYS)):
        if day.weekday() in hours:
            begin, end = (_moment(day, minute, place) for minute in hours[day.weekday()])
            found.append((begin, end))
    return found


def _moment(day: date, minute: int, place: ZoneInfo) -> datetime:
    """Return the moment so many minutes after midnight by the clock on the wall; minute 1440 is the next midnight."""
    day, minute = day + timedelta(days=minute // 1440), minute % 1440
    return datetime.combine(day, time(minute // 60, minute % 60), place).astimezone(UTC)


def check_named(languages: Collection[str], subjects: Collection[str]) -> None:
    """Raise ``NotAllowed`` for a language that is not in the list, or more languages or subjects than anybody has."""
    if set(languages) - set(LANGUAGES):
        raise NotAllowed("Choose languages from the list.", field="languages")
    for field, named in (("languages", languages), ("subjects", subjects)):
        if len(named) > MOST_NAMED:
            raise NotAllowed(f"Choose at most {MOST_NAMED}.", field=field)
