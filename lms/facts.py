"""Facts other rooms may hear about: past tense, frozen, ids and plain values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DeviationRecorded:
    """A deviation was raised by hand or came in by a file."""

    deviation_id: UUID
    site_id: UUID
    process_step: str
    occurred_at: datetime
    people: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class DeviationClassified:
    """QA classified a deviation, for the first time or anew; a good catch is accepted by being classified as one."""

    deviation_id: UUID
    number: str
    site_id: UUID
    kind: str
    severity: str
    reported_by_id: UUID | None
    classified_at: datetime


@dataclass(frozen=True, slots=True)
class RecurrenceConfirmed:
    """QA confirmed that a deviation is the same one again."""

    recurrence_id: UUID
    deviation_id: UUID
    site_id: UUID
    team_id: UUID | None
    severity: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class CheckQuestion:
    """A question with one right answer, and why it is right."""

    stem: str
    right: str
    wrong: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class BulletinApproved:
    """A trainer approved a bulletin; its module is made and waits for its knowledge check, if it asks anything."""

    bulletin_id: UUID
    number: str
    title: str
    module_id: UUID
    document_id: UUID
    questions: tuple[CheckQuestion, ...]


@dataclass(frozen=True, slots=True)
class CapaExtended:
    """The due day of an open action was moved on, with a signature."""

    capa_id: UUID
    due_on: date


@dataclass(frozen=True, slots=True)
class CapaImplemented:
    """Somebody noted that an action is in place. A room that knows better may still refuse."""

    capa_id: UUID
    site_id: UUID


@dataclass(frozen=True, slots=True)
class CapaCancelled:
    """An action was cancelled before it was in place."""

    capa_id: UUID
    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class DocumentVersionApproved:
    """A version of an SOP was approved and has its effective date."""

    document_id: UUID
    document_version_id: UUID
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class ModuleCompleted:
    """A person completed a module: every part done, read-and-understood signed."""

    assignment_id: UUID
    person_id: UUID
    module_id: UUID
    module_version_id: UUID
    site_id: UUID
    completed_at: datetime


@dataclass(frozen=True, slots=True)
class AssessmentFailed:
    """An attempt at a knowledge check was handed in, or its time was over, and it did not pass."""

    attempt_id: UUID
    person_id: UUID
    site_id: UUID
    title: str
    #: Which attempt it was, from 1.
    number: int
    #: No attempt is left: a trainer has to allow another.
    locked: bool
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class ObservationFailed:
    """An assessor signed an observed run as not passed."""

    observation_id: UUID
    person_id: UUID
    site_id: UUID
    title: str
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class ObservationPassed:
    """An assessor signed an observed run as passed."""

    observation_id: UUID
    person_id: UUID
    task_id: UUID
    site_id: UUID
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewClosed:
    """A coaching review was held, signed by both and closed."""

    review_id: UUID
    deviation_id: UUID | None
    coachee_person_id: UUID
    team_id: UUID | None
    site_id: UUID
    held_on: date
    closed_at: datetime
