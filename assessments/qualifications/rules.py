"""Who may do a task alone, at any moment. Pure: facts with their moments in, a decision with its evidence out.

Everything that happened carries the moment at which it became known here. Asking about a moment looks at nothing later, so
the answer of a past moment never changes; what came later is listed apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lms.refusals import NotAllowed


class Status(StrEnum):
    """Where a person stands with a task at a site."""

    QUALIFIED = "qualified"
    #: May work under supervision only.
    RESTRICTED = "restricted"
    IN_TRAINING = "in_training"
    LAPSED = "lapsed"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    NOT_STARTED = "not_started"


#: A person's status over several tasks is the first of these that one of the tasks has.
WORST_FIRST = (
    Status.PAUSED,
    Status.WITHDRAWN,
    Status.LAPSED,
    Status.RESTRICTED,
    Status.IN_TRAINING,
    Status.NOT_STARTED,
    Status.QUALIFIED,
)


class Reason(StrEnum):
    """Why the decision is as it is; the vocabulary ``qualification_reason`` has the sentences."""

    QUALIFIED = "qualified"
    NEWER_VERSION = "newer_version"
    TRAINING_RAN_OUT = "training_ran_out"
    MODULE_MISSING = "module_missing"
    IN_TRAINING = "in_training"
    LAPSED = "lapsed"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    NOT_STARTED = "not_started"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class TaughtVersion:
    """A version of an SOP as taught: from when it holds at the site (its midnight there, and never before its approval)."""

    id: UUID
    number: int
    begins_at: datetime


@dataclass(frozen=True, slots=True)
class RequiredModule:
    """A module that a task's curricula ask for at the moment, with the versions known of it."""

    id: UUID
    code: str
    title: str
    sop: str
    versions: tuple[TaughtVersion, ...]

    def version_at(self, at: datetime) -> TaughtVersion | None:
        """Return the version in force at a moment; None before the first."""
        return max((v for v in self.versions if v.begins_at <= at), key=lambda v: v.number, default=None)


@dataclass(frozen=True, slots=True)
class Completion:
    """A module completed and signed, with the score of its knowledge check."""

    assignment_id: UUID
    module_id: UUID
    version_id: UUID
    number: int
    completed_at: datetime
    #: The moment until which it counts; None: until the SOP changes.
    counts_until: datetime | None = None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as shown beside its record, and whether the record is still what was signed."""

    name: str
    meaning: str
    at: datetime
    zone: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Run:
    """An observed run, signed by the assessor; what entitled the assessor at that moment is part of it."""

    id: UUID
    observed_at: datetime
    signed_at: datetime
    passed: bool
    batch: str = ""
    assessor: str = ""
    #: ``qualification`` or ``role``, and until when it held when the run was signed.
    assessor_by: str = ""
    assessor_until: datetime | None = None
    signature: Signed | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A qualification as granted, and how it ended if it was withdrawn."""

    id: UUID
    valid_from: datetime
    valid_to: datetime
    ended_at: datetime | None = None
    ended_reason: str = ""
    granted_by: str = ""
    #: What decides about ``valid_to``: kind (``run``, ``module`` or ``grant``) and name.
    runs_out: tuple[str, str] = ("grant", "")
    signature: Signed | None = None

    def holds_at(self, at: datetime) -> bool:
        """Whether it holds at a moment, as far as was known then."""
        return self.valid_from <= at < self.valid_to and (self.ended_at is None or at < self.ended_at)

    def as_known_at(self, at: datetime) -> Grant:
        """Return it without an end that came later."""
        return (
            replace(self, ended_at=None, ended_reason="") if self.ended_at is not None and at < self.ended_at else self
        )


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of the task, or of all the person's tasks, at the site; or of the person, their team or the whole site."""

    id: UUID
    #: Why a task is paused, or the state of the standing that holds everything back (``lms.standings``).
    kind: str
    valid_from: datetime
    valid_to: datetime | None
    reason: str
    #: Whether it follows from a standing, and so is not lifted here.
    of_standing: bool = False

    def holds_at(self, at: datetime) -> bool:
        """Whether it holds at a moment."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


def during(pause: Pause, first: datetime, until: datetime | None) -> Pause | None:
    """Return the part of a team's pause that lies within somebody's time in the team; None if they have nothing in common."""
    begins = max(pause.valid_from, first)
    ends = min((end for end in (pause.valid_to, until) if end is not None), default=None)
    return None if ends is not None and ends <= begins else replace(pause, valid_from=begins, valid_to=ends)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known today about one person, one task and one site; ``modules`` are those asked for at the moment."""

    modules: tuple[RequiredModule, ...] = ()
    completions: tuple[Completion, ...] = ()
    runs: tuple[Run, ...] = ()
    grants: tuple[Grant, ...] = ()
    pauses: tuple[Pause, ...] = ()
    runs_needed: int = 0
    valid_months: int = 12
    #: First moment at which the person no longer worked there.
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ModuleEvidence:
    """A required module at the moment: the version in force, and the completion that counts or the last one that did."""

    module: RequiredModule
    version: TaughtVersion
    completion: Completion | None
    #: ``done``, ``older_version``, ``ran_out`` or ``missing``.
    state: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the decision rests on, as known at the moment."""

    modules: tuple[ModuleEvidence, ...]
    runs: tuple[Run, ...]
    runs_needed: int
    grant: Grant | None
    pause: Pause | None


@dataclass(frozen=True, slots=True)
class Later:
    """Something that happened, or became known, after the moment. Shown, and no part of the answer."""

    at: datetime
    #: Code of the vocabulary ``later``.
    what: str
    name: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: may this person do this task alone at this site at this moment."""

    allowed: bool
    status: Status
    reason: Reason
    #: Names for the reason's sentence.
    arguments: dict[str, str]
    at: datetime
    #: Until when the qualification runs (or ran), as known at the moment.
    until: datetime | None
    evidence: Evidence
    later: tuple[Later, ...] = ()


