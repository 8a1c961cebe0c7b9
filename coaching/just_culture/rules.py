"""The just-culture step: what is asked, which ways there are, and what has to be true before anybody may ask.

Values in, a decision or a sentence out. Sources: Reason's and Marx's questions in own words; Dekker's warning that "error",
"at-risk" and "reckless" are judgements and not categories, so answers and a route are kept and never a label.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from uuid import UUID

from lms.refusals import NotAllowed

#: Code of the task that an assessor is qualified for: its curriculum and runs are the training in this step.
TASK = "just-culture-assessment"
#: Version -> questions in order. Nothing is ever taken out of here, so that old answers can be read again.
QUESTIONS: Mapping[int, tuple[str, ...]] = {
    1: ("intended", "health", "departed", "substitution", "mitigating"),
}
#: The present version. Raised whenever a question or its words change.
VERSION = 1
ANSWERS = ("yes", "no", "cannot_tell")
#: Fewer letters than this state no concern and give no reason.
SHORTEST = 20
KEPT_YEARS = 1


class Route(StrEnum):
    """What follows. Where it leads out of this system nothing more is kept here."""

    SYSTEM_FIX = "system_fix"
    COACHING = "coaching"
    SUPPORT = "support"
    REFER_OUT = "refer_out"


class Stage(StrEnum):
    """How far two assessors have come."""

    ANSWERING = "answering"
    #: Both answered and want different ways: they talk.
    TALKING = "talking"
    SETTLED = "settled"


def purge_on(opened_on: date) -> date:
    """Return the day on which everything that was written is removed: twelve months after opening."""
    last = 28 if (opened_on.month, opened_on.day) == (2, 29) else opened_on.day
    return opened_on.replace(year=opened_on.year + KEPT_YEARS, day=last)


def stage(routes: Collection[str], *, settled: bool) -> Stage:
    """Return how far it has come, from the routes that are in."""
    if settled:
        return Stage.SETTLED
    return Stage.ANSWERING if len(routes) < 2 else Stage.TALKING


def check_system_causes(number: str, *, investigated: bool, factors: bool, excluded: bool) -> None:
    """Raise ``NotAllowed`` unless the system was looked at first: a result, and what contributed or was excluded."""
    if not investigated or not (factors or excluded):
        message = (
            f"{number} has no system causes yet. Record the investigation's result with what contributed, or how each of "
            "the system's causes was excluded; only then may a concern about a person be stated."
        )
        raise NotAllowed(message)


def check_people(
    *, first: UUID, second: UUID, subject: UUID, involved: Collection[UUID], named: Collection[UUID]
) -> None:
    """Raise ``NotAllowed`` unless two assessors without a part in the deviation look at somebody who had one."""
    if subject not in involved:
        raise NotAllowed("Choose somebody whom the deviation names as involved.", field="subject")
    if first in named:
        raise NotAllowed("You have a part in this deviation yourself. Ask two assessors who have none.")
    if second == first:
        raise NotAllowed("Choose a second assessor: nobody looks at this alone.", field="second")
    if second in named:
        raise NotAllowed("This assessor has a part in the deviation. Choose one who has none.", field="second")


def check_concern(concern: str) -> None:
    """Raise ``NotAllowed`` for a concern that says nothing."""
    if len(concern.strip()) < SHORTEST:
        raise NotAllowed(
            "State the concern in a sentence: what was done, and why it is more than the system.", field="concern"
        )


def check_answers(version: int, answers: Mapping[str, str], route: str, reason: str) -> None:
    """Raise ``NotAllowed`` unless every question of the version is answered and a route is chosen with its reason."""
    for question in QUESTIONS[version]:
        if answers.get(question) not in ANSWERS:
            raise NotAllowed("Answer every question; “cannot tell” is an answer.", field=question)
    check_route(route, reason)


def check_route(route: str, reason: str) -> None:
    """Raise ``NotAllowed`` for a route that is none, or without its reason."""
    if route not in set(Route):
        raise NotAllowed("Choose what should follow.", field="route")
    if len(reason.strip()) < SHORTEST:
        raise NotAllowed("Say in a sentence why: the person reads it.", field="reason")
