"""Rules of bulletins: what may be written, to which sites it goes, and who takes it a step further."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from lms.refusals import NotAllowed
from modules.bulletins.anonymity import Secret, Tells, leaks

#: Batches of this many days show that a site works, deviations of twice as many that it runs the step.
BATCH_DAYS, DEVIATION_DAYS = 365, 730
MOST_QUESTIONS = 3
TEXTS = ("title", "what_happened", "why", "what_changed", "look_for")
_TOLD = {
    Tells.PERSON: "who it was",
    Tells.SITE: "where it was",
    Tells.TEAM: "which team it was",
    Tells.NUMBER: "which record or batch it was",
    Tells.DAY: "on which day it was; name the month at most",
}


class State(StrEnum):
    """The life of a bulletin."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Question:
    """A question to check oneself by: one right answer, one or more wrong ones, and why."""

    stem: str
    right: str
    wrong: tuple[str, ...]
    why: str

    def plain(self) -> dict[str, object]:
        """Return it as it is stored."""
        return {"stem": self.stem, "right": self.right, "wrong": list(self.wrong), "why": self.why}


@dataclass(frozen=True, slots=True)
class Text:
    """Everything a bulletin says to its readers."""

    title: str
    what_happened: str
    why: str
    what_changed: str
    look_for: str
    questions: tuple[Question, ...] = ()

    def parts(self) -> Iterable[tuple[str, str]]:
        """Return every piece of text with the field it is typed in."""
        for name in TEXTS:
            yield name, getattr(self, name)
        for number, one in enumerate(self.questions, 1):
            yield f"question_{number}", "\n".join((one.stem, one.right, *one.wrong, one.why))


def check_text(text: Text) -> None:
    """Raise ``NotAllowed`` for a bulletin that leaves out a part, or a question that nobody could answer."""
    words = {
        "title": "Give it a title.",
        "what_happened": "Say what happened.",
        "why": "Say why it happened.",
        "what_changed": "Say what was changed.",
        "look_for": "Say what to look for at the bench.",
    }
    for name, sentence in words.items():
        if not getattr(text, name).strip():
            raise NotAllowed(sentence, field=name)
    if len(text.questions) > MOST_QUESTIONS:
        raise NotAllowed(f"Ask {MOST_QUESTIONS} questions at most: a bulletin is short.", field="title")
    for number, one in enumerate(text.questions, 1):
        answers = [one.right, *one.wrong]
        if not all(part.strip() for part in (one.stem, one.why, *answers)) or len(answers) < 2:
            message = f"Question {number} needs a right answer, at least one wrong one, and why the right one is right."
            raise NotAllowed(message, field=f"question_{number}")
        if len({answer.strip().casefold() for answer in answers}) < len(answers):
            message = f"Question {number} has two answers that read alike."
            raise NotAllowed(message, field=f"question_{number}")


def check_anonymous(text: Text, secrets: Collection[Secret]) -> None:
    """Raise ``NotAllowed`` while anything in a bulletin tells who, where, which record or on which day it was."""
    for field, part in text.parts():
        for leak in leaks(part, secrets):
            message = f"“{leak.words}” could tell {_TOLD[leak.tells]}. Say it without."
            raise NotAllowed(message, field=field)


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What is known of a site about one process step."""

    site_id: UUID
    name: str
    #: Batches begun within ``BATCH_DAYS``.
    batches: int
    #: Deviations of the step within ``DEVIATION_DAYS``.
    deviations: int
    #: Whether a curriculum that holds there leads to a task of the step.
    taught: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whether a bulletin goes to a site, and why."""

    site_id: UUID
    name: str
    chosen: bool
    reason: str
    by_hand: bool = False


def propose(sites: Iterable[SiteFacts]) -> list[Proposal]:
    """Return for each site whether it runs the step, from facts: it had deviations of it, or it makes batches and trains for it.

    The site where it happened is treated like any other: its absence from the list would tell its name.
    """
    found = []
    for site in sites:
        reasons = []
        if site.batches and site.taught:
            made = f"{site.batches} batches" if site.batches > 1 else "1 batch"
            reasons.append(f"{made} in a year, and people there are trained for the step")
        if site.deviations:
            had = f"{site.deviations} deviations" if site.deviations > 1 else "1 deviation"
            reasons.append(f"{had} of the step in two years")
        otherwise = "no batches in a year" if not site.batches else "nobody there is trained for the step"
        found.append(Proposal(site.site_id, site.name, bool(reasons), "; ".join(reasons) or otherwise))
    return found


def decided(proposals: Sequence[Proposal], chosen: Collection[UUID], reason: str) -> list[Proposal]:
    """Return the sites as chosen by hand. Raises ``NotAllowed`` without a site, or without a reason for what was changed."""
    if not any(one.site_id in chosen for one in proposals):
        raise NotAllowed("Choose at least one site.", field="sites")
    changed = [one for one in proposals if one.chosen != (one.site_id in chosen)]
    if changed and not reason.strip():
        names = ", ".join(one.name for one in changed)
        message = f"Say why you decided otherwise than the facts for {names}."
        raise NotAllowed(message, field="site_reason")
    return [
        Proposal(one.site_id, one.name, one.site_id in chosen, reason.strip(), by_hand=True) if one in changed else one
        for one in proposals
    ]


def check_state(number: str, state: str, needed: State) -> None:
    """Raise ``NotAllowed`` unless a bulletin stands where the step begins."""
    if state != needed:
        words: Mapping[str, str] = {
            State.DRAFT: "a draft: send it to review first",
            State.IN_REVIEW: "in review: it has to come back before it can be changed",
            State.APPROVED: "approved already",
            State.WITHDRAWN: "withdrawn",
        }
        message = f"{number} is {words[state]}."
        raise NotAllowed(message)


def check_approver(approver: UUID | None, writers: Iterable[str]) -> None:
    """Raise ``NotAllowed`` to whoever wrote or edited a bulletin: nobody approves their own text."""
    if approver is None or str(approver) in set(writers):
        raise NotAllowed("Nobody approves a bulletin they wrote or edited. Ask another trainer.", field="password")


def check_due(due_on: date, today: date) -> None:
    """Raise ``NotAllowed`` for a due day that is over."""
    if due_on < today:
        raise NotAllowed("This due day is over. Give today or a later one.", field="due_on")


def source_of(text: Text) -> str:
    """Return the text that is studied, Markdown."""
    headings = ("What happened", "Why", "What was changed", "What to look for")
    bodies = (text.what_happened, text.why, text.what_changed, text.look_for)
    sections = [f"## {heading}\n\n{body.strip()}" for heading, body in zip(headings, bodies, strict=True)]
    return "\n\n".join([f"# {text.title.strip()}", *sections]) + "\n"
