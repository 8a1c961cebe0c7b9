"""``docs/validation/survey-privacy.md``, written from what was measured."""

from __future__ import annotations

from datetime import date

from validation.attacks import Guess
from validation.releasing import (
    Rule,
    exactly,
    graded_anew_each_month,
    graded_by_roster,
    graded_by_team,
    laplace,
    to_a_tenth,
)
from validation.survey import Study, promises
from validation.worlds import SEED

_NAMES: dict[Rule, str] = {
    exactly: "exact mean, k = 5 only (common practice)",
    to_a_tenth: "rounded to 0.1",
    graded_by_roster: "**graded random rounding, sticky by roster (the product)**",
    graded_anew_each_month: "the same with a fresh draw each month",
    graded_by_team: "the same with one draw for the team for ever",
    laplace: "Laplace noise, epsilon 1 for each window",
}
#: What the design's throw-away simulation found, by rule: collusion and its error, late answer, joiner, power.
_DESIGN: dict[Rule, tuple[str, str, str, str]] = {
    exactly: ("1.00 (0.00)", "1.00", "0.86", "0.76"),
    to_a_tenth: ("0.99", "0.99", "0.85", "0.74"),
    graded_by_roster: ("0.82 (0.92)", "not possible (would be 0.74)", "0.73", "0.72"),
    laplace: ("0.59", "0.56", "0.53", "0.57"),
}
_DESIGN_TWELVE: dict[Rule, tuple[str, str]] = {
    graded_anew_each_month: ("0.97", "0.93"),
    graded_by_team: ("0.86", "0.92"),
    graded_by_roster: ("0.86; n = 8: 0.76", "0.78; n = 8: 0.70"),
}
_ORDER = (exactly, to_a_tenth, graded_by_roster, laplace)
_STICKY = (exactly, graded_anew_each_month, graded_by_team, graded_by_roster)

_HEAD = """# What the released survey figures give away of one person

Measured on this product's own release (`coaching/surveys/release.py`), not on a model of it: every figure below went through
`plan_release`, from raw sheets to the published score. The other ways of publishing take the same mean and draw, so that they
differ in the rounding alone. Written by `make validate` on {day}; seed {seed}; {worlds} worlds for each team size, {runs}.
This run took {seconds:.0f} s; it ends with an error if a bound does not hold.

People differ with a standard deviation of 0.75 on a scale of 1-5, teams with 0.30, one person's months with 0.25. An attacker
wants to know whether one person is in the lower half. AUC 0.5: nothing is learnt; 1: everything.

## Bounds

| promise or mutant | measured | bound | held |
|---|---|---|---|
{bounds}

The attackers of the two promises are the better of one who takes means and one who knows every distribution and the rounding
rule and works the probability out by Bayes's rule. A mutant must break the bound: if it did not, the bound would prove nothing.

## One window, n = 5

In brackets: mean error of the guess, on a scale of 1-5. In the second line of each: what the design's own simulation had found.

| published | four colleagues collude | a month published again with a late answer | joiner, before and after | power to see the link |
|---|---|---|---|---|
{one}

The product never publishes a month again: in {worlds} tries a second release with a late answer published {again} cells and
destroyed the answer. What is shown there is what it would give away if it did.

Power: {networks} networks of thirty teams of 4 to 12 over twelve months, {cells:.0f} of 360 team-months reaching five persons;
standard error about {error:.2f}. The slope was chosen so that exact means see the link about four times in five, near the
design, whose own figures are one run each (+-0.05). What counts is what each way of publishing loses against the exact mean.

## Twelve windows

Sticky rounding is what keeps averaging over months from taking the noise away.

| published | collusion, n = 5 | joiner, n = 5 | collusion, n = 8 | joiner, n = 8 | design: collusion | design: joiner |
|---|---|---|---|---|---|---|
{twelve}

## What this says, and what it does not

- If all of a person's colleagues pool their own answers, they narrow the remaining one: an AUC near 0.85 is much better than
  chance. Respondents are told so before they answer.
- It is said of teams of exactly five and eight, answered in full every month: the worst case that is published at all.
- Smaller groups than five are never published: `tests/pure/surveys` searches for a history in which one would be.
- Whoever sees answers before they are sealed, or holds database, server secrets and custodian's key together, needs none of this.
"""


def page(found: Study, runs: int, seconds: float, day: date) -> str:
    """Return the page as Markdown."""
    return _HEAD.format(
        day=day.isoformat(),
        seed=SEED,
        worlds=f"{found.worlds:,}",
        runs=f"{runs} networks for the power",
        seconds=seconds,
        bounds="\n".join(
            f"| {promise.words} | {promise.figure:.2f} | {'at most' if promise.at_most else 'above'} {promise.bound:.2f} | "
            f"{'yes' if promise.held else '**NO**'} |"
            for promise in promises(found)
        ),
        one="\n".join(_one_window(found, rule) for rule in _ORDER),
        again=found.published_again,
        networks=runs,
        cells=found.power.cells,
        error=(0.75 * 0.25 / runs) ** 0.5,
        twelve="\n".join(_twelve_windows(found, rule) for rule in _STICKY),
    )


def _one_window(found: Study, rule: Rule) -> str:
    five = found.teams[5]
    late = _guess(five.one_late_answer(rule))
    if rule is graded_by_roster:
        late = f"not possible (would be {late})"
    figures = _guess(five.one_collusion(rule)), late, _guess(five.one_joiner(rule)), f"{found.power.seen[rule]:.2f}"
    cells = (f"{own}<br>design: {theirs}" for own, theirs in zip(figures, _DESIGN[rule], strict=True))
    return f"| {_NAMES[rule]} | {' | '.join(cells)} |"


def _twelve_windows(found: Study, rule: Rule) -> str:
    figures = [
        f"{attack(rule):.2f}"
        for size in (5, 8)
        for attack in (found.teams[size].colleagues_who_average, found.teams[size].onlookers_who_average)
    ]
    if rule is graded_by_roster:
        known = [
            f"{attack(rule):.2f}"
            for size in (5, 8)
            for attack in (found.teams[size].colleagues_who_know, found.teams[size].onlookers_who_know)
        ]
        figures = [f"{means}, by Bayes {bayes}" for means, bayes in zip(figures, known, strict=True)]
    return f"| {_NAMES[rule]} | {' | '.join(figures)} | {' | '.join(_DESIGN_TWELVE.get(rule, ('', '')))} |"


def _guess(guess: Guess) -> str:
    return f"{guess.auc:.2f} ({guess.error:.2f})"