def evidence_at(facts: Facts, at: datetime) -> Evidence:
    """Return what was known at a moment."""
    grants = [grant.as_known_at(at) for grant in facts.grants if grant.valid_from <= at]
    held = [grant for grant in grants if grant.holds_at(at)]
    best = max(
        held or grants,
        key=lambda grant: (grant.valid_to, grant.valid_from) if held else (grant.valid_from, grant.valid_to),
        default=None,
    )
    return Evidence(
        modules=tuple(_module_evidence(facts, at)),
        runs=tuple(
            sorted((run for run in facts.runs if run.signed_at <= at), key=lambda run: (run.observed_at, run.signed_at))
        ),
        runs_needed=facts.runs_needed,
        grant=best,
        pause=next((replace(pause, valid_to=None) for pause in facts.pauses if pause.holds_at(at)), None),
    )


def _module_evidence(facts: Facts, at: datetime) -> Iterable[ModuleEvidence]:
    for module in facts.modules:
        version = module.version_at(at)
        if version is None:
            continue
        taught = replace(module, versions=(version,))  # later versions are no evidence of this moment
        known = [c for c in facts.completions if c.module_id == module.id and c.completed_at <= at]
        current = max((c for c in known if c.version_id == version.id), key=lambda c: c.completed_at, default=None)
        latest = max(known, key=lambda c: c.completed_at, default=None)
        if current is not None and (current.counts_until is None or at < current.counts_until):
            yield ModuleEvidence(taught, version, current, "done")
        elif current is not None:
            yield ModuleEvidence(taught, version, current, "ran_out")
        else:
            older = latest is not None and latest.number < version.number
            yield ModuleEvidence(taught, version, latest, "older_version" if older else "missing")


def decide(facts: Facts, at: datetime, *, known_until: datetime | None = None) -> Decision:
    """Return whether the task may be done alone at ``at``, why, and on which evidence.

    The first that applies: left, paused, qualified or restricted (a qualification is held; every module must be completed in
    the version in force), withdrawn or lapsed (the last one ended), in training (something is done), not started.
    ``known_until`` is the present moment: what happened from ``at`` up to it is listed as later.
    """
    evidence = evidence_at(facts, at)
    status, reason, arguments = _judge(facts, evidence, at)
    later = tuple(_later(facts, at, known_until)) if known_until is not None else ()
    until = evidence.grant.valid_to if evidence.grant is not None else None
    return Decision(status is Status.QUALIFIED, status, reason, arguments, at, until, evidence, later)


