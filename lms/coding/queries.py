"""Reading how a deviation was coded: columns for whoever reads the deviation, so that it costs no statement of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.coding.models import SystemCausesExcluded
from lms.coding.rules import HUMAN, SYSTEM_CAUSES, suggested_severity
from lms.deviations.models import Deviation

#: What ``coding_facts`` is made of; its statement joins ``SystemCausesExcluded`` where there is one.
COLUMNS: tuple[Any, ...] = (
    Deviation.severity,
    Deviation.root_cause_class,
    Deviation.impact,
    Deviation.detectability,
    Deviation.rubric_version,
    Deviation.rubric_departure,
    SystemCausesExcluded.human_error_type,
    *(getattr(SystemCausesExcluded, cause) for cause in SYSTEM_CAUSES),
)


@dataclass(frozen=True, slots=True)
class CodingFacts:
    """What a record says about how it was coded. What is empty was not documented."""

    severity: str
    root_cause_class: str
    impact: str
    detectability: str
    rubric_version: int | None
    departure: str
    human_error_type: str
    #: System cause -> how it was excluded.
    excluded: Mapping[str, str]

    @property
    def suggested(self) -> str:
        """The severity that the rubric of then suggests; empty without one."""
        if self.rubric_version is None:
            return ""
        return suggested_severity(self.impact, self.detectability, self.rubric_version)

    @property
    def is_human(self) -> bool:
        """Whether human performance is called the cause."""
        return self.root_cause_class == HUMAN


def coding_facts(values: Sequence[Any]) -> CodingFacts:
    """Return the facts that the values of ``COLUMNS`` say."""
    severity, cause, impact, detectability, version, departure, error_type, *excluded = values
    return CodingFacts(
        severity,
        cause,
        impact or "",
        detectability or "",
        version,
        departure or "",
        error_type or "",
        dict(zip(SYSTEM_CAUSES, excluded, strict=True)) if error_type else {},
    )
