"""Rules, what one would have proposed, and proposals without a coach, as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from uuid import UUID

from coaching.occasions.rules import Firing, Rule
from coaching.triggers.queries import ProposalRow, Worth
from lms.exports.sheets import Cell

RULE_HEADINGS = (
    *("rule", "version", "is_on", "figures", "cool_down_days", "told", "proposed", "taken_up", "declined"),
    *("useful", "not_useful"),
)
WAITING_HEADINGS = ("proposed_at", "due_on", "site", "team", "with", "rule", "deviation")
FIRING_HEADINGS = ("day", "site", "rule", "fact", "with")


def rules_of(rows: Iterable[tuple[Rule, Worth]]) -> Iterator[tuple[Cell, ...]]:
    """Give each rule as the cells of a line, in the order of ``RULE_HEADINGS``."""
    for rule, worth in rows:
        yield (
            rule.code,
            rule.number,
            "yes" if rule.is_on else "no",
            " ".join(f"{name}={value}" for name, value in rule.figures.items()),
            rule.cool_down_days,
            rule.alerts,
            worth.proposed,
            worth.taken_up,
            worth.declined,
            worth.useful,
            worth.not_useful,
        )


def waiting(rows: Iterable[ProposalRow]) -> Iterator[tuple[Cell, ...]]:
    """Give each proposal without a coach as the cells of a line, in the order of ``WAITING_HEADINGS``."""
    for row in rows:
        yield (
            row.proposed_at,
            row.due_on,
            row.site_name,
            row.team_name,
            row.coachee_name,
            row.trigger,
            row.deviation_number,
        )


def firings_of(
    tried: Iterable[Firing], sites: Mapping[UUID, str], names: Mapping[UUID, str], words: Callable[[Firing], str]
) -> Iterator[tuple[Cell, ...]]:
    """Give what a rule would have proposed as lines; names only where the reader may know them."""
    for one in tried:
        fact = str(one.evidence.get("title") or one.evidence.get("from") or one.evidence.get("last") or "")
        yield (one.on, sites.get(one.site_id, ""), words(one), fact, names.get(one.person_id, ""))
