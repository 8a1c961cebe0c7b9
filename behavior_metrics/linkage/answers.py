"""What a page says about an analysis: keys of sentences with their figures as read, rows of the forest, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, isinf

from behavior_metrics.charts.forest import ForestRow
from behavior_metrics.charts.marks import Mark
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.linkage.kept import Output
from behavior_metrics.linkage.rows import Outcome
from behavior_metrics.stats.findings import Association, CannotTellYet
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import DECLARED_LAG, SECONDARY_LAGS, Check
from behavior_metrics.stats.readings import Sentence, direction, joint_reading, reading
from behavior_metrics.stats.trial import Trial, Unmeasured, Withheld
from lms.web.labels import label

#: Counts that more quarters make larger; the others need more sites or teams.
_GROWS = ("quarters", "cells", "events")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence: its key and the figures in it, written as they are read."""

    key: str
    figures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Test:
    """One estimate of one outcome, and how it stands to the declared one; None where nothing can be told."""

    outcome: Outcome
    key: str
    about: str
    estimate: Estimate | None
    p: float | None
    verdict: str
    #: p after Benjamini and Hochberg, over every test of the list that has one.
    adjusted: float | None = None

    @property
    def figure(self) -> str:
        """The estimate as read."""
        return as_read(self.estimate)


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer. `strength` is None without an estimate of the primary outcome; `missing` is then what it lacks."""

    headline: Said
    sentences: Mapping[Outcome, tuple[Said, ...]]
    strength: str | None
    primary: Association | CannotTellYet
    tests: tuple[Test, ...]
    checks: tuple[Check, ...]
    missing: tuple[Check, ...]
    #: The result in a plain sentence per outcome, made by rules.
    plain: tuple[Said, ...]
    #: The main estimate of each outcome as it is, and with the known error of the cells taken out.
    effects: Mapping[Outcome, tuple[Estimate | None, Estimate | None]]
    unmeasured: Mapping[Outcome, Unmeasured]
    #: What the cells that nobody released could change, in a sentence per outcome; empty before the third method.
    withheld: Mapping[Outcome, Said]

    @property
    def needed(self) -> Mapping[str, int]:
        """What each line of the gate asks for."""
        return {check.key: check.need for check in self.checks}


def answer(output: Output, names: Mapping[str, str]) -> Answer:
    """Return the answer of a run. `names` gives each site's name by its code."""
    results = output.results
    independent = results[Outcome.INDEPENDENT][DECLARED_LAG]
    self_reported = results[Outcome.SELF_REPORTED][DECLARED_LAG]
    headline = joint_reading(self_reported, independent)
    figures = {"independent": _percent_of(independent), "self": _percent_of(self_reported)}
    said = {
        outcome: tuple(_said(sentence, names) for sentence in reading(lags[DECLARED_LAG]))
        for outcome, lags in results.items()
    }
    return Answer(
        Said(headline.key, figures),
        said,
        _strength(independent, {one.key for one in said[Outcome.INDEPENDENT]}),
        independent,
        tuple(test for outcome in Outcome for test in _tests(outcome, results[outcome], names, output.trials)),
        independent.checks,
        () if isinstance(independent, Association) else independent.missing,
        tuple(_plain(outcome, results[outcome][DECLARED_LAG]) for outcome in Outcome),
        {outcome: _effects(results[outcome][DECLARED_LAG]) for outcome in Outcome},
        {Outcome(one.outcome): one for one in output.unmeasured},
        {Outcome(one.outcome): _withheld(one, _direction_of(results[Outcome(one.outcome)])) for one in output.withheld},
    )


def earliest_answer(result: Association | CannotTellYet, last_closed: Quarter) -> Quarter | None:
    """Return the quarter after which the counts would suffice at the present pace, None if time alone does not do it."""
    if isinstance(result, Association) or not result.missing or not result.size.quarters:
        return None
    if any(check.key not in _GROWS for check in result.missing):
        return None
    pace = {"quarters": 1.0} | {key: getattr(result.size, key) / result.size.quarters for key in ("cells", "events")}
    if any(not pace[check.key] for check in result.missing):
        return None
    ahead = max(ceil((check.need - check.have) / pace[check.key]) for check in result.missing)
    return Quarter(last_closed.index + ahead)


def forest_rows(answered: Answer) -> tuple[ForestRow, ...]:
    """Return both outcomes of every estimate side by side, the declared one first."""
    by_key: dict[str, dict[Outcome, Test]] = {}
    for test in answered.tests:
        by_key.setdefault(test.key, {})[test.outcome] = test
    return tuple(
        ForestRow(
            label(key, "linkage_test"),
            _mark(_told(pair.get(Outcome.SELF_REPORTED))),
            _mark(_told(pair.get(Outcome.INDEPENDENT))),
            pair[Outcome.SELF_REPORTED].figure
            if Outcome.SELF_REPORTED in pair
            else label("no_such", "linkage_verdict"),
            pair[Outcome.INDEPENDENT].figure,
            main=key == "within",
        )
        for key, pair in by_key.items()
    )


def _told(test: Test | None) -> Estimate | None:
    return test.estimate if test else None


