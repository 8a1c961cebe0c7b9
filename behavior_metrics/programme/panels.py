"""What the programme answers to pages of coaching: how two coaches agree; and the monthly alert."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _

from behavior_metrics.programme.lines import Shown, months
from behavior_metrics.stats.kappa import FEWEST, Kappa
from behavior_metrics.stats.weighted_kappa import weighted_kappa
from coaching.api import programme_counts
from lms.identity.queries import holders
from lms.network.queries import sites
from lms.notifications.digest import Reminder
from lms.permissions import Actor, Permission, Role
from lms.web.times import show_month

#: On the second day by UTC the month before is over everywhere.
ALERT_DAY = 2
_TOLD = (Role.QA, Role.SITE_LEAD)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Weighted kappa as shown to the pair; ``told`` is false where it says nothing yet."""

    n: int
    told: bool
    value: float
    low: float
    high: float
    fewest: int = FEWEST


def agreement(*, table: Sequence[Sequence[int]]) -> Iterator[Agreement]:
    """Give how two coaches agree, from what they could compare (slot ``calibration.agreement``)."""
    yield of_kappa(weighted_kappa(table))


def of_kappa(kappa: Kappa) -> Agreement:
    """Return a kappa as shown."""
    if kappa.estimate is None:
        return Agreement(kappa.n, told=False, value=0, low=0, high=0)
    e = kappa.estimate
    return Agreement(kappa.n, told=kappa.n >= FEWEST and kappa.is_told, value=e.value, low=e.low, high=e.high)


def reminders(*, on: date) -> Iterator[Reminder]:
    """Answer the daily digest, once a month: sites at which less was held than planned, told to their QA and leads."""
    if on.day != ALERT_DAY:
        return
    everywhere = Actor.system("programme")
    here = sites(everywhere, Permission.PROGRAMME_SEE)
    month = months([on - timedelta(days=ALERT_DAY)])[-1]
    counts = programme_counts(everywhere, {site.zone for site in here}, [month], month.last_day)
    for site in here:
        found = counts.get((site.id, month.name))
        held = Shown.of(found.held) if found else None
        if held is None or not held.is_low:
            continue
        text = _(
            "%(site)s, %(month)s: %(held)s of %(planned)s planned coaching reviews were held. Ask what stood in the way.",
            site=site.name,
            month=show_month(month.first_day),
            held=held.done,
            planned=held.due,
        )
        told = {person_id for role in _TOLD for person_id, _name in holders(role, site.id, on)}
        for person_id in sorted(told):
            yield Reminder(person_id, None, text, "/programme")
