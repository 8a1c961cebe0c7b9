"""A network of any number of deviations over 500 sites, for measuring what grows. Written straight into PostgreSQL's tables.

The named fixtures are ``10k``, ``100k`` and ``1m``. The same name always gives the same records, but for their moments, which
lie within five years before the present one. Sites and recurrence keys are as uneven as in life: a few have most.

It is no true record: no command made it, so its rows stand in no trail, and its decisions carry no signature.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import Index, Table, insert, select
from sqlalchemy.schema import CreateIndex, DropIndex

from behavior_metrics.frames.quarters import Quarter
from coaching.surveys.instrument import IN_FORCE, shipped
from coaching.surveys.models import SurveyRelease
from lms import clock
from lms.capas.models import Capa
from lms.deviations import taxonomy
from lms.deviations.models import Deviation
from lms.exposure.models import Batch
from lms.extensions import Base, db
from lms.network.models import Site, Team
from lms.permissions import Role
from lms.recurrences import rules
from lms.recurrences.models import Recurrence
from lms.recurrences.rules import R1, R3, ActionInPlace, Decision, Facts, Match, Occurrence
from tests.factories.people import Someone, a_site, someone

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
SITES = 500
YEARS = 5
#: Teams of a site; of so many records one belongs to none. Hours from what happened to its record, in the mean.
TEAMS, ONE_WITHOUT_TEAM_IN, RECORDED_HOURS = 2, 20, 20.0
#: Quarters of which the survey released each team's climate, the share withheld, and what small groups are rounded to.
SURVEYED, WITHHELD, SCORES = 13, 0.15, (4.0, 4.75, 5.5, 6.25)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Europe/Paris", "America/Los_Angeles", "Australia/Sydney")
#: How uneven: the weight of rank r is 1 / (r + this).
SITES_EVENNESS, KEYS_EVENNESS = 30, 3
#: Younger than so many days: may wait for triage; for a decision on its match; for closing.
REPORTED_DAYS, UNDECIDED_DAYS, OPEN_DAYS = 5, 12, 60
#: Of so many deviations one has an action in place; of so many matches one is not stored yet, for a rescan to find.
ONE_ACTION_IN, ONE_NOT_FOUND_IN = 40, 300
#: A key is the three codes of a deviation.
Key = tuple[str, str, str]

_THINGS = (
    "transfer bag", "worksheet", "incubator", "label", "settle plate", "pump", "cryovial", "filter", "centrifuge",
    "sample tube", "vector vial", "sleeve", "scale", "printer", "cell counter", "shipper", "medium bottle", "audit log",
    "gown", "waste container",
)  # fmt: skip
_WHAT = (
    "the {thing} was {state} when the second person looked",
    "nobody had signed for the {thing}, which was {state}",
    "the {thing} was found {state} and put aside",
    "we noticed that the {thing} was {state} and stopped",
    "the {thing} did not agree with the batch record, it was {state}",
    "the reading of the {thing} was {state} and was taken again",
)
_STATES = (
    "mislabelled", "outside its limits", "open", "too warm", "past its date", "smudged", "not recorded", "swapped",
    "leaking", "missing", "entered twice", "switched off", "late", "half full",
)  # fmt: skip
_WHERE = (
    "In room 3", "At the second isolator", "During the night shift", "Before the hand-over", "At line clearance",
    "While an alarm was ringing", "After the break", "At bench 2", "In the airlock", "On the second run",
)  # fmt: skip
_ENDS = (
    "Stopped before use.", "The shift lead was called.", "The batch went on after a check.", "Both read it again.",
    "It was replaced.", "QA was told at once.", "The alarm came eight minutes later.",
)  # fmt: skip


def write_network(size: int) -> Someone:
    """Write a network of so many deviations into this application's empty database; return QA of the control site."""
    chance = random.Random(f"candor {size}")  # noqa: S311 - a fixture, no secret
    control = a_site("S000", is_control_site=True)
    qa = someone(Role.QA, control, everywhere=True)
    site_ids = [control.id, *(_id(chance) for _ in range(SITES - 1))]
    zones = [ZONES[number % len(ZONES)] for number in range(SITES)]
    others = (
        {"id": site_id, "version": 1, "network_id": control.network_id, "code": f"S{number:03}",
         "name": f"Site {number:03}", "zone": zones[number], "state": "active", "is_control_site": False}
        for number, site_id in enumerate(site_ids)
        if number
    )  # fmt: skip
    person_id, now = qa.person.id, clock.now()
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    shares = Counter(chance.choices(range(SITES), cum_weights=_uneven(SITES, SITES_EVENNESS), k=size))
    keys = _Keys(chance)
    db.session.commit()  # nothing may stand in the way of the indexes
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        _copy(cursor, Site, others)
        teams = {site_id: [_id(chance) for _ in range(TEAMS)] for site_id in site_ids}
        _copy(
            cursor,
            Team,
            (
                {"id": team_id, "version": 1, "site_id": site_id, "name": f"Team {number}"}
                for site_id, of_site in teams.items()
                for number, team_id in enumerate(of_site, 1)
            ),
        )
        indexes = [index for model in (Deviation, Recurrence, Capa, Batch) for index in _of(model).indexes]
        _each(cursor, indexes, DropIndex)
        for number, site_id in enumerate(site_ids):
            made = _Made(chance, now, site_id, f"S{number:03}", zones[number], person_id, teams[site_id])
            made.make(keys, shares[number])
            matches = made.recurrences()
            for model, rows in (
                (Deviation, made.deviations), (Capa, made.actions), (Recurrence, matches), (Batch, made.batches()),
            ):  # fmt: skip
                _copy(cursor, model, rows)
        _each(cursor, indexes, CreateIndex)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    return qa


