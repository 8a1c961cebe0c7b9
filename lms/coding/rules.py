"""Rules of coding at the triage desk: the severity rubric, and human performance only after system causes are excluded.

Values in, a code or a sentence out. Sources: ICH Q9(R1), 5.1 (less subjectivity by agreed scales); EU GMP and PIC/S
Chapter 1, 1.4(xiv) (human error "should be justified", having checked that process, procedural or system causes were not
overlooked).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lms.refusals import NotAllowed

#: What it did or could have done to patient, product, data or validated state, the least first.
IMPACTS = ("none", "indirect", "direct", "patient")
#: How it came to light, or would have, the surest way first.
DETECTABILITIES = ("before_release", "by_chance", "not_found")

#: Impact -> severity for each of ``DETECTABILITIES``.
Rubric = Mapping[str, tuple[str, str, str]]

#: Version -> rubric of the whole network. Nothing is ever taken out of here, so that an old suggestion can be had again.
RUBRICS: Mapping[int, Rubric] = {
    1: {
        "none": ("minor", "minor", "minor"),
        "indirect": ("minor", "major", "major"),
        "direct": ("major", "major", "critical"),
        "patient": ("critical", "critical", "critical"),
    },
}
#: The present version. Raised whenever a cell changes.
RUBRIC_VERSION = 1

#: The root cause class that has to be justified.
HUMAN = "human"
#: What has to be looked at and excluded before human performance is called the cause.
SYSTEM_CAUSES = ("process", "equipment", "material", "environment", "organisation", "design")
#: Kinds of error and of non-compliance (Reason; Rasmussen's skill, rule and knowledge). A judgement about an act.
HUMAN_ERROR_TYPES = (
    "slip",
    "lapse",
    "rule_based",
    "knowledge_based",
    "routine",
    "situational",
    "exceptional",
)
#: Fewer letters than this exclude nothing.
SHORTEST_EXCLUSION = 10


@dataclass(frozen=True, slots=True)
class Coding:
    """What QA says at the desk about severity and, for human performance, about the system around it."""

    impact: str
    detectability: str
    #: Why the severity is not the rubric's; empty where it is.
    departure: str = ""
    #: Of ``HUMAN_ERROR_TYPES``; empty for any other cause.
    human_error_type: str = ""
    #: Each of ``SYSTEM_CAUSES`` -> how it was excluded; empty for any other cause.
    excluded: Mapping[str, str] = field(default_factory=dict)


def suggested_severity(impact: str, detectability: str, version: int = RUBRIC_VERSION) -> str:
    """Return the rubric's severity for an impact and a detectability. Raises ``KeyError`` for a version never used."""
    return RUBRICS[version][impact][DETECTABILITIES.index(detectability)]


def check_severity(severity: str, coding: Coding) -> None:
    """Raise ``NotAllowed`` unless the severity is the present rubric's or a reason says why it is not."""
    if coding.impact not in IMPACTS or coding.detectability not in DETECTABILITIES:
        raise NotAllowed("Choose impact and detectability: a cell of the rubric.", field="rubric")
    suggested = suggested_severity(coding.impact, coding.detectability)
    if severity != suggested and not coding.departure.strip():
        message = f"The rubric suggests “{suggested}” here. Choose that, or say why this one differs."
        raise NotAllowed(message, field="departure")


def check_cause(root_cause_class: str, coding: Coding) -> None:
    """Raise ``NotAllowed`` for human performance unless each system cause is excluded in words and the error has a type."""
    if root_cause_class != HUMAN:
        return
    for cause in SYSTEM_CAUSES:
        if len(coding.excluded.get(cause, "").strip()) < SHORTEST_EXCLUSION:
            message = (
                f"Human performance is a root cause only when the system’s are excluded. Say how {_WORDS[cause]} was "
                "looked at and excluded, or choose another cause."
            )
            raise NotAllowed(message, field=f"excluded_{cause}")
    if coding.human_error_type not in HUMAN_ERROR_TYPES:
        raise NotAllowed("Choose the type of error: it says what may help.", field="human_error_type")


_WORDS: Mapping[str, str] = {
    "process": "the process or procedure",
    "equipment": "the equipment",
    "material": "the material",
    "environment": "the environment",
    "organisation": "organisation and planning",
    "design": "design and automation",
}
