"""What can be explored: one measure split one way over some quarters, a second one beside it, and what cannot be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from behavior_metrics.frames.quarters import Quarter
from lms.refusals import NotAllowed

#: Quarters shown unless others are chosen: two years and the one going on; and how far back one may go.
SHOWN, MOST = 9, 20
_NOT_UNDERSTOOD = "This address names nothing that can be explored. Open Explore from Behaviour and choose there."


class Measure(StrEnum):
    """What is counted; the names are those of ``summaries.queries.FIGURES``, but for batches and climate."""

    RECURRENCES = "recurrences"
    SELF_REPORTED = "self_reported"
    INDEPENDENT = "independent"
    AFTER_ACTION = "after_action"
    CLASSIFIED = "classified"
    BATCHES = "batches"
    #: As released, only as the second measure and of one place.
    CLIMATE = "climate"


class Split(StrEnum):
    """By what the lines differ; the names are those of the facets that the counts are kept by."""

    ALL = "all"
    SITE = "site"
    TEAM = "team"
    STEP = "process_step"
    CATEGORY = "category"
    CAUSE = "root_cause_class"
    PRODUCT = "product"


class Per(StrEnum):
    """Whether counts are shown per 100 batches or as they are."""

    RATE = "rate"
    COUNT = "count"


class View(StrEnum):
    """How it is drawn."""

    LINES = "lines"
    HEAT = "heat"


#: A batch has no step, category or cause; these belong to what happened in it.
_WITHOUT_BATCHES = frozenset({Split.STEP, Split.CATEGORY, Split.CAUSE})


@dataclass(frozen=True, slots=True)
class Choice:
    """Everything the address says; ``place`` is the id of a site or a team, empty for all of the reader's sites."""

    measure: Measure
    per: Per
    split: Split
    second: Measure | None
    place: str
    since: Quarter
    until: Quarter
    view: View

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """The chosen quarters, oldest first."""
        return tuple(Quarter(index) for index in range(self.since.index, self.until.index + 1))

    def per_of(self, measure: Measure) -> Per:
        """Return how a measure is shown: batches are counted, whatever is chosen for the others."""
        return Per.COUNT if measure is Measure.BATCHES else self.per

    def address(self, **other: str) -> Mapping[str, str]:
        """Return the arguments of this choice's address, some of them replaced."""
        said = {
            "measure": str(self.measure),
            "per": str(self.per),
            "split": str(self.split),
            "second": str(self.second or ""),
            "place": self.place,
            "since": str(self.since),
            "until": str(self.until),
            "view": str(self.view),
        }
        return {name: text for name, text in (said | other).items() if text}


def choice_of(given: Mapping[str, str], newest: Quarter) -> Choice:
    """Read an address; what it does not say is two years of recurrences per 100 batches by site.

    Raises ``NotAllowed`` for words that no form of ours holds.
    """
    said = {name: text for name, text in given.items() if text}
    try:
        return Choice(
            Measure(said.get("measure", Measure.RECURRENCES)),
            Per(said.get("per", Per.RATE)),
            Split(said.get("split", Split.SITE)),
            Measure(said["second"]) if "second" in said else None,
            said.get("place", ""),
            Quarter.parse(said["since"]) if "since" in said else Quarter(newest.index - SHOWN + 1),
            Quarter.parse(said["until"]) if "until" in said else newest,
            View(said.get("view", View.LINES)),
        )
    except ValueError:
        raise NotAllowed(_NOT_UNDERSTOOD) from None


def check(choice: Choice, newest: Quarter, *, of_team: bool) -> None:
    """Refuse what the counts kept ready or the release cannot answer, with the field that it belongs to."""
    oldest = Quarter(newest.index - MOST + 1)
    if choice.since > choice.until:
        raise NotAllowed("The first quarter lies after the last one. Choose an earlier first quarter.", field="since")
    if choice.since < oldest or choice.until > newest:
        raise NotAllowed(f"Quarters from {oldest.words} to {newest.words} can be explored.", field="since")
    if choice.measure is Measure.CLIMATE:
        raise NotAllowed(
            "Released climate is set beside another measure. Choose it as the second one.", field="measure"
        )
    if choice.second is choice.measure:
        raise NotAllowed("Both measures are the same. Choose another second one, or none.", field="second")
    if choice.second is Measure.CLIMATE and not choice.place:
        raise NotAllowed("Climate is released of teams. Choose a team or a site first.", field="second")
    if of_team and choice.split not in {Split.ALL, Split.TEAM}:
        raise NotAllowed(
            "Counts of one team are not kept by step, cause or product. Choose its site, or “all together”.",
            field="split",
        )
    if choice.split in _WITHOUT_BATCHES and Measure.BATCHES in {choice.measure, choice.second}:
        raise NotAllowed(
            "A batch has no step, category or cause. Split batches by site, team or product.", field="split"
        )
