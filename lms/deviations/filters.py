"""What a list of deviations can be narrowed by. The same filters feed the page, its count and both exports.

They are the query string of ``/deviations``, so that any figure can open the list behind it: a figure and its list
agree because both are counted with these conditions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID

from lms.refusals import NotAllowed
from lms.web.times import is_meant


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on the list; None takes all. Named in the address as here, but for ``from`` and ``to``."""

    #: Id of a site.
    site: UUID | None = None
    #: Id of the performing team; ``none`` in the address asks for those without a team.
    team: UUID | None = None
    no_team: bool = False
    #: Id of a study network of imported data. Without it the list holds the home network only.
    network: UUID | None = None
    #: Id of the batch.
    batch: UUID | None = None
    #: A state of ``rules.State``, or ``open`` for all those in which somebody has something to do.
    state: str | None = None
    #: Codes of the taxonomy.
    kind: str | None = None
    severity: str | None = None
    process_step: str | None = None
    category: str | None = None
    root_cause_class: str | None = None
    detection_channel: str | None = None
    #: Decision on the R1 match of the *later* deviation: ``proposed``, ``confirmed``, ``overruled``, ``withdrawn``.
    recurrence: str | None = None
    #: ``1``: raised by the performer or a colleague; ``0``: found in any other way.
    self_reported: bool | None = None
    #: What is due and not done, extensions counted: ``triage``, ``closing``, or ``1`` for either.
    overdue: str | None = None
    #: ``from=YYYY-MM-DD``: occurred on this day at its site or later.
    first_day: date | None = None
    #: ``to=YYYY-MM-DD``: occurred on this day at its site or earlier.
    last_day: date | None = None
    #: As known on a day: recorded on it at its site or earlier, and with ``recurrence`` also decided by then.
    known_on: date | None = None
    #: Words looked for in number, title and external id.
    q: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Return the filters of an address. Raises ``NotAllowed`` naming the one that is not understood."""
        given = {name: value.strip() for name, value in query.items() if value.strip()}
        no_team = given.get("team") == "none"
        return cls(
            site=_id("site", given),
            network=_id("network", given),
            batch=_id("batch", given),
            state=given.get("state"),
            kind=given.get("kind"),
            severity=given.get("severity"),
            process_step=given.get("process_step"),
            category=given.get("category"),
            root_cause_class=given.get("root_cause_class"),
            detection_channel=given.get("detection_channel"),
            recurrence=given.get("recurrence"),
            team=None if no_team else _id("team", given),
            no_team=no_team,
            self_reported=_truth("self_reported", given),
            overdue=_overdue(given),
            first_day=day("from", given),
            last_day=day("to", given),
            known_on=day("known_on", given),
            q=given.get("q", "")[:100],
        )

    def as_query(self) -> dict[str, str]:
        """Return the address's query for these filters."""
        renamed = {"first_day": "from", "last_day": "to"}
        found: dict[str, str] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "no_team" or value is None or value == "":
                continue
            found[renamed.get(field.name, field.name)] = str(int(value)) if isinstance(value, bool) else str(value)
        return {**found, "team": "none"} if self.no_team else found


def day(name: str, query: Mapping[str, str]) -> date | None:
    """Return a day of an address, None if it names none. Raises ``NotAllowed`` if it is not understood."""
    text = query.get(name, "").strip()
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        raise _not_understood(name) from None
    if found is not None and not is_meant(found):
        raise _not_understood(name)
    return found


def _id(name: str, given: Mapping[str, str]) -> UUID | None:
    try:
        return UUID(given[name]) if name in given else None
    except ValueError:
        raise _not_understood(name) from None


def _truth(name: str, given: Mapping[str, str]) -> bool | None:
    if name not in given:
        return None
    if given[name] not in {"0", "1"}:
        raise _not_understood(name)
    return given[name] == "1"


def _overdue(given: Mapping[str, str]) -> str | None:
    asked = given.get("overdue", "0")
    if asked not in {"0", "1", "triage", "closing"}:
        raise _not_understood("overdue")
    return None if asked == "0" else asked


def _not_understood(name: str) -> NotAllowed:
    return NotAllowed(f"The filter “{name}” in the address is not understood. Open the list and choose it there.")
