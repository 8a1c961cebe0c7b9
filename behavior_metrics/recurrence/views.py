"""Recurrence by site, step, cause, category and product; and the list behind a figure: the very deviations it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from behavior_metrics.baselines.rules import RAISED
from behavior_metrics.baselines.showing import drift_of
from behavior_metrics.counting.queries import NOTHING, Counts
from behavior_metrics.counting.rules import LONGEST_DELAY, Facet
from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.frames.queries import FIGURES, PAGE_SIZE, Behind, Places, SitePlace, places, records
from behavior_metrics.frames.rated import Listed
from behavior_metrics.months.rules import Month
from behavior_metrics.recurrence import exports, pictures
from behavior_metrics.recurrence.lines import (
    ENOUGH_QUARTERS,
    Charted,
    Growth,
    Line,
    Numbers,
    charted,
    code_lines,
    growth,
    site_lines,
)
from behavior_metrics.recurrence.queries import events_and_batches
from behavior_metrics.recurrence.rules import gaps, rare
from behavior_metrics.reporting import exports as reporting_exports
from behavior_metrics.reporting.lines import Panel
from behavior_metrics.reporting.lines import panel as reporting_panel
from behavior_metrics.reporting.pictures import reporting_picture
from behavior_metrics.summaries.queries import Ask, Key, summed
from lms import clock
from lms.deviations.filters import day
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.web.labels import label
from lms.web.times import show_day
from lms.web.typed import page_asked

bp = Blueprint("behavior_records", __name__, template_folder="../templates")
page = Blueprint("behavior_recurrence", __name__, template_folder="../templates")

#: Quarters counted: two years and the one going on. Sites drawn beside each other, and listed on a page.
SHOWN, DRAWN, SITES = 9, 12, 50
#: A list reaches over no more quarters than this.
MOST_QUARTERS = 40
FACETS = (Facet.STEP, Facet.CATEGORY, Facet.CAUSE, Facet.PRODUCT)


@dataclass(frozen=True)
class _Numbers:
    """What the page and its files are made of."""

    places: Places
    site: SitePlace | None
    window: Window
    counts: Mapping[Key, Counts]

    @property
    def sites(self) -> Sequence[SitePlace]:
        """The sites that are told of: the chosen one or all."""
        return (self.site,) if self.site else self.places.sites

    @cached_property
    def by_site(self) -> Mapping[UUID, Mapping[int, Counts]]:
        """Each site's quarters."""
        found: dict[UUID, dict[int, Counts]] = {site.id: {} for site in self.sites}
        for key, counts in self.counts.items():
            if key.facet is Facet.ALL and key.site in found and key.quarter is not None:
                found[key.site][key.quarter] = counts
        return found

    @cached_property
    def together(self) -> Sequence[Counts]:
        """The quarters of all sites that are told of, added up."""
        return [
            sum((quarters.get(quarter.index, NOTHING) for quarters in self.by_site.values()), NOTHING)
            for quarter in self.window.quarters
        ]

    def tables(self) -> dict[Facet, list[Line]]:
        """Return the lines by site (under ``ALL``), step, category, cause and product."""
        quarters = self.by_site
        whole = [(one.id, one.name, _numbers_of(quarters[one.id].values())) for one in self.sites]
        batches = sum(numbers.batches for _, _, numbers in whole)
        tables = {Facet.ALL: site_lines(whole)}
        for facet in FACETS:
            codes = {key.code or "": _numbers_of([c]) for key, c in self.counts.items() if key.facet is facet}
            told = {code: numbers for code, numbers in codes.items() if numbers.classified or numbers.batches}
            tables[facet] = code_lines(facet, told, batches)
        return tables

    def panels(self) -> list[tuple[str, Charted]]:
        """Return what is drawn: all together first, then the sites that made something, as long as they are few."""
        shown = [(self.site.name if self.site else "", self.together)]
        if not self.site and len(self.places.sites) <= DRAWN:
            indexes = [quarter.index for quarter in self.window.quarters]
            shown += [(one.name, [self.by_site[one.id].get(at, NOTHING) for at in indexes]) for one in self.sites]
        return [
            (name, charted([c.recurrences for c in quarters], [c.batches for c in quarters]))
            for name, quarters in shown
            if not name or any(c.batches for c in quarters)
        ]

    def reporting(self) -> Panel:
        """Return whether figures move because people speak up."""
        delays: dict[int, dict[int, int]] = {}
        for key, counts in self.counts.items():
            if key.facet is Facet.DELAY and key.quarter is not None and counts.raised_first:
                delays.setdefault(key.quarter, {})[int(key.code or 0)] = counts.raised_first
        return reporting_panel(self.together, delays, self.by_site, self.window)

    def growth(self) -> Growth | None:
        """Return how recurrences add up: over the sites, or over the teams of the one chosen."""
        units: dict[str, dict[int, tuple[int, int]]] = {}
        wanted = Facet.TEAM if self.site else Facet.ALL
        for key, counts in self.counts.items():
            unit = key.code if self.site else str(key.site)
            if key.facet is wanted and key.quarter is not None and unit:
                units.setdefault(unit, {})[key.quarter] = (counts.recurrences, counts.batches)
        return growth(units, self.window)


