"""What was counted of follow-through, and how a place stands in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from behavior_metrics.stats.followthrough import PARTS, Tally

#: Counted beside the parts: who is in a team.
PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Place:
    """A site, or a team of it."""

    site: UUID
    team: UUID | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted by (site, team, span, part) as (done, due), at the reader's sites; and the network's shares.

    ``network`` holds all sites together by (span, part); no other site's own count is in here.
    """

    cells: Mapping[tuple[UUID, UUID | None, int, str], tuple[int, int]]
    network: Mapping[tuple[int, str], tuple[int, int]]
    #: Days from agreeing to due of what fell due in the asked place and span, by part.
    days: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def tallies(self, place: Place, key: int) -> tuple[Tally, ...]:
        """Return the five parts of a place in a window. Without any case in the network its share is taken as a half."""
        found = []
        for part in PARTS:
            done, due = self._of(place, key, part)
            net_done, net_due = self.network.get((key, part), (0, 0))
            found.append(Tally(part, done, due, net_done / net_due if net_due else 0.5))
        return tuple(found)

    def people(self, place: Place, key: int) -> int:
        """Return how many were in the team, or in the site's teams, on the window's last day."""
        return self._of(place, key, PEOPLE)[1]

    def _of(self, place: Place, key: int, part: str) -> tuple[int, int]:
        if place.team is not None:
            return self.cells.get((place.site, place.team, key, part), (0, 0))
        own = [
            count
            for (site, _, when, which), count in self.cells.items()
            if (site, when, which) == (place.site, key, part)
        ]
        return sum(done for done, _ in own), sum(due for _, due in own)
