"""The data files of the simulated network, read once: places, names, short phrases, and the wording of events."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lms.demonstration.world import SiteSpec

_HERE = Path(__file__).parent


def read_toml(name: str) -> dict[str, Any]:
    """Return a data file of this folder."""
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Place:
    """A site that makes batches, as the data file describes it."""

    spec: SiteSpec
    teams: tuple[tuple[str, int], ...]
    #: None: as many as the network's total gives it.
    batches_a_year: int | None


@dataclass(frozen=True, slots=True)
class Post:
    """A post of coach, QA or assessor: where the person sits and for which sites they work."""

    home: str
    sites: tuple[str, ...]


@cache
def control_site() -> SiteSpec:
    """Return the control site."""
    found = read_toml("sites.toml")["control"]
    return SiteSpec(found["code"], found["name"], found["zone"], is_control_site=True)


@cache
def places() -> tuple[Place, ...]:
    """Return the sites that make batches, in the order of the file."""
    return tuple(
        Place(
            SiteSpec(site["code"], site["name"], site["zone"]),
            tuple(zip(site["teams"], site["sizes"], strict=True)),
            site.get("batches_a_year"),
        )
        for site in read_toml("sites.toml")["site"]
    )


@cache
def posts(kind: str) -> tuple[Post, ...]:
    """Return the posts of a kind: ``coach``, ``qa`` or ``assessor``."""
    return tuple(Post(post["home"], tuple(post["sites"])) for post in read_toml("sites.toml")[kind])


@cache
def phrases() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the short sentences by what they are for and whom."""
    return {
        kind: {whom: tuple(sentences) for whom, sentences in by_whom.items()}
        for kind, by_whom in read_toml("phrases.toml").items()
    }


@cache
def texts() -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    """Return the wording of the history: ``deviation``, ``review``, ``decline``, ``overrule``."""
    return {kind: tuple(entries) for kind, entries in read_toml("texts.toml").items()}


#: Causes that an investigation may find behind events of a category, beside those the wording suggests.
_CAUSES: Mapping[str, tuple[str, ...]] = {
    "documentation": ("human", "design", "organisation", "training", "method"),
    "material": ("material", "method", "organisation"),
    "equipment": ("equipment", "design", "measurement", "method", "organisation"),
    "facility_em": ("environment", "method", "equipment", "organisation"),
    "aseptic_technique": ("method", "training", "environment", "organisation"),
    "procedure_execution": ("method", "training", "organisation", "human", "design"),
    "labelling_identity": ("human", "design", "organisation", "material"),
    "test_oos": ("material", "measurement", "method", "not_determined"),
    "computerised_system": ("design", "equipment", "organisation"),
    "transport_temperature": ("equipment", "organisation", "material", "method"),
    "planning_handoff": ("organisation", "design", "method"),
}

#: Process step, category, root cause class.
Kind = tuple[str, str, str]


@cache
def kinds_of_event() -> Mapping[Kind, tuple[Mapping[str, Any], ...]]:
    """Return every kind of event with the wordings that tell one: those of its cause first, else of its category."""
    by_pair: defaultdict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for text in texts()["deviation"]:
        by_pair[text["process_step"], text["category"]].append(text)
    found: dict[Kind, tuple[Mapping[str, Any], ...]] = {}
    for (step, category), wordings in by_pair.items():
        own = {wording["root_cause_class"] for wording in wordings}
        for cause in sorted(own | set(_CAUSES[category])):
            exact = tuple(wording for wording in wordings if wording["root_cause_class"] == cause)
            found[step, category, cause] = exact or tuple(wordings)
    return found
