"""Sites side by side: the funnel, rates drawn together, and whether two of them are alike enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from behavior_metrics.frames.rated import Rated
from behavior_metrics.stats.equivalence import Equivalence, equivalent
from behavior_metrics.stats.findings import NoEstimate
from behavior_metrics.stats.intervals import Estimate, rate_interval

if TYPE_CHECKING:  # it brings numpy
    from behavior_metrics.stats.shrinkage import Prior

#: Sites with batches before anything is drawn of how much they differ.
FEWEST_SITES = 3
#: The factor within which two rates count as alike. Declared here, before the data, and not to be chosen on the page.
MARGIN = 1.5
#: Beyond this a site lies outside of the funnel: one in twenty does so by chance.
OUTSIDE = 1.96
#: A gamma shape from which on sites differ by a hundredth of their rate at most.
INDISTINCT = 1e4


@dataclass(frozen=True, slots=True)
class Spread:
    """What the sites share and how they differ: all per batch, in the order of ``rated``."""

    rated: tuple[Rated, ...]
    centre: float
    #: Variance between sites of the square root of rate over centre, beyond chance.
    tau2: float
    #: Ratio of what varies to what chance alone makes vary; 1 is chance.
    phi: float
    z: tuple[float, ...]
    prior: Prior

    @property
    def indistinct(self) -> bool:
        """Whether the sites differ by no more than chance: then nothing is known of a site but what all share."""
        return self.prior.shape >= INDISTINCT

    def shrunken(self, index: int) -> Estimate:
        """One site's rate per 100 batches drawn towards what all share; the rate of all where they differ by chance alone.

        The interval of a gamma-Poisson rate takes what all share as known, which would then leave no doubt at all.
        """
        one = self.rated[index]
        if self.indistinct:
            return rate_interval(sum(site.events for site in self.rated), sum(site.batches for site in self.rated))
        found = self.prior.rate(one.events, one.batches)
        return Estimate(100 * found.value, 100 * found.low, 100 * found.high, found.n, found.method)

    def outside(self, index: int) -> bool:
        """Whether a site lies outside of the funnel after allowing for what differs between all; never of too few batches."""
        return self.rated[index].told and abs(self.z[index]) > OUTSIDE


def spread(sites: Sequence[Rated]) -> Spread | None:
    """Return how the sites with batches lie; None below three of them or without a recurrence anywhere."""
    from behavior_metrics.stats.control_charts import funnel  # noqa: PLC0415 - numpy comes with the first page that needs it
    from behavior_metrics.stats.shrinkage import shared_prior  # noqa: PLC0415 - numpy comes with the first page that needs it

    making = tuple(one for one in sites if one.batches)
    events, batches = [one.events for one in making], [one.batches for one in making]
    if len(making) < FEWEST_SITES or not sum(events):
        return None
    centre = sum(events) / sum(batches)
    found = funnel(events, [centre * made for made in batches])
    return Spread(making, centre, found.tau2, found.phi, tuple(map(float, found.z)), shared_prior(events, batches))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sites, or a site and all the others, and whether they are alike; or the sentence that says why it is not told."""

    one: Rated
    #: A site, or (name empty) all the others together.
    other: Rated
    found: Equivalence | None
    refusal: str

    @property
    def reading(self) -> str:
        """``alike``, ``differ``, ``open`` or ``refused``."""
        if self.found is None:
            return "refused"
        return "alike" if self.found.equivalent else "differ" if self.found.differs else "open"


def compared(one: Rated, other: Rated | None, sites: Sequence[Rated]) -> Pair:
    """Compare a site with another one, or (None) with all the others together."""
    if other is None:
        rest = [site for site in sites if site.site != one.site]
        events, batches = sum(site.events for site in rest), sum(site.batches for site in rest)
        other = Rated("", events, batches, batches * one.usual, one.usual)
    try:
        return Pair(one, other, equivalent(one.events, one.batches, other.events, other.batches, MARGIN), "")
    except NoEstimate as why:
        return Pair(one, other, None, str(why))
