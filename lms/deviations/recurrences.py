"""Keeping the proposed recurrences true: run the rule over stored deviations and write what changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, or_, select

from lms.deviations import rules
from lms.deviations.models import Deviation, Recurrence
from lms.extensions import db
from lms.network.models import Site
from lms.unit_of_work import Work

_DECIDED = frozenset({rules.Decision.CONFIRMED, rules.Decision.OVERRULED})


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many matches were proposed (or proposed anew) and how many no longer hold."""

    proposed: int
    withdrawn: int


def occurrences(
    site_ids: Collection[UUID], keys: Collection[rules.RecurrenceKey] | None = None
) -> list[rules.Occurrence]:
    """Return the classified deviations of the sites as the rule sees them, of some keys only if keys are given."""
    statement = select(
        Deviation.id,
        Deviation.site_id,
        Deviation.process_step,
        Deviation.category,
        Deviation.root_cause_class,
        Deviation.occurred_at,
    ).where(Deviation.site_id.in_(site_ids), Deviation.state.in_(rules.CLASSIFIED))
    if keys is not None:
        statement = statement.where(
            or_(
                *(
                    and_(
                        Deviation.site_id == site_id,
                        Deviation.process_step == step,
                        Deviation.category == category,
                        Deviation.root_cause_class == cause,
                    )
                    for site_id, step, category, cause in keys
                )
            )
        )
    return [rules.Occurrence(*row) for row in db.session.execute(statement)]


def key_of(deviation: Deviation) -> rules.RecurrenceKey:
    """Return the deviation's recurrence key."""
    return (deviation.site_id, deviation.process_step, deviation.category, deviation.root_cause_class)


def reconcile(
    work: Work,
    site_ids: Collection[UUID],
    *,
    keys: Collection[rules.RecurrenceKey] | None = None,
    touched: Collection[UUID] = (),
) -> Reconciled:
    """Make the stored matches agree with R1 for whole sites, or for some keys and the deviations that were touched.

    A match that QA decided stands as long as its two records still match, also when a nearer earlier one turns up: it
    is counted once either way. Running it again changes nothing.
    """
    db.session.flush()
    zones = {row.id: row.zone for row in db.session.execute(select(Site.id, Site.zone).where(Site.id.in_(site_ids)))}
    known = {occurrence.id: occurrence for occurrence in occurrences(site_ids, keys)}
    matches = {match.later_id: match for match in rules.find_recurrences(known.values(), zones)}
    stored = select(Recurrence).where(Recurrence.rule == rules.R1)
    stored = (
        stored.where(Recurrence.site_id.in_(site_ids))
        if keys is None
        else stored.where(Recurrence.deviation_id.in_({*known, *touched}))
    )
    rows = {row.deviation_id: row for row in db.session.scalars(stored)}
    proposed = withdrawn = 0
    for later_id in {*matches, *rows}:
        row, match = rows.get(later_id), matches.get(later_id)
        if row is None and match is not None:
            work.add(_proposal(work, known[later_id].site_id, match))
            proposed += 1
        elif row is not None and match is None and row.decision != rules.Decision.WITHDRAWN:
            row.decision = rules.Decision.WITHDRAWN
            withdrawn += 1
        elif row is not None and match is not None and not _stands(row, match, known, zones):
            _propose_again(work, row, match)
            proposed += 1
    return Reconciled(proposed, withdrawn)


def _stands(row: Recurrence, match: rules.Match, known: dict[UUID, rules.Occurrence], zones: dict[UUID, str]) -> bool:
    if row.decision in _DECIDED:
        earlier = known.get(row.earlier_id)
        return earlier is not None and rules.repeats(known[row.deviation_id], earlier, zones[row.site_id]) is not None
    return row.decision == rules.Decision.PROPOSED and (row.earlier_id, row.days_between) == (
        match.earlier_id,
        match.days_between,
    )


def _proposal(work: Work, site_id: UUID, match: rules.Match) -> Recurrence:
    return Recurrence(
        deviation_id=match.later_id,
        earlier_id=match.earlier_id,
        site_id=site_id,
        rule=rules.R1,
        rule_version=rules.R1_VERSION,
        window_days=rules.R1_WINDOW_DAYS,
        days_between=match.days_between,
        found_at=work.at,
        decision=rules.Decision.PROPOSED,
    )


def _propose_again(work: Work, row: Recurrence, match: rules.Match) -> None:
    row.earlier_id, row.days_between, row.found_at = match.earlier_id, match.days_between, work.at
    row.rule_version, row.window_days = rules.R1_VERSION, rules.R1_WINDOW_DAYS
    row.decision, row.decided_by_id, row.decided_at, row.decision_reason = rules.Decision.PROPOSED, None, None, ""