def _numbers_of(counts: Iterable[Counts]) -> Numbers:
    whole = sum(counts, NOTHING)
    return Numbers(
        whole.classified, whole.recurrences, whole.self_reported, whole.independent, whole.after_action, whole.batches
    )


def _numbers() -> _Numbers:
    here = places(viewer())
    site = chosen_site(here)
    window = here.window(clock.now(), SHOWN)
    asks = [
        Ask((Facet.ALL,), by_site=True, by_quarter=True),
        Ask(FACETS, figures=tuple(field.name for field in fields(Numbers))),
        Ask((Facet.DELAY,), by_quarter=True, figures=("raised_first",)),
    ]
    if site:
        asks.append(Ask((Facet.TEAM,), by_quarter=True))
    quarters = [quarter.index for quarter in window.quarters]
    found = summed(viewer(), here.zones, quarters, asks, changed=here.changed, site=site.id if site else None)
    return _Numbers(here, site, window, found)


def chosen_site(here: Places) -> SitePlace | None:
    """Return the site of the address; None for all of the reader's. Raises ``NotFound`` for another's."""
    asked = request.args.get("site", "")
    try:
        return here.site(UUID(asked)) if asked else None
    except ValueError:
        raise NotFound("There is no such site among yours.") from None


@page.get("/behavior/recurrence")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """Show what recurs (``site``: at one of them), where in the process and why; limits, growth, and what is rare (``rare``)."""
    numbers = _numbers()
    tables, window = numbers.tables(), numbers.window
    total = sum((line.numbers.recurrences for line in tables[Facet.ALL]), 0)
    whole = _numbers_of(numbers.together)
    panels, grown, reporting = numbers.panels(), numbers.growth(), numbers.reporting()
    at = page_asked()
    listed = Listed(str(window.quarters[0]), str(window.quarters[-1]), numbers.site.id if numbers.site else None)
    periods = [quarter.short for quarter in window.quarters]
    return render_template(
        "behavior_metrics/recurrence.html", places=numbers.places, site=numbers.site, window=window, tables=tables, total=total,
        whole=whole, panels=panels, grown=grown, listed=listed, facets=FACETS, all_facet=Facet.ALL, page=at,
        pages=-(-len(tables[Facet.ALL]) // SITES), sites=tables[Facet.ALL][(at - 1) * SITES : at * SITES],
        rare=_rare(numbers, tables[Facet.CATEGORY]), enough_quarters=ENOUGH_QUARTERS, as_of=clock.now(),
        drift=drift_of(viewer(), numbers.site) if numbers.site else None, raised=RAISED,
        reporting=reporting, longest=LONGEST_DELAY, saying=Markup(reporting_picture(reporting.lines)),  # noqa: S704 - drawn here
        # drawn by this server from numbers and escaped words alone
        control=Markup(pictures.control_picture([(name or _all(numbers), one) for name, one in panels], periods)),  # noqa: S704
        growing=Markup(pictures.growth_picture(grown)) if grown else "",  # noqa: S704
    )  # fmt: skip


def _all(numbers: _Numbers) -> str:
    return pictures.word("all_network" if numbers.places.whole_network else "all_sites")


@dataclass(frozen=True, slots=True)
class _Rare:
    """A rare category's g chart: the batches between, since the last one, and where the limit lies."""

    category: str
    others: Sequence[str]
    days: Sequence[str]
    gaps: Sequence[int]
    since: int
    mean: float
    high: float
    picture: Markup


def _rare(numbers: _Numbers, categories: Sequence[Line]) -> _Rare | None:
    from behavior_metrics.stats.control_charts import gap_limits  # noqa: PLC0415 - numpy comes with the first page that needs it

    codes = rare(
        {line.code: line.numbers.recurrences for line in categories if line.code}, len(numbers.window.quarters)
    )
    if not codes:
        return None
    asked = request.args.get("rare", "")
    category = asked if asked in codes else codes[0]
    site = numbers.site.id if numbers.site else None
    events, batches = events_and_batches(viewer(), numbers.window, category, site)
    if not batches or len(events) < 2:
        return None
    between, since = gaps(events, batches)
    limits = gap_limits(between)
    days = [show_day(one) for one in events[1:]]
    drawn = pictures.gaps_picture(between, days, limits, label(category, "category"))
    return _Rare(category, codes, days, between, since, limits.mean, limits.high, Markup(drawn))  # noqa: S704 - drawn here


@page.get("/behavior/recurrence.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def lines_file(file_type: str) -> ResponseReturnValue:
    """Hand out the tables (``site``)."""
    return download(file_type, "recurrence", exports.LINES, exports.line_cells(_numbers().tables()))


@page.get("/behavior/recurrence-quarters.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def quarters_file(file_type: str) -> ResponseReturnValue:
    """Hand out the control charts (``site``)."""
    numbers = _numbers()
    panels = [(name or "all together", one) for name, one in numbers.panels()]
    rows = exports.quarter_cells(panels, numbers.window.quarters, numbers.window.closed)
    return download(file_type, "recurrence-quarters", exports.QUARTERS, rows)


@page.get("/behavior/recurrence-reporting.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def reporting_file(file_type: str) -> ResponseReturnValue:
    """Hand out what was raised and what was found by quarter (``site``)."""
    rows = reporting_exports.quarter_cells(_numbers().reporting().lines)
    return download(file_type, "recurrence-reporting", reporting_exports.QUARTERS, rows)


@page.get("/behavior/recurrence-growth.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def growth_file(file_type: str) -> ResponseReturnValue:
    """Hand out the mean cumulative function (``site``)."""
    return download(file_type, "recurrence-growth", exports.GROWTH, exports.growth_cells(_numbers().growth()))


@bp.get("/behavior/records", endpoint="index")
@requires(Permission.METRICS_SEE)
def records_index() -> ResponseReturnValue:
    """List what a figure counts, as its link names it.

    ``figure``; ``quarter``, or the quarters from ``since`` to it, or a ``month``; ``site`` or ``team``; one ``code`` of a ``facet``;
    ``known_on``.
    """
    behind = _behind()
    here = places(viewer())
    team = here.team(behind.team) if behind.team else None
    at = page_asked()
    total, rows = records(viewer(), here, behind, at)
    site = next((site for site in here.sites if site.id == behind.site), None)
    return render_template(
        "behavior_metrics/records.html", behind=behind, team=team, site=site, total=total, rows=rows, page=at,
        pages=-(-total // PAGE_SIZE), as_of=clock.now(), query={k: v for k, v in request.args.items() if k != "page"},
    )  # fmt: skip


def _behind() -> Behind:
    given = request.args
    try:
        site = UUID(given["site"]) if given.get("site") else None
        team = UUID(given["team"]) if given.get("team") else None
        month = Month.parse(given["month"]) if given.get("month") else None
        quarter = Quarter.of(month.first_day) if month else Quarter.parse(given.get("quarter", ""))
        since = Quarter.parse(given["since"]) if given.get("since") else None
        facet = Facet(given.get("facet", Facet.ALL))
    except ValueError:
        raise _not_understood() from None
    if given.get("figure") not in FIGURES or (
        since is not None and not 0 <= quarter.index - since.index < MOST_QUARTERS
    ):
        raise _not_understood()
    code = "" if facet is Facet.ALL else given.get("code", "")
    return Behind(given["figure"], quarter, site, team, day("known_on", given), since, facet, code, month)


def _not_understood() -> NotAllowed:
    return NotAllowed("This address names no figure. Go back to Behaviour and open the list from there.")
