"""What the recurrence page, the page of baselines and the file show of a site's drift: all from the same months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from behavior_metrics.baselines import pictures
from behavior_metrics.baselines.queries import in_force
from behavior_metrics.baselines.rules import MOST_MONTHS
from behavior_metrics.baselines.watching import Baseline, State, Watch, watched
from behavior_metrics.frames.queries import SitePlace
from behavior_metrics.months.queries import monthly
from behavior_metrics.months.rules import until
from lms import clock
from lms.permissions import Actor
from lms.web.times import local_day


@dataclass(frozen=True, slots=True)
class Drift:
    """A site against its baseline in force."""

    baseline: Baseline
    watches: Sequence[Watch]

    @property
    def told(self) -> list[Watch]:
        """The outcomes that are watched."""
        return [watch for watch in self.watches if watch.state is not State.NOT_WATCHED]

    @property
    def cautions(self) -> list[str]:
        """What makes the limits of either doubtful, each once."""
        return list(dict.fromkeys(caution for watch in self.watches for caution in watch.cautions))

    @property
    def limits(self) -> Markup:
        """The months within the frozen limits; drawn by this server from numbers and escaped words alone."""
        return Markup(pictures.limits_picture(self.told))  # noqa: S704 - as it says

    @property
    def evidence(self) -> Markup:
        """The evidence of a rise; nothing while no month with batches is over since the baseline."""
        judged = any(point.evidence is not None for watch in self.told for point in watch.points)
        return Markup(pictures.evidence_picture(self.told)) if judged else Markup("")  # noqa: S704 - as above


def drift_of(reader: Actor, site: SitePlace) -> Drift | None:
    """Return a site against its baseline, in two statements; None while it has none."""
    baseline = in_force(reader, site.id)
    if baseline is None:
        return None
    over = until(local_day(clock.now(), site.zone), MOST_MONTHS)
    months = [month for month in over if month > baseline.last]
    later = monthly(reader, {site.zone}, months, site=site.id).get(site.id, {})
    return Drift(baseline, watched(baseline, later, months))
