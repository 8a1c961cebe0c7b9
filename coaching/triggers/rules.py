"""By when a proposed review is due, how a rule may be changed, and how often its proposals were taken up. Values in, values out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta
from math import exp, lgamma, log, log1p

from coaching.occasions.rules import LIMITS, WAITS_FOR, Firing, Rule
from lms.refusals import NotAllowed

WEEKEND = (5, 6)
#: Days of history on which a rule is tried before it is changed.
TRIED_DAYS = 180
#: Roles that can be told when no coach is free.
ALERTED = ("site_lead", "qa")
LONGEST_COOL_DOWN = 365
#: Working days in which a review proposed by hand is due, by severity of its deviation.
DUE_BY_HAND = {"critical": 5, "major": 5, "minor": 10}


def due_on(day: date, working_days: int, free: Collection[date] = frozenset()) -> date:
    """Return the day so many working days after a day: Monday to Friday but for the site's free days."""
    left = working_days
    while left:
        day += timedelta(days=1)
        if day.weekday() not in WEEKEND and day not in free:
            left -= 1
    return day


def hold_by(firing: Firing, today: date, free: Collection[date]) -> date:
    """Return by when the review is to be held, never in the past: the due day, or the day of their next run before it."""
    due = due_on(today, firing.due_days, free)
    return max(today, min(due, firing.before)) if firing.before else due


def with_figures(rule: Rule, *, figures: Mapping[str, int], cool_down_days: int) -> Rule:
    """Return the rule with other figures. Raises ``NotAllowed`` for one that is out of bounds."""
    for name in rule.figures:
        least, most = LIMITS[name]
        if not least <= figures[name] <= most:
            raise NotAllowed(f"Give {least} to {most}.", field=name)
    if not 0 <= cool_down_days <= LONGEST_COOL_DOWN:
        raise NotAllowed(f"Give 0 to {LONGEST_COOL_DOWN} days.", field="cool_down_days")
    return replace(rule, figures={name: figures[name] for name in rule.figures}, cool_down_days=cool_down_days)


def changed(rule: Rule, *, is_on: bool, figures: Mapping[str, int], cool_down_days: int, alerts: str) -> Rule:
    """Return the next version of a rule. Raises ``NotAllowed`` for figures out of bounds, or if nothing changes."""
    if is_on and rule.code in WAITS_FOR:
        raise NotAllowed(
            "This rule waits for a fact that is not recorded yet. It cannot be switched on.", field="is_on"
        )
    if alerts not in ALERTED:
        raise NotAllowed("Choose who is told when no coach is free.", field="alerts")
    following = replace(with_figures(rule, figures=figures, cool_down_days=cool_down_days), is_on=is_on, alerts=alerts)
    if following == rule:
        raise NotAllowed("Nothing changes: this is what the rule says already.", field="reason")
    return replace(following, number=rule.number + 1)


def check_reason(reason: str, sentence: str) -> None:
    """Raise ``NotAllowed`` with the sentence if no reason is given."""
    if not reason.strip():
        raise NotAllowed(sentence, field="reason")


def exact_interval(hits: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share (Clopper and Pearson 1934). R: ``binom.test(hits, of)$conf.int``.

    Raises ``ValueError`` unless 0 <= hits <= of and of > 0.
    """
    if not 0 <= hits <= of or of == 0:
        raise ValueError(hits, of)
    tail = (1 - level) / 2

    def at_most(count: int, share: float) -> float:
        sure, not_sure = log(share), log1p(-share)
        whole = lgamma(of + 1)
        return sum(
            exp(whole - lgamma(k + 1) - lgamma(of - k + 1) + k * sure + (of - k) * not_sure) for k in range(count + 1)
        )

    low = _where(lambda share: 1 - at_most(hits - 1, share), tail) if hits else 0.0
    high = _where(lambda share: 1 - at_most(hits, share), 1 - tail) if hits < of else 1.0
    return low, high


def _where(rising: Callable[[float], float], level: float) -> float:
    """Return where a function that rises from 0 to 1 reaches a level, by halving."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < level else (low, middle)
    return (low + high) / 2