def _judge(facts: Facts, evidence: Evidence, at: datetime) -> tuple[Status, Reason, dict[str, str]]:
    grant = evidence.grant
    if facts.left_at is not None and facts.left_at <= at:
        return Status.LAPSED if grant is not None else Status.NOT_STARTED, Reason.LEFT, {}
    if evidence.pause is not None:
        return Status.PAUSED, Reason.PAUSED, {"why": evidence.pause.reason}
    if grant is not None and grant.holds_at(at):
        for module in evidence.modules:
            if module.state != "done":
                reasons = {"older_version": Reason.NEWER_VERSION, "ran_out": Reason.TRAINING_RAN_OUT}
                names = {"sop": module.module.sop, "version": str(module.version.number), "module": module.module.title}
                return Status.RESTRICTED, reasons.get(module.state, Reason.MODULE_MISSING), names
        return Status.QUALIFIED, Reason.QUALIFIED, {}
    if grant is not None:
        if grant.ended_at is not None and grant.ended_at <= at:
            return Status.WITHDRAWN, Reason.WITHDRAWN, {"why": grant.ended_reason}
        return Status.LAPSED, Reason.LAPSED, {"kind": grant.runs_out[0], "name": grant.runs_out[1]}
    begun = evidence.runs or any(c.completed_at <= at for c in facts.completions)
    if begun:
        done = sum(module.state == "done" for module in evidence.modules)
        passed = len(consecutive_passes(evidence.runs))
        return (
            Status.IN_TRAINING,
            Reason.IN_TRAINING,
            {
                "done": str(done),
                "modules": str(len(evidence.modules)),
                "passed": str(passed),
                "runs": str(facts.runs_needed),
            },
        )
    return Status.NOT_STARTED, Reason.NOT_STARTED, {}


def consecutive_passes(runs: Iterable[Run]) -> list[Run]:
    """Return the passed runs since the last one that was not passed, oldest first."""
    passes: list[Run] = []
    for run in sorted(runs, key=lambda r: (r.observed_at, r.signed_at)):
        passes = [*passes, run] if run.passed else []
    return passes


def _later(facts: Facts, at: datetime, now: datetime) -> list[Later]:
    found: list[Later] = []
    for module in facts.modules:
        found += [
            Later(v.begins_at, "version_effective", f"{module.sop} v{v.number}")
            for v in module.versions
            if v.begins_at > at
        ]
        found += [
            Later(c.completed_at, "module_completed", f"{module.code} v{c.number}")
            for c in facts.completions
            if c.module_id == module.id
        ]
    found += [Later(run.signed_at, "run_passed" if run.passed else "run_not_passed", run.batch) for run in facts.runs]
    for grant in facts.grants:
        found.append(Later(grant.valid_from, "granted", grant.granted_by))
        if grant.ended_at is not None:
            found.append(Later(grant.ended_at, "withdrawn", grant.ended_reason))
        elif not any(other.holds_at(grant.valid_to) for other in facts.grants):
            found.append(Later(grant.valid_to, "ran_out", grant.runs_out[1]))
    for pause in facts.pauses:
        found.append(Later(pause.valid_from, "paused", pause.reason))
        if pause.valid_to is not None:
            found.append(Later(pause.valid_to, "pause_lifted", pause.reason))
    return sorted(
        (event for event in found if at < event.at <= now), key=lambda event: (event.at, event.what, event.name)
    )


def overall(statuses: Iterable[Status]) -> Status:
    """Return a person's status over the tasks of their role: the worst of them; a task not begun counts as in training."""
    present = set(statuses)
    worst = next((status for status in WORST_FIRST if status in present), Status.NOT_STARTED)
    return Status.IN_TRAINING if worst is Status.NOT_STARTED and len(present) > 1 else worst


def check_reason(reason: str) -> None:
    """Raise ``NotAllowed`` without a reason that a reader of the record could follow."""
    if len(reason.strip()) < 10:
        raise NotAllowed("Give the reason in a sentence: it stands in the record for good.", field="reason")


def check_not_oneself(actor_person_id: UUID | None, person_id: UUID) -> None:
    """Raise ``NotAllowed`` to whoever would decide about their own qualification."""
    if actor_person_id == person_id:
        raise NotAllowed("Nobody decides about their own qualification. Ask a colleague of QA.")