def release_climate() -> int:
    """Write the survey's figures: of each team one for a quarter, of three years, but for some withheld; return how many."""
    chance, asked = random.Random("climate"), shipped()[IN_FORCE]  # noqa: S311 - a fixture, no secret
    newest = Quarter.of(clock.now().date()).index - 1
    rows: list[dict[str, object]] = []
    for team_id, site_id in db.session.execute(select(Team.id, Team.site_id).order_by(Team.id)).all():
        for index in range(newest - SURVEYED + 1, newest + 1):
            if chance.random() < WITHHELD:
                continue
            quarter = Quarter(index)
            first, last = (f"{day:%Y-%m}" for day in (quarter.first_day, quarter.last_day))
            rows.append(
                {"cell": f"team:{team_id}", "instrument_version": asked.name, "first_month": first, "last_month": last,
                 "scope": "team", "team_id": team_id, "site_id": site_id, "instrument": IN_FORCE, "n_band": "5-9",
                 "score": f"{chance.choice(SCORES):.4f}", "response": ">=75",
                 "released_on": quarter.last_day + timedelta(days=10)}
            )  # fmt: skip
    db.session.execute(insert(SurveyRelease), rows)
    db.session.commit()
    return len(rows)


class _Keys:
    """Recurrence keys in the order of how often they occur."""

    def __init__(self, chance: random.Random) -> None:
        self.ranked: list[Key] = [
            (step, category, cause)
            for step in taxonomy.PROCESS_STEPS
            for category in taxonomy.CATEGORIES
            for cause in taxonomy.ROOT_CAUSE_CLASSES
        ]
        chance.shuffle(self.ranked)
        self._weights = _uneven(len(self.ranked), KEYS_EVENNESS)

    def some(self, chance: random.Random, count: int) -> list[Key]:
        """Return keys as they come in life."""
        return chance.choices(self.ranked, cum_weights=self._weights, k=count)