def as_read(estimate: Estimate | None) -> str:
    """Return ``0.74 (0.59–0.93)``, or that it cannot be told."""
    if estimate is None:
        return label("unknown", "linkage_verdict")
    return f"{_two(estimate.value)} ({_two(estimate.low)}–{_two(estimate.high)})"


def _tests(
    outcome: Outcome, lags: Mapping[int, Association | CannotTellYet], names: Mapping[str, str], tried: Sequence[Trial]
) -> Sequence[Test]:
    declared = lags[DECLARED_LAG]
    told = declared if isinstance(declared, Association) else None
    wanted = direction(told.within) if told else "unknown"
    own = {trial.key: trial for trial in tried if trial.outcome == outcome}

    def test(key: str, estimate: Estimate | None, *, about: str = "", p: float | None = None) -> Test:
        trial = own.get(key)
        adjusted = trial.adjusted if trial else None
        return Test(outcome, key, about, estimate, trial.p if trial else p, _verdict(estimate, wanted), adjusted)

    main = test("within", told.within if told else None, p=told.p_within if told else None)
    if told and wanted != "untold":
        main = replace(main, verdict="declared")
    weakest = told.weakest_without_site if told else None
    tests = [
        main,
        test("calibrated", told.calibrated.within if told and told.calibrated else None),
        test("between", told.between if told else None),
        test("by_team", told.within_by_team if told else None),
        test(
            "weakest",
            weakest.within if weakest else None,
            about=names.get(weakest.site, weakest.site) if weakest else "",
        ),
    ]
    for lag in SECONDARY_LAGS:
        other = lags[lag]
        found = other if isinstance(other, Association) else None
        tests.append(test(f"lag_{lag}", found.within if found else None, p=found.p_within if found else None))
    made = {one.key for one in tests}
    tests += [test(trial.key, trial.estimate) for trial in own.values() if trial.key not in made]
    return tests


def _plain(outcome: Outcome, result: Association | CannotTellYet) -> Said:
    """Say an outcome's result in one sentence: the direction chooses the sentence, the figures fill it."""
    if not isinstance(result, Association):
        return Said(f"{outcome}_unknown", {})
    sentence = reading(result)[0]
    return Said(sentence.key.replace("within", outcome), _said(sentence, {}).figures)


def _direction_of(lags: Mapping[int, Association | CannotTellYet]) -> str:
    main = lags[DECLARED_LAG]
    return direction(main.within) if isinstance(main, Association) else "unknown"


def _withheld(found: Withheld, told: str) -> Said:
    """Say how far the estimate could lie elsewhere. Of a direction nothing is said where the estimate has none to lose."""
    if not found.cells:
        return Said("none", {})
    limits = (found.low, found.high, found.low_alike, found.high_alike)
    if any(limit is None for limit in limits):
        return Said("unknown", {"cells": str(found.cells)})
    low, high, low_alike, high_alike = (limit or 0.0 for limit in limits)
    if told == "untold":
        key = "untold"
    elif not low <= 1 <= high:
        key = "keeps"
    else:
        key = "turns" if low_alike <= 1 <= high_alike else "keeps_alike"
    figures = {
        "cells": str(found.cells), "value": _two(found.value), "lowest": f"{found.lowest:g}",
        "highest": f"{found.highest:g}", "low": _two(low), "high": _two(high), "least": _two(found.least),
        "greatest": _two(found.greatest), "low_alike": _two(low_alike), "high_alike": _two(high_alike),
    }  # fmt: skip
    return Said(key, figures)


def _effects(result: Association | CannotTellYet) -> tuple[Estimate | None, Estimate | None]:
    if not isinstance(result, Association):
        return None, None
    return result.within, result.calibrated.within if result.calibrated else None


def _verdict(estimate: Estimate | None, wanted: str) -> str:
    if estimate is None:
        return "unknown"
    found = direction(estimate)
    if found == "untold":
        return "touches"
    return "holds" if found == wanted else "against"


def _strength(primary: Association | CannotTellYet, said: set[str]) -> str | None:
    if not isinstance(primary, Association):
        return None
    if direction(primary.within) == "untold":
        return "open"
    return "one_site" if "rests_on_site" in said else "firm"


def _said(sentence: Sentence, names: Mapping[str, str]) -> Said:
    return Said(sentence.key, {name: _read(name, value, names) for name, value in sentence.numbers.items()})


def _read(name: str, value: float | str, names: Mapping[str, str]) -> str:
    if isinstance(value, str):
        return names.get(value, value)
    if name.startswith("percent"):
        return "∞" if isinf(value) else f"{value:.0f}"
    if name == "reliability":
        return f"{100 * value:.0f}"
    if name == "r":
        return correlation(value)
    return _two(value) if name in {"ratio", "low", "high"} else f"{value:.0f}"


def correlation(value: float) -> str:
    """Return ``.29``."""
    return f"{value:.2f}".removeprefix("0")


def _percent_of(result: Association | CannotTellYet) -> str:
    return f"{100 * abs(result.within.value - 1):.0f}" if isinstance(result, Association) else ""


def _two(value: float) -> str:
    return "∞" if isinf(value) else f"{value:.2f}"


def _mark(estimate: Estimate | None) -> Mark | None:
    return None if estimate is None else Mark(estimate.value, estimate.low, estimate.high)
