"""Keeping the stored matches true: run the rules over stored facts and write what changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, false, or_, select

from lms.asking import ask
from lms.capas.models import Capa
from lms.capas.settling import settle
from lms.deviations.models import Deviation
from lms.deviations.rules import CLASSIFIED
from lms.extensions import db
from lms.network.models import Site
from lms.recurrences import rules
from lms.recurrences.models import NetworkRecurrence, Recurrence
from lms.recurrences.rules import R1, R3, Decision
from lms.unit_of_work import Work

#: Deviations that a rescan looks at in one transaction; half a second's work.
PART = 10_000
_FACTS = (
    Deviation.id,
    Deviation.site_id,
    Deviation.process_step,
    Deviation.category,
    Deviation.root_cause_class,
    Deviation.occurred_at,
)


_STORED = (
    Recurrence.id,
    Recurrence.rule,
    Recurrence.deviation_id,
    Recurrence.earlier_id,
    Recurrence.site_id,
    Recurrence.days_between,
    Recurrence.capa_id,
    Recurrence.decision,
)


@dataclass(frozen=True, slots=True)
class _Stored:
    """A stored match as far as it is compared with what the rules find."""

    id: UUID
    rule: str
    deviation_id: UUID
    earlier_id: UUID
    site_id: UUID
    days_between: int
    capa_id: UUID | None
    decision: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many matches were proposed (or proposed anew) and how many no longer hold."""

    proposed: int
    withdrawn: int


def key_of(deviation: Deviation) -> rules.RecurrenceKey:
    """Return the deviation's recurrence key."""
    return (deviation.site_id, deviation.process_step, deviation.category, deviation.root_cause_class)


def occurrences(
    site_ids: Collection[UUID],
    keys: Collection[rules.RecurrenceKey] | None = None,
    *,
    known_until: datetime | None = None,
) -> list[rules.Occurrence]:
    """Return the classified deviations of the sites as a rule sees them.

    Of some keys only if keys are given; without what was recorded at ``known_until`` or later.
    """
    many, values = _values(site_ids, keys)
    if known_until is not None:
        values["known_until"] = known_until
    statement = _occurrences(many, known=known_until is not None)
    return [rules.Occurrence(*row) for row in ask(statement, **values)]


@cache
def _occurrences(many: int | None, *, known: bool) -> Select[*tuple[Any, ...]]:
    until = [Deviation.recorded_at < bindparam("known_until")] if known else []
    return select(*_FACTS).where(*_classified_at(many), *until)


def facts_of(
    site_ids: Collection[UUID],
    keys: Collection[rules.RecurrenceKey] | None = None,
    *,
    known_until: datetime | None = None,
) -> rules.Facts:
    """Return all that the rules look at for some sites; see ``occurrences``."""
    many, values = _values(site_ids, keys)
    actions = [
        rules.ActionInPlace(row[0], rules.Occurrence(*row[3:]), row[1], row[2])
        for row in ask(_actions_in_place(many), **values)
    ]
    zones = {row.id: row.zone for row in ask(_zones(), sites=values["sites"])}
    return rules.Facts(occurrences(site_ids, keys, known_until=known_until), actions, zones)


@cache
def _actions_in_place(many: int | None) -> Select[*tuple[Any, ...]]:
    return (
        select(Capa.id, Capa.implemented_on, Capa.grace_days, *_FACTS)
        .join(Deviation, Deviation.id == Capa.deviation_id)
        .where(*_classified_at(many), Capa.implemented_on.is_not(None))
    )


@cache
def _zones() -> Select[*tuple[Any, ...]]:
    return select(Site.id, Site.zone).where(Site.id.in_(bindparam("sites", expanding=True)))


def _classified_at(many: int | None) -> list[ColumnElement[bool]]:
    """Return the condition that a deviation is classified, at some sites and of so many keys; None: of any key."""
    conditions: list[ColumnElement[bool]] = [
        Deviation.site_id.in_(bindparam("sites", expanding=True)),
        Deviation.state.in_(CLASSIFIED),
    ]
    if many is not None:
        columns = (Deviation.site_id, Deviation.process_step, Deviation.category, Deviation.root_cause_class)
        of_key = [and_(*(column == bindparam(f"{column.key}_{n}") for column in columns)) for n in range(many)]
        conditions.append(or_(false(), *of_key))
    return conditions


def _values(
    site_ids: Collection[UUID], keys: Collection[rules.RecurrenceKey] | None
) -> tuple[int | None, dict[str, object]]:
    """Return how many keys a statement is about, and its values."""
    values: dict[str, object] = {"sites": list(site_ids)}
    names = ("site_id", "process_step", "category", "root_cause_class")
    for n, key in enumerate(keys or ()):
        values |= {f"{name}_{n}": value for name, value in zip(names, key, strict=True)}
    return None if keys is None else len(keys), values


def in_parts(sizes: Sequence[tuple[UUID, int]], at_most: int = PART) -> list[list[UUID]]:
    """Return the sites in parts of at most so many deviations together, in their order; a larger site is a part by itself."""
    parts: list[list[UUID]] = []
    held = 0
    for site_id, size in sizes:
        if not parts or held + size > at_most:
            parts.append([])
            held = 0
        parts[-1].append(site_id)
        held += size
    return parts


