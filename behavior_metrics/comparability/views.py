"""Are the sites alike? Side by side by name, never in an order of their figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from behavior_metrics.comparability import exports, pictures
from behavior_metrics.comparability.lines import FEWEST_SITES, MARGIN, Pair, Spread, compared, spread
from behavior_metrics.counting.queries import NOTHING
from behavior_metrics.counting.rules import Facet
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import Places, places
from behavior_metrics.frames.rated import Listed, Rated, rated
from behavior_metrics.summaries.queries import Ask, summed
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotFound
from lms.web.typed import page_asked

bp = Blueprint("behavior_comparability", __name__, template_folder="../templates")

#: Quarters looked back: two years that are over. Sites on one page.
SHOWN, SITES = 9, 50


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What the page and its file are made of."""

    places: Places
    quarters: Sequence[Quarter]
    sites: Sequence[Rated]
    found: Spread | None

    def site(self, asked: str) -> Rated:
        """Return the site of an address. Raises ``NotFound`` for another's."""
        try:
            place = self.places.site(UUID(asked))
        except ValueError:
            raise NotFound("There is no such site among yours.") from None
        return next(one for one in self.sites if one.site == place.id)


def _numbers() -> _Numbers:
    here = places(viewer())
    quarters = here.window(clock.now(), SHOWN).closed_quarters
    asks = [Ask((Facet.ALL,), by_site=True)]
    found = summed(viewer(), here.zones, [quarter.index for quarter in quarters], asks, changed=here.changed)
    counts = {key.site: one for key, one in found.items()}
    told = [(site, counts.get(site.id, NOTHING)) for site in here.sites]
    sites = rated((site.name, one.recurrences, one.batches, site.id) for site, one in told)
    return _Numbers(here, quarters, sites, spread(sites))


def _pair(numbers: _Numbers) -> Pair | None:
    """Return the comparison of the address: ``site`` with ``other``, or with all the others; without one the first site's."""
    asked, with_ = (request.args.get(name, "") for name in ("site", "other"))
    one, other = (numbers.site(place) if place else None for place in (asked, with_))
    if len(numbers.sites) < 2:
        return None
    one = one or numbers.sites[0]
    return compared(one, None if other is not None and other.site == one.site else other, numbers.sites)


@bp.get("/behavior/comparability")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """Show the funnel, rates drawn together, and whether a site (``site``) is alike another (``other``) or all others."""
    numbers = _numbers()
    at = page_asked()
    found = numbers.found
    places_of = {one.site: place for place, one in enumerate(found.rated)} if found else {}
    quarters = numbers.quarters
    return render_template(
        "behavior_metrics/comparability.html", places=numbers.places, quarters=quarters, found=found, places_of=places_of,
        sites=numbers.sites[(at - 1) * SITES : at * SITES], every=numbers.sites, page=at, pages=-(-len(numbers.sites) // SITES),
        pair=_pair(numbers), margin=MARGIN, fewest=FEWEST_SITES, as_of=clock.now(),
        listed=Listed(str(quarters[0]), str(quarters[-1])) if quarters else None,
        # drawn by this server from numbers and escaped words alone
        picture=Markup(pictures.funnel_picture(found)) if found else "",  # noqa: S704
    )  # fmt: skip


@bp.get("/behavior/comparability.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def sites_file(file_type: str) -> ResponseReturnValue:
    """Hand out the sites, each compared with all the others."""
    numbers = _numbers()
    return download(file_type, "comparability", exports.SITES, exports.site_cells(numbers.sites, numbers.found))