@dataclass
class _Made:
    """What is made for one site."""

    chance: random.Random
    now: datetime
    site_id: UUID
    code: str
    zone: str
    person_id: UUID
    teams: Sequence[UUID]

    def make(self, keys: _Keys, count: int) -> None:
        chance = self.chance
        self.beside = random.Random(f"teams and hours of {self.code}")  # noqa: S311 - a fixture, no secret
        ages = sorted((chance.random() * YEARS * 365.25 for _ in range(count)), reverse=True)
        self.deviations: list[dict[str, object]] = []
        self.occurrences: list[Occurrence] = []
        self.actions: list[dict[str, object]] = []
        self.in_place: list[ActionInPlace] = []
        for number, (age, key) in enumerate(zip(ages, keys.some(chance, count), strict=True), 1):
            self._deviation(number, age, key)

    def _deviation(self, number: int, age: float, key: Key) -> None:
        chance, occurred_at = self.chance, self.now - timedelta(days=age)
        draw = chance.random()
        state = (
            "reported"
            if age < REPORTED_DAYS and draw < 0.7
            else "rejected_duplicate"
            if draw < 0.005
            else "triaged"
            if age < OPEN_DAYS or draw > 0.99
            else "closed"
        )
        classified = state != "reported"
        step, category, cause = key if classified else (key[0], "", "")
        text = _text(chance, key)
        deviation_id = _id(chance)
        channel = chance.choice(taxonomy.DETECTION_CHANNELS)
        self.deviations.append(
            {
                "id": deviation_id,
                "version": 2 if classified else 1,
                "number": f"{self.code}-DEV-{occurred_at.year}-{number:06}",
                "site_id": self.site_id,
                "kind": "deviation",
                "title": text.split(". ")[0],
                "description": text,
                "immediate_action": "",
                "occurred_at": occurred_at,
                "team_id": self._team(self.beside),
                "recorded_at": min(
                    self.now, occurred_at + timedelta(hours=self.beside.expovariate(1 / RECORDED_HOURS))
                ),
                "reported_by_id": self.person_id,
                "detection_channel": channel,
                "self_reported": taxonomy.is_self_reported(channel),
                "process_step": step,
                "category": category,
                "root_cause_class": cause,
                "severity": chance.choice(taxonomy.SEVERITIES) if classified else "",
                "severity_rationale": "As it was found." if classified else "",
                "state": state,
                "triaged_at": min(self.now, occurred_at + timedelta(days=1)) if classified else None,
                "triage_due_at": occurred_at + timedelta(days=1, hours=1),
                "closed_at": occurred_at + timedelta(days=OPEN_DAYS) if state == "closed" else None,
                "late_reason": "",
                "answer": "",
            }
        )
        if state in {"triaged", "closed"}:
            occurrence = Occurrence(deviation_id, self.site_id, *key, occurred_at)
            self.occurrences.append(occurrence)
            if chance.randrange(ONE_ACTION_IN) == 0 and age > OPEN_DAYS:
                self._action(number, occurrence)

    def _action(self, number: int, after: Occurrence) -> None:
        capa_id, opened_on = _id(self.chance), after.occurred_at.date()
        in_place_on = opened_on + timedelta(days=30)
        self.actions.append(
            {
                "id": capa_id,
                "version": 2,
                "number": f"{self.code}-CAPA-{opened_on.year}-{number:06}",
                "site_id": self.site_id,
                "deviation_id": after.id,
                "kind": "corrective",
                "title": "A second reading before use",
                "description": "",
                "owner_id": self.person_id,
                "opened_on": opened_on,
                "due_on": in_place_on,
                "state": "implemented",
                "implemented_on": in_place_on,
                "evidence": "Read in the room.",
                "grace_days": 14,
                "verdict": "",
            }
        )
        self.in_place.append(ActionInPlace(capa_id, after, in_place_on, 14))

    def recurrences(self) -> Iterator[dict[str, object]]:
        """Return the matches that the rules find, most with a decision; a few are left out."""
        facts = Facts(self.occurrences, self.in_place, {self.site_id: self.zone})
        moments = {occurrence.id: occurrence.occurred_at for occurrence in self.occurrences}
        for rule in (R1, R3):
            for match in rules.find(rule, facts):
                if self.chance.randrange(ONE_NOT_FOUND_IN):
                    yield self._recurrence(rule, match, moments[match.later_id])

    def batches(self) -> Iterator[dict[str, object]]:
        """Return what the site made, by a chance of its own: about two batches for each deviation."""
        chance = random.Random(f"batches of {self.code}")  # noqa: S311 - a fixture, no secret
        for number in range(2 * len(self.deviations)):
            started_on = (self.now - timedelta(days=chance.random() * YEARS * 365.25)).date()
            yield {
                "id": _id(chance), "version": 1, "number": f"{self.code}-B-{number:07}", "site_id": self.site_id,
                "product": f"CAR-T {'ABC'[number % 3]}", "process_version": "1", "started_on": started_on,
                "disposition": "released", "team_id": self._team(chance),
            }  # fmt: skip

    def _team(self, chance: random.Random) -> UUID | None:
        return chance.choice(self.teams) if chance.randrange(ONE_WITHOUT_TEAM_IN) else None

    def _recurrence(self, rule: str, match: Match, occurred_at: datetime) -> dict[str, object]:
        undecided = self.now - occurred_at < timedelta(days=UNDECIDED_DAYS)
        decision = Decision.CONFIRMED if self.chance.random() < 0.8 and rule == R1 else Decision.OVERRULED
        return {
            "id": _id(self.chance),
            "version": 1 if undecided else 2,
            "deviation_id": match.later_id,
            "earlier_id": match.earlier_id,
            "site_id": self.site_id,
            "rule": rule,
            "rule_version": rules.VERSIONS[rule],
            "window_days": rules.WINDOW_DAYS,
            "days_between": match.days_between,
            "found_at": occurred_at + timedelta(days=1),
            "decision": Decision.PROPOSED if undecided else decision,
            "decided_by_id": None if undecided else self.person_id,
            "decided_at": None if undecided else occurred_at + timedelta(days=2),
            "decision_reason": "" if undecided else "Read both.",
            "capa_id": match.capa_id,
        }


