"""What this feature does when something happens elsewhere."""

from __future__ import annotations

from assessments.standing.commands import freeze_training_states
from lms.facts import DeviationRecorded
from lms.unit_of_work import Work


def on_deviation_recorded(fact: DeviationRecorded, *, work: Work) -> None:
    """Freeze what everybody involved was trained and qualified for at the moment it happened."""
    freeze_training_states(
        work,
        deviation_id=fact.deviation_id,
        site_id=fact.site_id,
        process_step=fact.process_step,
        at=fact.occurred_at,
        people=fact.people,
    )
