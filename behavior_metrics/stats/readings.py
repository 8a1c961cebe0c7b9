"""What an association may be said to show, as sentence keys and numbers; the page turns them into words.

The keys say "goes with", never "caused"; an interval that holds 1 is "cannot be told apart", never "no effect".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from behavior_metrics.stats.findings import Association, CannotTellYet
from behavior_metrics.stats.intervals import Estimate


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence for the page to write: its key and the numbers in it. Percentages run from 0 upwards, unrounded."""

    key: str
    numbers: Mapping[str, float | int | str]


def direction(estimate: Estimate) -> str:
    """`fewer`, `more`, or `untold` when the interval holds 1."""
    if estimate.high < 1:
        return "fewer"
    return "more" if estimate.low > 1 else "untold"


def reading(result: Association | CannotTellYet) -> tuple[Sentence, ...]:
    """The sentences of one outcome, most important first.

    Association: `within_fewer|more` (percent, percent_low, percent_high, ratio, low, high) or `within_untold`
    (percent_fewer, percent_more: how far the interval reaches either way; ratio, low, high), then `smallest_visible`
    (ratio, percent, r, cells), `rests_on_site` or `stands_without_any_site` (site, ratio, low, high),
    `between_fewer|more|untold` or `between_not_told`, `calibrated` (ratio, low, high, reliability) or `mostly_noise`.
    CannotTellYet: `cannot_tell_yet` (reason), `missing_<count>` (have, need, short) each, `only_beyond_r` (r, cells).
    """
    return _association(result) if isinstance(result, Association) else _refusal(result)


def joint_reading(self_reported: Association | CannotTellYet, independent: Association | CannotTellYet) -> Sentence:
    """Both outcomes side by side: `self_<direction>_independent_<direction>`, where `unknown` stands for no estimate.

    More self-reported and fewer independently detected is the pattern of people speaking up while less goes wrong;
    fewer of the first alone may be silence. The page has a sentence for each of the sixteen.
    """
    first, second = (
        direction(result.within) if isinstance(result, Association) else "unknown"
        for result in (self_reported, independent)
    )
    return Sentence(f"self_{first}_independent_{second}", {})


def _association(result: Association) -> tuple[Sentence, ...]:
    weakest = result.weakest_without_site
    rests = direction(result.within) != "untold" and (
        weakest.within is None or direction(weakest.within) != direction(result.within)
    )
    left = _ratio(weakest.within) if weakest.within else {}
    between = result.between
    calibrated = result.calibrated
    return (
        Sentence(f"within_{direction(result.within)}", _percent(result.within) | _ratio(result.within)),
        Sentence(
            "smallest_visible",
            {
                "ratio": result.smallest_ratio,
                "percent": 100 * (1 - result.smallest_ratio),
                "r": result.smallest_r or 1.0,
                "cells": result.size.cells,
            },
        ),
        Sentence("rests_on_site" if rests else "stands_without_any_site", {"site": weakest.site, **left}),
        Sentence(f"between_{direction(between)}", _percent(between) | _ratio(between))
        if between
        else Sentence("between_not_told", {}),
        Sentence("calibrated", _ratio(calibrated.within) | {"reliability": calibrated.reliability})
        if calibrated
        else Sentence("mostly_noise", {}),
    )


def _refusal(result: CannotTellYet) -> tuple[Sentence, ...]:
    missing = (
        Sentence(f"missing_{check.key}", {"have": check.have, "need": check.need, "short": check.need - check.have})
        for check in result.missing
    )
    beyond = (
        (Sentence("only_beyond_r", {"r": result.smallest_r, "cells": result.size.cells}),)
        if result.smallest_r is not None
        else ()
    )
    return (Sentence("cannot_tell_yet", {"reason": result.reason}), *missing, *beyond)


def _percent(estimate: Estimate) -> dict[str, float | int | str]:
    if direction(estimate) == "untold":
        return {"percent_fewer": 100 * (1 - estimate.low), "percent_more": 100 * (estimate.high - 1)}
    nearer, further = sorted(100 * abs(end - 1) for end in (estimate.low, estimate.high))
    return {"percent": 100 * abs(estimate.value - 1), "percent_low": nearer, "percent_high": further}


def _ratio(estimate: Estimate) -> dict[str, float | int | str]:
    return {"ratio": estimate.value, "low": estimate.low, "high": estimate.high}
