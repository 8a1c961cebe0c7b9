"""The nightly run of what went with the start of coaching."""

from __future__ import annotations

from behavior_metrics.frames.queries import places
from behavior_metrics.rollout.estimates import as_text, estimated, fingerprint
from behavior_metrics.rollout.models import RolloutRun
from behavior_metrics.rollout.queries import gathered, newest_run
from lms.permissions import Permission
from lms.unit_of_work import Work, command


@command(needs=Permission.SYSTEM_RUN)
def make_nightly_rollout(work: Work) -> str:
    """Estimate what went with the start of coaching, unless nothing that goes into it has changed since the last run."""
    rows, starts = gathered(work.actor, places(work.actor), work.at)
    input_hash = fingerprint(rows, starts)
    last = newest_run()
    if last is not None and last.input_hash == input_hash:
        return "nothing changed since the last run"
    work.add(RolloutRun(made_at=work.at, input_hash=input_hash, output=as_text(estimated(rows, starts))))
    return f"run {input_hash[:12]}"