def reconcile(
    work: Work,
    site_ids: Collection[UUID],
    *,
    keys: Collection[rules.RecurrenceKey] | None = None,
    touched: Collection[UUID] = (),
) -> Reconciled:
    """Make the stored matches agree with R1 and R3 for whole sites, or for some keys and the deviations touched.

    A match that QA decided stands as long as its two records still match, also when a nearer earlier one turns up: it
    is counted once either way. Running it again changes nothing.
    """
    db.session.flush()
    facts = facts_of(site_ids, keys)
    known = {occurrence.id: occurrence for occurrence in facts.occurrences}
    found = {(rule, match.later_id): match for rule in (R1, R3) for match in rules.find(rule, facts)}
    stored = (
        ask(_stored(whole_sites=True), of=list(site_ids))
        if keys is None
        else ask(_stored(whole_sites=False), of=list({*known, *touched}))
    )
    # plain columns: nearly all of them stand, and a record is loaded only to be changed
    rows = {(row.rule, row.deviation_id): row for row in (_Stored(*found) for found in stored)}
    proposed = withdrawn = 0
    unsettled: set[UUID] = set()
    for which in {*found, *rows}:
        row, match = rows.get(which), found.get(which)
        if row is None and match is not None:
            work.add(_proposal(work, which[0], match, known[match.later_id].site_id))
            proposed += 1
        elif row is not None and match is None and row.decision != Decision.WITHDRAWN:
            unsettled |= _settled_by(row)
            db.session.get_one(Recurrence, row.id).decision = Decision.WITHDRAWN
            withdrawn += 1
        elif row is not None and match is not None and not _stands(row, match, known, facts):
            unsettled |= _settled_by(row)
            _propose_again(work, db.session.get_one(Recurrence, row.id), match)
            proposed += 1
    for capa_id in unsettled:
        settle(work, capa_id)
    return Reconciled(proposed, withdrawn + _withdraw_elsewhere(touched))


@cache
def _stored(*, whole_sites: bool) -> Select[*tuple[Any, ...]]:
    of: BindParameter[Any] = bindparam("of", expanding=True)
    return select(*_STORED).where(Recurrence.site_id.in_(of) if whole_sites else Recurrence.deviation_id.in_(of))


def _stands(row: _Stored, match: rules.Match, known: Mapping[UUID, rules.Occurrence], facts: rules.Facts) -> bool:
    if row.decision == Decision.PROPOSED:
        return (row.earlier_id, row.days_between, row.capa_id) == (match.earlier_id, match.days_between, match.capa_id)
    if row.decision not in rules.DECIDED:
        return False
    later, zone = known[row.deviation_id], facts.zones[row.site_id]
    if row.rule == R3:
        action = next((action for action in facts.actions if action.capa_id == row.capa_id), None)
        return action is not None and rules.came_back(later, action, zone) is not None
    earlier = known.get(row.earlier_id)
    return earlier is not None and rules.repeats(later, earlier, zone) is not None


def _settled_by(row: _Stored) -> set[UUID]:
    """Return the action that was given back because of this match, if it was."""
    return {row.capa_id} if row.capa_id is not None and row.decision == Decision.CONFIRMED else set()


def _withdraw_elsewhere(touched: Collection[UUID]) -> int:
    """Withdraw decisions on matches with other sites that no longer hold for the deviations touched."""
    if not touched:
        return 0
    decided = [row.id for row in ask(_decided_elsewhere(), touched=list(touched))]
    withdrawn = 0
    for row in [db.session.get_one(NetworkRecurrence, one) for one in decided]:
        pair = select(*_FACTS, Site.zone).join(Site, Site.id == Deviation.site_id)
        pair = pair.where(Deviation.id.in_([row.deviation_id, row.earlier_id]), Deviation.state.in_(CLASSIFIED))
        seen = {found[0]: (rules.Occurrence(*found[:6]), found[6]) for found in db.session.execute(pair)}
        later, earlier = seen.get(row.deviation_id), seen.get(row.earlier_id)
        if later is None or earlier is None or rules.repeats_elsewhere(later[0], earlier[0], later[1]) is None:
            row.decision = Decision.WITHDRAWN
            withdrawn += 1
    return withdrawn


@cache
def _decided_elsewhere() -> Select[*tuple[Any, ...]]:
    touched: BindParameter[Any] = bindparam("touched", expanding=True)
    of_touched = or_(NetworkRecurrence.deviation_id.in_(touched), NetworkRecurrence.earlier_id.in_(touched))
    return select(NetworkRecurrence.id).where(NetworkRecurrence.decision.in_(rules.DECIDED), of_touched)


def _proposal(work: Work, rule: str, match: rules.Match, site_id: UUID) -> Recurrence:
    return Recurrence(
        deviation_id=match.later_id,
        earlier_id=match.earlier_id,
        site_id=site_id,
        rule=rule,
        rule_version=rules.VERSIONS[rule],
        window_days=rules.WINDOW_DAYS,
        days_between=match.days_between,
        capa_id=match.capa_id,
        found_at=work.at,
        decision=Decision.PROPOSED,
    )


def _propose_again(work: Work, row: Recurrence, match: rules.Match) -> None:
    row.earlier_id, row.days_between, row.capa_id = match.earlier_id, match.days_between, match.capa_id
    row.rule_version, row.window_days, row.found_at = rules.VERSIONS[row.rule], rules.WINDOW_DAYS, work.at
    row.decision, row.decided_by_id, row.decided_at, row.decision_reason = Decision.PROPOSED, None, None, ""
