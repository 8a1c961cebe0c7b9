"""Rules of actions that are training: who is asked, who is taken out again, and what the completions show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from lms.refusals import NotAllowed
from lms.web.times import show_day


class Audience(StrEnum):
    """By what people are chosen: where they stand in the work, never what happened to them."""

    SITE = "site"
    TEAM = "team"
    ROLE = "role"
    TASK = "task"


class State(StrEnum):
    """Where the training of an action stands."""

    OPEN = "open"
    #: Its completions were confirmed as the evidence of the action.
    CONFIRMED = "confirmed"
    #: The action was cancelled.
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Chosen:
    """By what people of a site are chosen; only the field that the audience names is filled."""

    audience: str
    team_id: UUID | None = None
    role: str = ""
    task_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Trainee:
    """One person of whom a module is asked, and how far they are."""

    person_id: UUID
    name: str
    due_on: date
    #: The day at the site on which they completed it; None until then.
    completed_on: date | None
    #: Number of the SOP version they completed.
    number: int | None
    #: The signature *read and understood* of that completion.
    signature_id: UUID | None
    #: Why they are not counted any more; empty while they are.
    out_because: str

    @property
    def is_out(self) -> bool:
        """Whether the person was taken out before they completed it. What was completed counts for good."""
        return bool(self.out_because) and self.completed_on is None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of those who are counted have completed it."""

    done: int
    of: int
    out: int

    @property
    def complete(self) -> bool:
        """Whether at least one person is counted and nobody is missing."""
        return 0 < self.of == self.done


def progress_of(trainees: Iterable[Trainee]) -> Progress:
    """Return n of N: whoever was taken out is in neither."""
    everybody = list(trainees)
    counted = [one for one in everybody if not one.is_out]
    return Progress(sum(one.completed_on is not None for one in counted), len(counted), len(everybody) - len(counted))


def why_out(
    *, left_on: date | None, today: date, at_site: bool, in_audience: bool, cancelled_because: str | None
) -> str:
    """Return why a person who has not completed it is taken out, as a sentence; an empty text if they stay in.

    ``cancelled_because`` is None while their assignment stands.
    """
    if left_on is not None and left_on <= today:
        return f"Left on {show_day(left_on)}."
    if not at_site:
        return "Works at another site now."
    if not in_audience:
        return "Has another place in the work now."
    if cancelled_because is not None:
        return f"The assignment was cancelled: {cancelled_because or 'no reason was given'}"
    return ""


def check_asked(people: int) -> None:
    """Raise ``NotAllowed`` if nobody would be asked."""
    if not people:
        raise NotAllowed(
            "Nobody at this site belongs to this choice today. Choose a team, a role, a task or the whole site.",
            field="audience",
        )


def check_complete(number: str, progress: Progress) -> None:
    """Raise ``NotAllowed`` while the completions do not show that an action is in place."""
    if progress.of == 0:
        raise NotAllowed(f"Nobody is left of whom {number} asks the training. Cancel it, or open another action.")
    if not progress.complete:
        missing = progress.of - progress.done
        raise NotAllowed(
            f"{number} is training, and {missing} of {progress.of} have not completed it. "
            "It is in place when the last of them has."
        )


def evidence_of(module: str, trainees: Sequence[Trainee]) -> str:
    """Return the evidence in words, made from the completions: how many, which version, from when to when, signed how."""
    done = sorted(
        ((one.completed_on, one.number, one) for one in trainees if one.completed_on is not None),
        key=lambda found: (found[0], str(found[2].signature_id)),
    )
    progress = progress_of(trainees)
    numbers = sorted({number for _, number, _ in done if number is not None})
    versions = ("version " if len(numbers) == 1 else "versions ") + ", ".join(map(str, numbers))
    first, last = done[0][0], done[-1][0]
    days = f"on {show_day(first)}" if first == last else f"from {show_day(first)} to {show_day(last)}"
    parts = [f"{progress.done} of {progress.of} people completed {module}, {versions}, {days}."]
    if progress.out:
        reasons = sorted(one.out_because for one in trainees if one.is_out)
        parts.append(f"Taken out: {progress.out}. " + " ".join(dict.fromkeys(reasons)))
    parts.append("Signatures: " + ", ".join(str(one.signature_id) for _, _, one in done) + ".")
    return "\n".join(parts)
