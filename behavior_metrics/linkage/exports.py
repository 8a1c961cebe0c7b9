"""The analysis as files: the rows that went in, every estimate that came out, and the method as text to quote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask_babel import gettext as _

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import Places
from behavior_metrics.frames.sheet import Cell, Sheet
from behavior_metrics.linkage.kept import Result
from behavior_metrics.linkage.queries import Analysis
from behavior_metrics.linkage.reasons import LeftOut
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import DECLARED_LAG, NEEDED
from lms.permissions import Actor
from lms.recurrences.rules import R1, VERSIONS, WINDOW_DAYS
from lms.web.labels import label
from lms.web.times import show_moment

#: What stands as the interval of the withheld cells' rows; `cells` of such a row are the withheld ones.
WITHHELD_BOUNDS = "least and greatest estimate over every climate of the withheld cells (Manski 1990), no interval"


def method_text(found: Analysis) -> tuple[str, ...]:
    """Return the method in paragraphs, ready to be quoted."""
    quarters = [row.quarter for row in found.input.rows if row.batches]
    first, last = (Quarter(pick(quarters)).words if quarters else "–" for pick in (min, max))
    needed = ", ".join(f"{label(key, 'linkage_gate').lower()} {need}" for key, need in NEEDED.items())
    return (
        _(
            "Recurrences (rule R1 version %(version)s: same site, process step, category and root cause class within "
            "%(days)s days; confirmed by quality assurance; counted in the quarter in which the later one occurred at its "
            "site) per team and quarter, %(first)s to %(last)s, were modelled by Poisson regression with the logarithm of "
            "batches as offset, effects of site and quarter, and the released climate of the team one quarter before, "
            "split into change within a team and difference between teams. Intervals are 95 %%, from the site-clustered "
            "sandwich (CR3) with t(sites − 1).",
            version=VERSIONS[R1], days=WINDOW_DAYS, first=first, last=last,
        ),
        _(
            "Primary outcome: recurrences detected independently of anybody’s willingness to report (in-process control, "
            "batch record review, QC or monitoring result, alarm, audit, clinical site) or of at least major severity. "
            "Secondary: self-reported ones, expected to rise when people speak up. The lag of one quarter was declared "
            "beforehand; the same quarter and two quarters are the only others ever run."
        ),
        _(
            "Climate is the mean of the cells the survey released for a team and quarter, from at least five people each, "
            "rounded at random; cells that pool small teams belong to no team and are not used. The corrected estimate "
            "takes out the error of rounding%(sampling)s and stands beside the uncorrected one.",
            sampling=_(" and of who answered") if found.input.within_team_variance is not None else "",
        ),
        _(
            "Beside the declared estimate stand: teams instead of sites as clusters, each site left out in turn, the same "
            "quarter and two quarters, recurrences of at least major severity alone, without the first two quarters of a "
            "site that began within the window, and as if nothing had been withheld (a team-quarter without a released "
            "climate is given what its small teams gave together, or else the team’s usual one). p-values are adjusted "
            "for their number by Benjamini and Hochberg (1995); the E-value (VanderWeele and Ding 2017) says how strong "
            "something unmeasured would have to be to explain an estimate away. Curves are mean cumulative counts with "
            "Lawless and Nadeau’s variance (1995), the team as unit, in bands of released climate that were declared: "
            "below 4.5, to below 5.5, and above. Sites whose survey is off take no part."
        ),
        *_since_third_method(found.method_version),
        _("Nothing is estimated below: %(needed)s.", needed=needed),
        _(
            "Not accounted for: turnover, new products, volume, and coaching that began after a bad quarter, which alone "
            "would look like improvement. An association of team figures says nothing of a person, and nothing of what "
            "brought it about."
        ),
        _(
            "Candor, method %(method)s, input SHA-256 %(hash)s. Numbers reproduce to 1e-9 from the file of rows.",
            method=found.method_version, hash=found.input_hash,
        ),
    )  # fmt: skip


def _since_third_method(version: int) -> tuple[str, ...]:
    if version < 3:
        return ()
    return (
        _(
            "Since method 3 two tests more: negative binomial regression (NB2) in place of Poisson, with the same effects, "
            "clusters and quantiles; and the percentile interval of 1,000 draws of whole sites with replacement, each "
            "estimate one Newton step from the main one, which with fewer than some twenty sites is too narrow and stands "
            "beside the interval of t(sites − 1), never for it. For the cells that were not released the estimate is "
            "bounded (Manski 1990): the least and the greatest it would be, were each team-quarter with batches but without "
            "a released climate of a quarter for which any was released put anywhere from 1 to 7, and anywhere within what "
            "was released; found by a search from both ends, so that the true limits may lie a little further out."
        ),
        *(
            (
                _(
                    "Since method 4 these limits are found by the slope of the estimate, from both ends and the middle, to "
                    "the last digit; they reach a little further out than those of method 3."
                ),
            )
            if version > 3
            else ()
        ),
    )


def rows_sheet(reader: Actor, here: Places, found: Analysis) -> Sheet:
    """The rows that went in, one for each team-quarter."""
    names = {site.code: site.name for site in here.sites}
    headings = (
        "site", "site_name", "team", "team_name", "quarter", "quarter_index", "batches", "recurrences",
        "self_reported", "independent", "climate_of_quarter_before", "rounding", "n_at_least", "at_least_major",
        "pooled_climate_of_quarter_before",
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            row.site, names.get(row.site, row.site), row.team, row.team_name, str(Quarter(row.quarter)), row.quarter,
            row.batches, row.recurrences, row.self_reported, row.independent, row.climate, row.rounding, row.n_low,
            row.major, row.pooled,
        )
        for row in found.input.rows
    ]  # fmt: skip
    return Sheet(_about(reader, here, found, _("Rows of the analysis")), headings, rows)


def estimates_sheet(reader: Actor, here: Places, found: Analysis) -> Sheet:
    """Every estimate that was made, unrounded; an estimate that could not be made has empty figures."""
    output = found.output
    rows: list[Sequence[Cell]] = []
    for outcome, lags in output.results.items() if output else ():
        for lag, result in lags.items():
            rows += _estimates(outcome, lag, result)
    for trial in output.trials if output else ():
        size = (trial.cells, None, None, None, trial.events, None)
        rows.append(
            (trial.outcome, trial.lag, f"test_{trial.key}", *_figures(trial.estimate), trial.p, trial.adjusted, *size)
        )
    for bound in output.withheld if output else ():
        for name, low, high in (
            ("withheld_anywhere_on_the_scale", bound.low, bound.high),
            ("withheld_within_the_released", bound.low_alike, bound.high_alike),
        ):
            figures = (bound.value, low, high, WITHHELD_BOUNDS)
            rows.append((bound.outcome, DECLARED_LAG, name, *figures, None, None, bound.cells, *(None,) * 5))
    for one in output.unmeasured if output else ():
        for name, value in (("e_value", one.value), ("e_value_of_the_limit", one.limit)):
            rows.append((one.outcome, DECLARED_LAG, name, value, None, None, "", None, None, *(None,) * 6))
    headings = (
        "outcome", "lag_quarters", "estimate", "value", "low", "high", "interval", "p", "p_benjamini_hochberg", "cells",
        "sites", "teams", "quarters", "recurrences", "batches",
    )  # fmt: skip
    return Sheet(_about(reader, here, found, _("Every estimate of the analysis")), headings, rows)


def curves_sheet(reader: Actor, here: Places, found: Analysis) -> Sheet:
    """The mean cumulative recurrences of each band of climate, step by step."""
    rows: list[Sequence[Cell]] = [
        (curve.outcome, curve.band, curve.teams, curve.cells, step.quarter, step.teams, step.mean, step.low, step.high)
        for curve in (found.output.curves if found.output else ())
        for step in curve.steps
    ]
    headings = (
        "outcome", "band", "teams_ever", "team_quarters", "quarters_observed", "teams_observed", "mean", "low", "high",
    )  # fmt: skip
    return Sheet(_about(reader, here, found, _("Mean cumulative recurrences by climate")), headings, rows)


def left_out_sheet(reader: Actor, here: Places, found: Analysis, every: Sequence[LeftOut]) -> Sheet:
    """The team-quarters that take no part, each with its reason."""
    names = {site.code: site.name for site in here.sites}
    rows: list[Sequence[Cell]] = [
        (
            names.get(one.site, one.site), one.team_name, str(one.quarter), one.batches, one.recurrences,
            label(one.reason, "linkage_reason"),
        )
        for one in every
    ]  # fmt: skip
    headings = ("site", "team", "quarter", "batches", "recurrences", "reason")
    return Sheet(_about(reader, here, found, _("Team-quarters left out")), headings, rows)


def _estimates(outcome: str, lag: int, result: Result) -> Iterator[Sequence[Cell]]:
    size: tuple[Cell, ...] = (
        result.size.cells, result.size.sites, result.size.teams, result.size.quarters, result.size.events,
        result.size.batches,
    )  # fmt: skip
    # told by its fields, since the classes would bring numpy along
    made: dict[str, Estimate | None] = {
        name: getattr(result, name, None) for name in ("within", "between", "within_by_team")
    }
    calibrated = getattr(result, "calibrated", None)
    made["calibrated"] = calibrated.within if calibrated else None
    for left in getattr(result, "without_site", ()):
        made[f"within_without_{left.site}"] = left.within
    made["recurrences_per_100_batches"] = result.rate
    for name, estimate in made.items():
        p = getattr(result, "p_within", None) if name == "within" else None
        yield (str(outcome), lag, name, *_figures(estimate), p, None, *size)
    for name, value in (
        ("smallest_ratio_80_power", getattr(result, "smallest_ratio", None)),
        ("smallest_r_if_independent", result.smallest_r),
    ):
        yield (str(outcome), lag, name, value, None, None, "", None, None, *size)


def _figures(estimate: Estimate | None) -> tuple[Cell, ...]:
    return (estimate.value, estimate.low, estimate.high, estimate.method) if estimate else (None,) * 4


def _about(reader: Actor, here: Places, found: Analysis, what: str) -> list[tuple[str, str]]:
    sites = _("all sites") if here.whole_network else ", ".join(site.name for site in here.sites)
    variance = found.input.within_team_variance
    return [
        (_("File"), what),
        (_("Made by"), reader.name),
        (_("As known on"), show_moment(found.made_at, reader.zone)),
        (_("Filter"), sites),
        (_("Variance within teams"), _("not published yet") if variance is None else repr(variance)),
        *((_("Method"), paragraph) for paragraph in method_text(found)),
    ]