def _text(chance: random.Random, key: Key) -> str:
    """Return a story. What happens under one key is told with the same few things, in words that differ, with slips."""
    of_key = random.Random(" ".join(key))  # noqa: S311 - the same things for the same key
    thing, state = chance.choice(of_key.sample(_THINGS, 3)), chance.choice(of_key.sample(_STATES, 3))
    what = chance.choice(_WHAT).format(thing=thing, state=state)
    text = f"{chance.choice(_WHERE)} {what}. {chance.choice(_ENDS)}"
    if chance.random() < 0.1:
        at = chance.randrange(1, len(text) - 2)
        text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text


def _uneven(count: int, evenness: int) -> list[float]:
    return list(accumulate(1 / (rank + evenness) for rank in range(count)))


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _of(model: type[Base]) -> Table:
    return cast("Table", model.__table__)


def _each(cursor: psycopg.Cursor[Any], indexes: list[Index], statement: type[CreateIndex | DropIndex]) -> None:
    for index in indexes:
        cursor.execute(str(statement(index).compile(db.engine)).encode())


def _copy(cursor: psycopg.Cursor[Any], model: type[Base], rows: Iterable[dict[str, object]]) -> None:
    copying = None
    lines = []
    for row in rows:
        if copying is None:
            copying = f"copy {_of(model).name} ({', '.join(row)}) from stdin"
        lines.append("\t".join(map(_cell, row.values())))
    if copying is not None:
        with cursor.copy(copying.encode()) as copy:
            copy.write("\n".join((*lines, "")))


def _cell(value: object) -> str:
    if value is None:
        return r"\N"
    return value.isoformat() if isinstance(value, date) else str(value)
