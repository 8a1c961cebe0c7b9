"""Writing down how a deviation was coded, as part of the command that classifies it."""

from __future__ import annotations

from sqlalchemy import select

from lms.coding import rules
from lms.coding.models import SystemCausesExcluded
from lms.coding.rules import Coding
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.refusals import NotAllowed
from lms.unit_of_work import Work


def document(work: Work, deviation: Deviation, coding: Coding, *, severity: str, root_cause_class: str) -> None:
    """Check the coding and keep it on the deviation. Raises ``NotAllowed`` as ``rules`` say."""
    rules.check_severity(severity, coding)
    rules.check_cause(root_cause_class, coding)
    deviation.impact, deviation.detectability = coding.impact, coding.detectability
    deviation.rubric_version = rules.RUBRIC_VERSION
    deviation.rubric_departure = coding.departure.strip() or None
    if root_cause_class != rules.HUMAN:
        return
    kept = _excluded(deviation)
    if kept is None:
        kept = SystemCausesExcluded(deviation_id=deviation.id, site_id=deviation.site_id)
        work.add(kept)
    kept.human_error_type = coding.human_error_type
    for cause in rules.SYSTEM_CAUSES:
        setattr(kept, cause, coding.excluded[cause].strip())


def documented(deviation: Deviation) -> Coding:
    """Return the coding that the record keeps, as it would be said again. Without a rubric its codes are empty."""
    kept = _excluded(deviation)
    excluded = {cause: getattr(kept, cause) for cause in rules.SYSTEM_CAUSES} if kept is not None else {}
    error_type = kept.human_error_type if kept is not None else ""
    return Coding(
        deviation.impact or "", deviation.detectability or "", deviation.rubric_departure or "", error_type, excluded
    )


def check_confirmed_cause(deviation: Deviation, root_cause_class: str) -> None:
    """Raise ``NotAllowed`` if human performance becomes the cause while nothing says that the system's are excluded.

    What came with that cause in a file can be closed: its record goes on saying that it is not documented.
    """
    if root_cause_class == rules.HUMAN != deviation.root_cause_class and _excluded(deviation) is None:
        raise NotAllowed(
            "Human performance needs to be justified first: choose it at the triage desk and say there how the system’s "
            "causes were excluded.",
            field="root_cause_class",
        )


def _excluded(deviation: Deviation) -> SystemCausesExcluded | None:
    return db.session.scalar(select(SystemCausesExcluded).where(SystemCausesExcluded.deviation_id == deviation.id))
