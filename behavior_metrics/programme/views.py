"""How the coaching programme goes: held of planned, how soon, with which result. By site and period, never by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.programme import exports, lines, pictures
from behavior_metrics.programme.lines import MonthLine, SiteLine
from behavior_metrics.programme.panels import Agreement, of_kappa
from behavior_metrics.stats.weighted_kappa import weighted_kappa
from coaching.api import all_calibration_pairs, crossed_marks, first_reviews, programme_counts
from lms import clock
from lms.exports.download import download
from lms.network.queries import sites
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.web.times import local_day

bp = Blueprint("programme", __name__, template_folder="../templates")

#: Fewer coaches than this, and the network's agreement would speak of a pair.
FEWEST_COACHES = 5
#: What calibration aims at.
AIM = 0.60


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What the page and its files are made of."""

    quarter: Quarter
    quarters: Sequence[Quarter]
    months: Sequence[MonthLine]
    sites: Sequence[SiteLine]
    total: SiteLine

    @property
    def last_month(self) -> MonthLine | None:
        """The newest month that is over."""
        return next((line for line in reversed(self.months) if line.is_over), None)


def _numbers() -> _Numbers:
    here = sites(viewer(), Permission.PROGRAMME_SEE)
    zones = {site.zone for site in here} or {"UTC"}
    days = [local_day(clock.now(), zone) for zone in zones]
    window = Window.until(days, lines.QUARTERS)
    quarter = _asked(window)
    months = lines.months(days)
    periods = [*months, lines.quarter_period(quarter)]
    counts = programme_counts(viewer(), zones, periods, window.last_full_day)
    waits = first_reviews(viewer(), quarter.first_day, max(days))
    by_site, total = lines.site_lines(counts, waits, quarter, {site.id: site.name for site in here})
    return _Numbers(quarter, window.quarters[::-1], lines.month_lines(counts, months, min(days)), by_site, total)


def _asked(window: Window) -> Quarter:
    """Return the quarter of the address; without one the newest that is over, or the one going on."""
    text = request.args.get("quarter", "")
    if not text:
        return (window.closed_quarters or window.quarters)[-1]
    try:
        quarter = Quarter.parse(text)
    except ValueError:
        quarter = None
    if quarter not in window.quarters:
        raise NotAllowed("This address names no quarter of the last two years. Choose one on the page.")
    return quarter


@bp.get("/programme")
@requires(Permission.PROGRAMME_SEE)
def index() -> ResponseReturnValue:
    """Show twelve months of all the reader's sites together, one quarter by site, and how the network's coaches agree."""
    numbers = _numbers()
    pairs = all_calibration_pairs()
    told = pairs.coaches >= FEWEST_COACHES
    agreed: Agreement | None = of_kappa(weighted_kappa(crossed_marks(pairs.pairs))) if told else None
    return render_template(
        "behavior_metrics/programme.html",
        n=numbers,
        last=numbers.last_month,
        # drawn by this server from numbers and escaped words alone
        picture=Markup(pictures.months_picture(numbers.months)),  # noqa: S704
        k=lines.K,
        alert=round(100 * lines.HELD_ALERT),
        agreement=agreed,
        coaches=pairs.coaches,
        fewest_coaches=FEWEST_COACHES,
        aim=AIM,
    )


@bp.get("/programme/months.<any(csv, xlsx):file_type>")
@requires(Permission.PROGRAMME_SEE)
def months_file(file_type: str) -> ResponseReturnValue:
    """Hand out the months."""
    return download(file_type, "programme-months", exports.MONTHS, exports.month_cells(_numbers().months))


@bp.get("/programme/sites.<any(csv, xlsx):file_type>")
@requires(Permission.PROGRAMME_SEE)
def sites_file(file_type: str) -> ResponseReturnValue:
    """Hand out the quarter by site (``quarter``)."""
    numbers = _numbers()
    rows = exports.site_cells(str(numbers.quarter), numbers.sites, numbers.total)
    return download(file_type, "programme-sites", exports.SITES, rows)
