"""Rules of corrective and preventive actions: states, due days, and whether an action is shown to have worked.

Values in, a decision or a sentence out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import comb

from lms.refusals import NotAllowed

#: Severity of the deviation -> days in which its action is due.
DUE_DAYS: Mapping[str, int] = {"critical": 30, "major": 60, "minor": 90}
#: One-sided level below which a fall is called shown.
LEVEL = 0.05
#: Limits of what can be planned.
LONGEST_DAYS, MOST_BATCHES, LONGEST_GRACE = 730, 1000, 90


class Kind(StrEnum):
    """What an action is for (ICH Q10 3.2.2)."""

    #: Removes the cause of what happened.
    CORRECTIVE = "corrective"
    #: Stops what has not happened yet.
    PREVENTIVE = "preventive"
    #: Asks people for a module; opened and put in place by the room that assigns it.
    TRAINING = "training"


class State(StrEnum):
    """Where an action stands."""

    OPEN = "open"
    IMPLEMENTED = "implemented"
    #: It did not work: back with its owner, who answers with another action.
    RETURNED = "returned"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """Whether an action is shown to have worked. "Cannot tell" is an answer of its own."""

    EFFECTIVE = "effective"
    NOT_EFFECTIVE = "not_effective"
    NOT_DEMONSTRABLE = "not_demonstrable"


#: State -> states that may follow.
FOLLOWING: Mapping[State, frozenset[State]] = {
    State.OPEN: frozenset({State.IMPLEMENTED, State.CANCELLED}),
    State.IMPLEMENTED: frozenset({State.CLOSED, State.RETURNED}),
    State.RETURNED: frozenset({State.CLOSED, State.IMPLEMENTED}),
    State.CLOSED: frozenset({State.RETURNED}),
    State.CANCELLED: frozenset(),
}


def check_may_become(number: str, state: str, following: State) -> None:
    """Raise ``NotAllowed`` if an action in that state may not go to the other."""
    if following not in FOLLOWING[State(state)]:
        words = {
            State.OPEN: "not yet in place: note first that it is",
            State.IMPLEMENTED: "in place already",
            State.RETURNED: "back with its owner: open the action that follows it",
            State.CLOSED: "closed",
            State.CANCELLED: "cancelled",
        }
        raise NotAllowed(f"{number} is {words[State(state)]}.")


def only_training(actions: Iterable[tuple[str, str]]) -> bool:
    """Whether training is the sole answer to a deviation, from the (kind, state) of its actions.

    Where human error is found it "should be justified", having checked that process, procedural or system causes were not
    overlooked (EU GMP Chapter 1, 1.4(xiv)).
    """
    alive = [kind == Kind.TRAINING for kind, state in actions if state != State.CANCELLED]
    return bool(alive) and all(alive)


def due_on(opened_on: date, severity: str) -> date:
    """Return the day by which an action is due, by the risk of the deviation."""
    return opened_on + timedelta(days=DUE_DAYS.get(severity, DUE_DAYS["minor"]))


def check_extension(due: date, extended_to: date, today: date) -> None:
    """Raise ``NotAllowed`` unless the extension is asked for by the due day and moves it on."""
    if today > due:
        raise NotAllowed(
            "The due day is over. It can be extended before it only; note when it was in place.", field="extended_to"
        )
    if extended_to <= due:
        raise NotAllowed("Give a day after the present due day.", field="extended_to")


def check_implemented(opened_on: date, implemented_on: date, today: date) -> None:
    """Raise ``NotAllowed`` for a day in the future or before the action was opened."""
    if implemented_on > today:
        raise NotAllowed("This day lies in the future. Note it when it is in place.", field="implemented_on")
    if implemented_on < opened_on:
        raise NotAllowed("This day lies before the action was opened.", field="implemented_on")


@dataclass(frozen=True, slots=True)
class Plan:
    """What was declared before anybody looked: how long before and after, and what counts as having worked."""

    #: Days before the action was in place that are compared with.
    baseline_days: int
    #: Both must have passed before the verdict.
    window_days: int
    window_batches: int
    #: The rate must fall by at least this many percent.
    reduction_percent: int
    #: Days after the action was in place that do not count yet.
    grace_days: int


def check_plan(plan: Plan) -> None:
    """Raise ``NotAllowed`` for a plan that could never tell anything."""
    limits = {
        "baseline_days": (plan.baseline_days, 30, LONGEST_DAYS, "days before"),
        "window_days": (plan.window_days, 30, LONGEST_DAYS, "days after"),
        "window_batches": (plan.window_batches, 5, MOST_BATCHES, "batches after"),
        "reduction_percent": (plan.reduction_percent, 1, 100, "percent"),
        "grace_days": (plan.grace_days, 0, LONGEST_GRACE, "days of grace"),
    }
    for field, (value, least, most, words) in limits.items():
        if not least <= value <= most:
            message = f"Plan {least} to {most} {words}."
            raise NotAllowed(message, field=field)


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened before and after an action, as counts of events and batches."""

    before: int
    batches_before: int
    after: int
    batches_after: int
    #: Critical ones among those after.
    critical: int
    #: Confirmed as having come back after the action (R3).
    came_back: int

    @property
    def ratio(self) -> float | None:
        """Rate after over rate before; None where a rate before cannot be had."""
        if not self.before or not self.batches_before or not self.batches_after:
            return None
        return (self.after / self.batches_after) / (self.before / self.batches_before)

    @property
    def p(self) -> float | None:
        """Probability of so few after, or fewer, if nothing had changed; None without batches on both sides.

        Exact and conditional on the total (Przyborowski & Wilenski 1940): after ~ Binomial(before + after,
        batches_after / all batches). R: ``poisson.test(c(after, before), c(batches_after, batches_before),
        alternative = "less")``.
        """
        batches = self.batches_before + self.batches_after
        if not self.batches_before or not self.batches_after:
            return None
        total, share = self.before + self.after, self.batches_after / batches
        return sum(comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(self.after + 1))


def verdict_of(seen: Seen, reduction_percent: int) -> Verdict:
    """Return whether the action is shown to have worked.

    Not effective: a critical one, one confirmed as having come back after it, or a rate that did not fall. Effective:
    the fall that was asked for, with one-sided exact p below .05. Anything else cannot be told.
    """
    ratio, p = seen.ratio, seen.p
    if seen.critical or seen.came_back or (ratio is not None and ratio >= 1) or (seen.after and not seen.before):
        return Verdict.NOT_EFFECTIVE
    if ratio is not None and p is not None and ratio <= 1 - reduction_percent / 100 and p < LEVEL:
        return Verdict.EFFECTIVE
    return Verdict.NOT_DEMONSTRABLE


def extended_batches(window_batches: int) -> int:
    """Return the batches of the one extension: twice as many."""
    return 2 * window_batches


def most_for_effective(before: int, batches_before: int, batches_after: int, reduction_percent: int) -> int | None:
    """Return how many events at most may happen in the batches after for the verdict *effective*; None if none would do."""
    fitting = [
        after
        for after in range(before + 1)
        if verdict_of(Seen(before, batches_before, after, batches_after, 0, 0), reduction_percent) is Verdict.EFFECTIVE
    ]
    return max(fitting, default=None)
