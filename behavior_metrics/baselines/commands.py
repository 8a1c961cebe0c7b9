"""Freezing a baseline: quality assurance says which months are the usual, and signs."""

from __future__ import annotations

from uuid import UUID

from behavior_metrics.baselines import rules
from behavior_metrics.baselines.models import RateBaseline
from behavior_metrics.baselines.queries import newest_number
from behavior_metrics.frames.queries import places
from behavior_metrics.months.queries import Counted, monthly
from behavior_metrics.months.rules import Month
from lms.permissions import Permission
from lms.refusals import NoPermission, NotFound, StaleForm
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command
from lms.web.times import local_day


@command(needs=Permission.BASELINE_FREEZE)
def freeze_baseline(work: Work, site_id: UUID, *, first: Month, last: Month, reason: str, current: int) -> RateBaseline:
    """Freeze the counts of a site's months as its next baseline, by signature; the ones before stay as they are.

    Raises ``StaleForm`` where another than the `current` one is in force, ``NotAllowed`` for months that cannot be one.
    """
    site = places(work.actor).site(site_id)
    if not work.actor.may(Permission.BASELINE_FREEZE, site_id):
        raise NotFound("There is no such site among yours.")
    if work.actor.person_id is None:
        raise NoPermission("A baseline is frozen by a person.")
    if newest_number(site_id) != current:
        raise StaleForm("Somebody froze another baseline meanwhile. Look at it before you freeze one.")
    rules.check_stretch(first, last, local_day(work.at, site.zone), reason)
    months = [Month(index) for index in range(first.index, last.index + 1)]
    counted = monthly(work.actor, {site.zone}, months, site=site_id).get(site_id, {})
    found = [(month, counted.get(month, Counted())) for month in months]
    rows = [[month.index, one.batches, one.independent, one.self_reported] for month, one in found]
    baseline = RateBaseline(
        site_id=site_id,
        number=current + 1,
        first_day=first.first_day,
        last_day=last.last_day,
        months=rows,
        thresholds=dict(rules.thresholds_of(rows)),
        method_version=rules.METHOD_VERSION,
        reason=reason.strip(),
        frozen_by_id=work.actor.person_id,
        frozen_at=work.at,
    )
    work.add(baseline)
    sign(work, baseline, Meaning.APPROVED, reason=reason.strip())
    return baseline
