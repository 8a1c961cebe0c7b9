"""The metrics' part of the play: the analyses of the last night, so that the first morning finds them made."""

from __future__ import annotations

from datetime import date, timedelta

from behavior_metrics.linkage.commands import make_nightly_analysis
from behavior_metrics.rollout.commands import make_nightly_rollout
from behavior_metrics.sentence.commands import make_nightly_follow_through
from lms.demonstration.loading import Day, Stage
from lms.permissions import Actor
from lms.unit_of_work import replay


def found(day: Day) -> None:
    """Bring nothing: what is measured is what the other rooms do."""


def play(day: Day) -> None:
    """Set about nothing in the morning."""


def evening(stage: Stage, on: date) -> None:
    """Run the analyses after the last day."""
    if on + timedelta(days=1) == stage.world.today:
        with replay() as night:
            for job in (make_nightly_analysis, make_nightly_follow_through, make_nightly_rollout):
                night.run(job, Actor.system(job.action.rpartition(".")[2]), stage.world.end, "due")
