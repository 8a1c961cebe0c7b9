"""How far the figures carry: what is missing, late or undetermined, each opening its list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from behavior_metrics.accountability.shares import Share
from behavior_metrics.climate.queries import responses
from behavior_metrics.coding.queries import coded_twice
from behavior_metrics.counting.queries import NOTHING, Counts
from behavior_metrics.counting.rules import LONGEST_DELAY, Facet
from behavior_metrics.frames.quarters import Window
from behavior_metrics.frames.queries import Places, places
from behavior_metrics.frames.rated import Listed
from behavior_metrics.quality import exports
from behavior_metrics.quality.lines import MissingMonth, SiteLine, median_delay, missing_months
from behavior_metrics.stats.kappa import ENOUGH, FEWEST, cohen_kappa, crossed, is_enough
from behavior_metrics.summaries.queries import Ask, Key, summed
from lms import clock
from lms.deviations.taxonomy import CODES
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.web.times import start_of_day
from lms.web.typed import page_asked

bp = Blueprint("behavior_quality", __name__, template_folder="../templates")

#: Quarters looked at: two years and the one going on. Lines on one page.
SHOWN, LINES = 9, 50
DECIDING = "root_cause_class"


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What the page and its files are made of."""

    places: Places
    window: Window
    counts: Mapping[Key, Counts]

    @property
    def total(self) -> Counts:
        """All sites together."""
        return sum((counts for key, counts in self.counts.items() if key.facet is Facet.ALL), NOTHING)

    def missing(self) -> list[MissingMonth]:
        """Return the months without batches, sites by name, the newest first."""
        made: dict[UUID, list[int]] = {site.id: [] for site in self.places.sites}
        for key, counts in self.counts.items():
            if key.facet is Facet.MONTH and key.site in made and key.code and counts.batches:
                made[key.site].append(int(key.code))
        raised = {key.site for key, counts in self.counts.items() if key.facet is Facet.ALL and counts.recorded}
        first = _month(self.window.quarters[0].first_day)
        begins = {site: first for site in made if site in raised}
        tomorrow = self.window.last_full_day + timedelta(days=1)
        found = missing_months(made, begins, _month(tomorrow) - 1)
        order = {site.id: place for place, site in enumerate(self.places.sites)}
        return sorted(found, key=lambda one: (order[one.site], -one.month))

    def lines(self, missing: Sequence[MissingMonth]) -> list[SiteLine]:
        """Return the sites by name."""
        counts = {key.site: one for key, one in self.counts.items() if key.facet is Facet.ALL}
        months = Counter(one.site for one in missing)
        lines = []
        for site in self.places.sites:
            one = counts.get(site.id, NOTHING)
            shares = _shares(one)
            lines.append(SiteLine(site.name, site.id, *shares, months[site.id]))
        return lines


def _shares(one: Counts) -> tuple[Share, Share, Share]:
    return (
        Share.of(one.late, one.recorded),
        Share.of(one.without_team, one.recorded),
        Share.of(one.not_determined, one.classified),
    )


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _numbers() -> _Numbers:
    here = places(viewer())
    window = here.window(clock.now(), SHOWN)
    asks = [Ask((Facet.ALL,), by_site=True), Ask((Facet.MONTH,), by_site=True), Ask((Facet.DELAY,))]
    found = summed(viewer(), here.zones, [quarter.index for quarter in window.quarters], asks, changed=here.changed)
    return _Numbers(here, window, found)


@bp.get("/behavior/quality")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """Show what is missing, late or undetermined: for all the reader's sites together and for each of them by name."""
    numbers = _numbers()
    window, total, missing = numbers.window, numbers.total, numbers.missing()
    since = start_of_day(window.quarters[0].first_day, viewer().zone)
    kappa = cohen_kappa(crossed(coded_twice(viewer(), since)[DECIDING], CODES[DECIDING]))
    delays = {int(key.code or 0): one.recorded for key, one in numbers.counts.items() if key.facet is Facet.DELAY}
    lines = numbers.lines(missing)
    at = page_asked()
    late, without_team, not_determined = _shares(total)
    return render_template(
        "behavior_metrics/quality.html", places=numbers.places, window=window, total=total, late=late,
        without_team=without_team, not_determined=not_determined, missing=missing, kappa=kappa, enough=is_enough(kappa),
        limits={"enough": ENOUGH, "fewest": FEWEST, "longest": LONGEST_DELAY}, page=at, pages=-(-len(lines) // LINES),
        delay=median_delay({hours: n for hours, n in delays.items() if n}), lines=lines[(at - 1) * LINES : at * LINES],
        bands=responses(viewer(), numbers.places, window), as_of=clock.now(),
        listed=Listed(str(window.quarters[0]), str(window.quarters[-1])),
    )  # fmt: skip


@bp.get("/behavior/quality/months")
@requires(Permission.METRICS_SEE)
def months() -> ResponseReturnValue:
    """List the months in which a site started no batch, of all the reader's sites or of one (``site``)."""
    numbers = _numbers()
    missing = _of_site(numbers)
    at = page_asked()
    return render_template(
        "behavior_metrics/months.html", total=len(missing), page=at, pages=-(-len(missing) // LINES), as_of=clock.now(),
        rows=missing[(at - 1) * LINES : at * LINES], names={site.id: site.name for site in numbers.places.sites},
        query={k: v for k, v in request.args.items() if k != "page"}, window=numbers.window,
    )  # fmt: skip


def _of_site(numbers: _Numbers) -> list[MissingMonth]:
    asked = request.args.get("site", "")
    return [one for one in numbers.missing() if not asked or str(one.site) == asked]


@bp.get("/behavior/quality.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def sites_file(file_type: str) -> ResponseReturnValue:
    """Hand out the sites."""
    numbers = _numbers()
    return download(file_type, "data-quality", exports.SITES, exports.site_cells(numbers.lines(numbers.missing())))


@bp.get("/behavior/quality/months.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def months_file(file_type: str) -> ResponseReturnValue:
    """Hand out the months without batches."""
    numbers = _numbers()
    names = {site.id: site.name for site in numbers.places.sites}
    return download(file_type, "months-without-batches", exports.MONTHS, exports.month_cells(_of_site(numbers), names))
