"""The nightly run of the associations that hold follow-through."""

from __future__ import annotations

from behavior_metrics.climate.queries import climate
from behavior_metrics.follow_through.queries import counted
from behavior_metrics.frames.queries import frame
from behavior_metrics.linkage.queries import analysis_rows
from behavior_metrics.linkage.rows import QUARTERS
from behavior_metrics.sentence.associations import METHOD_VERSION, as_text, every_association, fingerprint, input_text
from behavior_metrics.sentence.lines import spans_of
from behavior_metrics.sentence.models import FollowThroughRun
from behavior_metrics.sentence.queries import index_by_quarter, newest_run
from behavior_metrics.weights.queries import zones_and_weights
from lms.permissions import Permission
from lms.unit_of_work import Work, command


@command(needs=Permission.SYSTEM_RUN)
def make_nightly_follow_through(work: Work) -> str:
    """Run the associations over the network, unless nothing that goes into them has changed since the last run."""
    seen = frame(work.actor, work.at, QUARTERS)
    zones, weights = zones_and_weights()
    rows = analysis_rows(seen, climate(work.actor, seen.places))
    index = index_by_quarter(seen, counted(work.actor, spans_of(seen.window), zones), weights.percents)
    input_hash = fingerprint(rows, index, weights.number)
    last = newest_run()
    if last is not None and last.input_hash == input_hash:
        return "nothing changed since the last run"
    work.add(
        FollowThroughRun(
            method_version=METHOD_VERSION,
            weights_number=weights.number,
            made_at=work.at,
            input_hash=input_hash,
            input=input_text(rows, index),
            output=as_text(every_association(rows, index)),
        )
    )
    return f"run {input_hash[:12]}"
