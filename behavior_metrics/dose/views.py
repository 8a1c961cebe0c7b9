"""Coaching dose and effect: how much was held, and what recurred a quarter later. By site and quarter, never by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from behavior_metrics.counting.rules import Facet
from behavior_metrics.dose import exports, pictures
from behavior_metrics.dose.effect import STEP, dose_effect
from behavior_metrics.dose.lines import DoseLine, WaitLine, dose_lines, wait_lines
from behavior_metrics.frames.quarters import Window
from behavior_metrics.frames.queries import Places, places
from behavior_metrics.programme.lines import K, quarter_period
from behavior_metrics.rollout.exports import STARTS, start_cells
from behavior_metrics.rollout.queries import rollout
from behavior_metrics.summaries.queries import Ask, summed
from coaching.api import first_reviews, programme_counts
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.web.typed import page_asked

bp = Blueprint("behavior_dose", __name__, template_folder="../templates")

#: Quarters looked at: two years and the one going on. Lines on one page.
SHOWN, LINES = 9, 64


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What the page and its files are made of."""

    places: Places
    window: Window
    lines: Sequence[DoseLine]
    waits: Sequence[WaitLine]

    @property
    def points(self) -> list[DoseLine]:
        """The site-quarters that are drawn; none while all have had as much coaching, and nothing can be set beside it."""
        found = [line for line in self.lines if line.is_point]
        return found if len({line.dose for line in found}) > 1 else []


def _numbers() -> _Numbers:
    here = places(viewer())
    window = here.window(clock.now(), SHOWN)
    indexes = [quarter.index for quarter in window.quarters]
    found = summed(
        viewer(), here.zones, indexes, [Ask((Facet.ALL,), by_site=True, by_quarter=True)], changed=here.changed
    )
    counts = {
        (key.site, key.quarter): one for key, one in found.items() if key.site is not None and key.quarter is not None
    }
    periods = [quarter_period(quarter) for quarter in window.quarters]
    held = programme_counts(viewer(), here.zones or {"UTC"}, periods, window.last_full_day)
    waits = first_reviews(viewer(), window.quarters[0].first_day, window.last_full_day)
    sites = [(site.id, site.name) for site in here.sites]
    return _Numbers(here, window, dose_lines(sites, held, counts, window), wait_lines(waits, window))


@bp.get("/behavior/coaching")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """Show reviews held per 100 batches beside what recurred a quarter later, and the time to a first review."""
    numbers = _numbers()
    at = page_asked()
    worked = [line for line in numbers.lines if line.batches or line.held or line.held is None]
    return render_template(
        "behavior_metrics/dose.html", places=numbers.places, window=numbers.window, points=numbers.points, waits=numbers.waits,
        lines=worked[(at - 1) * LINES : at * LINES], page=at, pages=-(-len(worked) // LINES), k=K, as_of=clock.now(),
        found=dose_effect(numbers.lines), step=STEP,
        began=rollout(numbers.places),
        # drawn by this server from numbers and escaped words alone
        picture=Markup(pictures.dose_picture(numbers.points)) if numbers.points else "",  # noqa: S704
    )  # fmt: skip


@bp.get("/behavior/coaching.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def dose_file(file_type: str) -> ResponseReturnValue:
    """Hand out the sites' quarters."""
    return download(file_type, "coaching-dose", exports.DOSE, exports.dose_cells(_numbers().lines))


@bp.get("/behavior/coaching-waits.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def waits_file(file_type: str) -> ResponseReturnValue:
    """Hand out the time from a trigger to its first review."""
    return download(file_type, "time-to-first-review", exports.WAITS, exports.wait_cells(_numbers().waits))


@bp.get("/behavior/coaching-starts.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def starts_file(file_type: str) -> ResponseReturnValue:
    """Hand out what went with the start of coaching; no line before the first night."""
    found = rollout(places(viewer()))
    return download(file_type, "coaching-starts", STARTS, start_cells(found) if found else ())
