"""Kinds of reviews and the models whose prompts stand beside the texts: data in files, each model in versions. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from lms.refusals import NotAllowed

#: Where the models that come with the product lie: a file for each version, and one for the kinds.
SHIPPED: Final = Path(__file__).parent / "prompts"
#: The texts that a model may say something about.
PLACES: Final = ("own_went_well", "own_account", "went_well", "coach_account", "barrier", "commitments")


@dataclass(frozen=True, slots=True)
class Guide:
    """One version of a model: what it is for, where it comes from, and a prompt for each text."""

    #: ``grow-1``: kept on the review, so that a later version changes no review of before.
    id: str
    title: str
    version: int
    about: str
    source: str
    prompts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """Why two people meet."""

    code: str
    triggers: tuple[str, ...]
    guide: str


@cache
def guides(folder: Path = SHIPPED) -> Mapping[str, Guide]:
    """Return every version of every model by its id. Raises ``ValueError`` for a file that names a text unknown here."""
    found = {}
    for file in sorted(folder.glob("*-*.toml")):
        read = tomllib.loads(file.read_text(encoding="utf-8"))
        one, prompts = read["guide"], read["prompts"]
        guide_id = f"{one['id']}-{one['version']}"
        if file.stem != guide_id or set(prompts) != set(PLACES):
            message = f"{file.name} must be called {guide_id}.toml and say something about each of {', '.join(PLACES)}"
            raise ValueError(message)
        found[guide_id] = Guide(guide_id, one["title"], one["version"], one["about"], one["source"], prompts)
    return found


@cache
def kinds(folder: Path = SHIPPED) -> Mapping[str, Kind]:
    """Return the kinds of reviews by code. Raises ``ValueError`` for one whose model does not exist."""
    read: dict[str, list[dict[str, Any]]] = tomllib.loads((folder / "kinds.toml").read_text(encoding="utf-8"))
    found = {one["code"]: Kind(one["code"], tuple(one["triggers"]), one["guide"]) for one in read["kind"]}
    unknown = {kind.guide for kind in found.values()} - set(guides(folder))
    if unknown:
        message = f"kinds.toml names models that do not exist: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    return found


def kind_of_trigger(trigger: str) -> Kind:
    """Return the kind of review that a proposal leads to; a trigger that no kind names leads to a scheduled one."""
    named = (kind for kind in kinds().values() if trigger in kind.triggers)
    return next(named, kinds()["scheduled"])


def guide_of(guide_id: str | None, kind: str | None) -> Guide:
    """Return the model of a review: the version that was kept, or for a review of before the one offered for its kind."""
    fallback = kinds().get(kind or "", kinds()["scheduled"]).guide
    return guides().get(guide_id or fallback, guides()[fallback])


def current_guides() -> list[Guide]:
    """Return the newest version of each model, by title."""
    newest: dict[str, Guide] = {}
    for guide in sorted(guides().values(), key=lambda one: one.version):
        newest[guide.id.rsplit("-", 1)[0]] = guide
    return sorted(newest.values(), key=lambda one: one.title)


#: Kinds that a coach chooses for a standing appointment, and for a meeting of a team. The others follow from a proposal.
OF_SERIES: Final = ("scheduled", "new_starter", "return", "requalification")
OF_TEAMS: Final = ("scheduled", "deviation", "good_catch", "observation")


def check_kind(kind: str, offered: Collection[str]) -> None:
    """Raise ``NotAllowed`` for a kind that is not among those offered."""
    if kind not in offered:
        raise NotAllowed("Choose one of the kinds in the list.", field="kind")


def check_guide(guide_id: str) -> None:
    """Raise ``NotAllowed`` for a model that is not offered any more, or never was."""
    if guide_id not in {guide.id for guide in current_guides()}:
        raise NotAllowed("Choose one of the models in the list.", field="guide")
