"""The analysis as files: the rows that went in, every estimate that came out, and the method as text to quote."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import Places
from behavior_metrics.frames.sheet import Cell, Sheet
from behavior_metrics.linkage.kept import Results
from behavior_metrics.linkage.queries import Analysis
from behavior_metrics.linkage.rows import METHOD_VERSION
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.panel import NEEDED
from lms.permissions import Actor
from lms.recurrences.rules import R1, VERSIONS, WINDOW_DAYS
from lms.web.labels import label
from lms.web.times import show_moment


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
        _("Nothing is estimated below: %(needed)s.", needed=needed),
        _(
            "Not accounted for: turnover, new products, volume, and coaching that began after a bad quarter, which alone "
            "would look like improvement. An association of team figures says nothing of a person, and nothing of what "
            "brought it about."
        ),
        _(
            "Candor, method %(method)s, input SHA-256 %(hash)s. Numbers reproduce to 1e-9 from the file of rows.",
            method=METHOD_VERSION, hash=found.input_hash,
        ),
    )  # fmt: skip


def rows_sheet(reader: Actor, here: Places, found: Analysis) -> Sheet:
    """The rows that went in, one for each team-quarter."""
    names = {site.code: site.name for site in here.sites}
    headings = (
        "site", "site_name", "team", "team_name", "quarter", "quarter_index", "batches", "recurrences",
        "self_reported", "independent", "climate_of_quarter_before", "rounding", "n_at_least",
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            row.site, names.get(row.site, row.site), row.team, row.team_name, str(Quarter(row.quarter)), row.quarter,
            row.batches, row.recurrences, row.self_reported, row.independent, row.climate, row.rounding, row.n_low,
        )
        for row in found.input.rows
    ]  # fmt: skip
    return Sheet(_about(reader, here, found, _("Rows of the analysis")), headings, rows)


def estimates_sheet(reader: Actor, here: Places, found: Analysis, results: Results) -> Sheet:
    """Every estimate that was made, unrounded; an estimate that could not be made has empty figures."""
    rows: list[Sequence[Cell]] = []
    for outcome, lags in results.items():
        for lag, result in lags.items():
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
                figures: tuple[Cell, ...] = (
                    (estimate.value, estimate.low, estimate.high, estimate.method) if estimate else (None,) * 4
                )
                p = getattr(result, "p_within", None) if name == "within" else None
                rows.append((str(outcome), lag, name, *figures, p, *size))
            rows.append(
                (
                    str(outcome),
                    lag,
                    "smallest_ratio_80_power",
                    getattr(result, "smallest_ratio", None),
                    None,
                    None,
                    "",
                    None,
                    *size,
                )
            )
            rows.append(
                (str(outcome), lag, "smallest_r_if_independent", result.smallest_r, None, None, "", None, *size)
            )
    headings = (
        "outcome", "lag_quarters", "estimate", "value", "low", "high", "interval", "p", "cells", "sites", "teams",
        "quarters", "recurrences", "batches",
    )  # fmt: skip
    return Sheet(_about(reader, here, found, _("Every estimate of the analysis")), headings, rows)


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
