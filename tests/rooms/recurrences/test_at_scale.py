"""What the database looks up for a rule is what the rule finds; thousands that wait are shown as a few and counted truly."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, insert, select

from lms import clock
from lms.audit.models import AuditEvent
from lms.deviations import desk_queries
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.ids import new_id
from lms.outbox.delivery import deliver_outbox
from lms.outbox.models import OutboxMessage
from lms.permissions import Role
from lms.recurrences import commands, rules
from lms.recurrences.cli import rescan
from lms.recurrences.models import Recurrence
from lms.recurrences.queries import elsewhere
from lms.recurrences.reconciling import facts_of, in_parts
from lms.recurrences.similar import COMPARED, similar
from lms.unit_of_work import run
from tests.factories.deviations import classified, stored
from tests.factories.people import INSTALLER, Someone, a_site, someone

KEY = ("transduction", "procedure_execution", "method")
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney")


def write(rows: list[dict[str, Any]]) -> list[UUID]:
    """Write deviations as a file would have brought them, without a command for each."""
    numbers = db.session.scalar(select(func.count()).select_from(Deviation)) or 0
    given = [
        {
            "id": deviation_id,
            "version": 1,
            "number": f"N-{numbers + number}",
            "kind": "deviation",
            "title": "Something happened",
            "description": "Something happened.",
            "recorded_at": row["occurred_at"],
            "detection_channel": "performer",
            "self_reported": True,
            "state": "triaged",
            "triage_due_at": row["occurred_at"] + timedelta(days=1),
            **dict(zip(("process_step", "category", "root_cause_class"), KEY, strict=True)),
            **row,
        }
        for number, row in enumerate(rows)
        for deviation_id in (new_id(),)
    ]
    db.session.execute(insert(Deviation), given)
    db.session.commit()
    return [row["id"] for row in given]


def random_facts(seed: int) -> list[UUID]:
    """Write 80 deviations of few kinds at four sites, many at one moment, and a few that are not classified."""
    chance = random.Random(seed)
    sites = [a_site(f"S{number}", zone).id for number, zone in enumerate(ZONES)]
    start = datetime.fromisoformat("2025-10-20T00:00:00+00:00")  # clocks change within the window
    moments = [start + timedelta(hours=6 * chance.randrange(2400)) for _ in range(40)]
    return write(
        [
            {
                "site_id": chance.choice(sites),
                "occurred_at": chance.choice(moments),
                "process_step": chance.choice(["thaw", "harvest"]),
                "root_cause_class": chance.choice(["method", ""]) if chance.random() < 0.2 else "method",
                "state": chance.choice(["triaged", "triaged", "closed", "closed", "reported", "rejected_duplicate"]),
            }
            for _ in range(80)
        ]
    )


def all_facts() -> rules.Facts:
    return facts_of([a_site(f"S{number}").id for number in range(len(ZONES))])


@pytest.mark.parametrize("seed", range(6))
def test_what_is_looked_up_for_r2_is_what_the_rule_finds(app: Flask, seed: int) -> None:
    random_facts(seed)
    facts = all_facts()
    found = rules.find(rules.R2, facts)
    assert len(found) > 20
    for later in facts.occurrences:
        wanted = [(match.earlier_id, match.days_between) for match in found if match.later_id == later.id]
        assert [(match.earlier_id, match.days_between) for match in elsewhere(later)] == wanted


@pytest.mark.parametrize(("days", "found"), [(365, [365]), (366, [])])
def test_the_last_day_of_the_window_is_looked_up_whole(app: Flask, days: int, found: list[int]) -> None:
    """365 calendar days at the site may be nearly 366 times 24 hours."""
    late = datetime.fromisoformat("2026-06-30T21:30:00+00:00")  # half past eleven at night in Berlin
    early = (late - timedelta(days=days)).replace(hour=22, minute=30) - timedelta(
        days=1
    )  # half past midnight, that day
    here = a_site("S0", "Europe/Berlin")
    write([{"site_id": a_site("S1", "Europe/Berlin").id, "occurred_at": early}])
    (later,) = write([{"site_id": here.id, "occurred_at": late}])
    assert [match.days_between for match in elsewhere(db.session.get_one(Deviation, later))] == found


@pytest.mark.parametrize("seed", range(2))
def test_a_rescan_in_parts_stores_what_the_rules_find_in_all_and_a_second_one_nothing(
    app: Flask, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random_facts(seed)
    monkeypatch.setattr(commands, "in_parts", lambda sizes: in_parts(sizes, 30))
    said = run(commands.rescan_every_site, INSTALLER, "nightly")
    parts = deliver_outbox()
    assert parts > 1
    assert said == f"4 sites, asked for in {parts} parts"
    columns = select(Recurrence.rule, Recurrence.deviation_id, Recurrence.earlier_id, Recurrence.days_between)
    stored = sorted(tuple(row) for row in db.session.execute(columns))
    found = [("R1", m.later_id, m.earlier_id, m.days_between) for m in rules.find(rules.R1, all_facts())]
    assert stored == sorted(found)
    assert stored
    events = db.session.scalar(select(func.count()).select_from(AuditEvent))
    run(commands.rescan_every_site, INSTALLER, "nightly")
    assert deliver_outbox() == parts
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == events


def progress(*arguments: str) -> str:
    return CliRunner().invoke(rescan, arguments, catch_exceptions=False).output


def test_a_part_that_breaks_off_is_run_again_and_the_others_are_not_lost(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No rescan was asked for yet" in progress()
    assert json.loads(progress("--json")) is None
    random_facts(7)
    monkeypatch.setattr(commands, "in_parts", lambda sizes: in_parts(sizes, 1))
    run(commands.rescan_every_site, INSTALLER, "nightly")
    told = json.loads(progress("--json"))
    assert told["parts"] > 1
    assert (told["done"], told["failed"]) == (0, 0)
    whole, calls = commands.reconcile, iter(range(100))

    def breaks_once(*arguments: Any, **named: Any) -> Any:
        if next(calls) == 1:
            raise OSError("the disk was full")
        return whole(*arguments, **named)

    monkeypatch.setattr(commands, "reconcile", breaks_once)
    assert "0 of 4 parts are done, 4 wait" in progress()
    assert deliver_outbox() == 3
    assert "3 of 4 parts are done, 1 wait" in progress()
    assert "1 of these broke off" in progress()
    left = db.session.scalars(select(OutboxMessage).where(OutboxMessage.done_at.is_(None))).one()
    assert (left.attempts, left.error) == (1, "the disk was full")
    monkeypatch.setattr(clock, "now", lambda at=left.due_at: at)
    assert deliver_outbox() == 1
    assert db.session.scalar(select(func.count()).select_from(Recurrence)) == len(rules.find(rules.R1, all_facts()))


def test_parts_hold_every_site_once_and_a_large_one_is_a_part_by_itself() -> None:
    sizes = [(UUID(int=number), size) for number, size in enumerate([4, 5, 20, 1, 1, 1, 0])]
    assert [[site.int for site in part] for part in in_parts(sizes, 10)] == [[0, 1], [2], [3, 4, 5, 6]]
    assert in_parts([], 10) == []


# -- the desk ------------------------------------------------------------------------------------------------------------


def many(qa: Someone, count: int) -> list[UUID]:
    """Write so many deviations that wait for triage, all due long ago but the last."""
    now = clock.now()
    return write(
        [
            {
                "site_id": a_site().id,
                "occurred_at": now - timedelta(hours=count - number),
                "state": "reported",
                "category": "",
                "root_cause_class": "",
            }
            for number in range(count)
        ]
    )


def test_of_many_that_wait_the_first_are_shown_and_all_are_counted(
    app: Flask, sign_in: Any, queries: Callable[[], Any]
) -> None:
    dana = someone(Role.QA)
    chidi = someone(Role.OPERATOR)
    ids = many(dana, desk_queries.SHOWN + 7)
    classified(chidi, dana, days_ago=100)
    undecided = classified(chidi, dana, days_ago=10)
    found = desk_queries.queue(dana.actor, since=clock.now() - timedelta(hours=1))
    assert [row.id for row in found.reported.rows] == ids[: desk_queries.SHOWN], "least time left first"
    assert (found.reported.total, found.reported.more) == (desk_queries.SHOWN + 7, 7)
    assert [row.id for row in found.undecided.rows] == [undecided]
    assert (found.done.total, len(found.done.rows)) == (1, 1), "what waits for a decision is not among the done"
    browser = sign_in(dana)
    browser.get(f"/deviations/{ids[0]}/triage")
    with queries() as seen:
        page = browser.get(f"/deviations/{ids[0]}/triage").get_data(as_text=True)
    assert len(seen) <= 6
    assert len(re.findall('class="li"', page)) == desk_queries.SHOWN + 2
    assert "and 7 more" in page
    assert f'<span class="sub">{desk_queries.SHOWN + 7}</span>' in page


def test_a_reported_one_with_a_match_to_decide_stands_on_the_desk_once(app: Flask) -> None:
    dana = someone(Role.QA)
    first, second, third = many(dana, 3)
    match = {
        "version": 1,
        "earlier_id": first,
        "site_id": a_site().id,
        "rule_version": 1,
        "window_days": 365,
        "days_between": 0,
        "found_at": clock.now(),
        "decision": "proposed",
        "decision_reason": "",
    }
    matches = [(second, "R1"), (second, "R3"), (third, "R1")]
    given = [
        {"id": UUID(int=number), "deviation_id": later, "rule": rule, **match}
        for number, (later, rule) in enumerate(matches, 1)
    ]
    db.session.execute(insert(Recurrence), given)
    db.session.commit()
    found = desk_queries.queue(dana.actor, since=clock.now() + timedelta(days=1))
    assert [row.id for row in found.reported.rows] == [first, second, third]
    assert [part.total for part in (found.reported, found.undecided, found.done)] == [3, 0, 0]


def test_another_sites_desk_is_empty(app: Flask) -> None:
    many(someone(Role.QA), 3)
    foreign = someone(Role.QA, a_site("BBB"))
    found = desk_queries.queue(foreign.actor, since=clock.now() - timedelta(days=1))
    assert found.next is None
    assert found.reported.total == 0


def test_of_many_other_sites_the_nearest_are_shown_and_all_are_counted(app: Flask, sign_in: Any) -> None:
    ana = someone(Role.QA, a_site("HQ"), everywhere=True)
    now = clock.now()
    write([{"site_id": a_site(f"S{n}").id, "occurred_at": now - timedelta(days=10 + n)} for n in range(13)])
    (again,) = write([{"site_id": a_site().id, "occurred_at": now - timedelta(hours=1)}])
    page = sign_in(ana).get(f"/deviations/{again}/elsewhere").get_data(as_text=True)
    assert "13 other sites have had it" in page
    assert page.count("days earlier") == 10
    assert "and 3 more, longer ago" in page


# -- R4 ------------------------------------------------------------------------------------------------------------------


def test_the_sites_own_old_record_is_compared_however_many_are_newer_elsewhere(app: Flask) -> None:
    ana = someone(Role.QA, a_site(), everywhere=True)
    now = clock.now()
    told = "The peristaltic pump head cracked while the bag was filled."
    (old,) = write([{"site_id": a_site().id, "occurred_at": now - timedelta(days=900), "description": told}])
    newer = [
        {"site_id": a_site("BBB").id, "occurred_at": now - timedelta(days=2, minutes=n), "description": f"Label {n}."}
        for n in range(COMPARED + 50)
    ]
    write(newer)
    again = "While filling the bag the head of the peristaltic pump cracked."
    (this,) = write([{"site_id": a_site().id, "occurred_at": now - timedelta(days=1), "description": again}])
    assert [found.id for found in similar(ana.actor, stored(this), again)] == [old]


def test_a_rare_word_in_common_weighs_more_than_many_common_ones(app: Flask) -> None:
    ana = someone(Role.QA, a_site(), everywhere=True)
    now = clock.now()
    told = [f"The operator stopped the run and called the shift lead, reason {n}." for n in range(8)]
    told.append("Cryovial rack jammed in the dewar; nothing was lost.")
    ids = write(
        [{"site_id": a_site().id, "occurred_at": now - timedelta(days=9, hours=n), "description": text}
         for n, text in enumerate(told)]
    )  # fmt: skip
    query = "The operator stopped the run: the rack jammed in the dewar."
    (this,) = write([{"site_id": a_site().id, "occurred_at": now - timedelta(days=1), "description": query}])
    assert similar(ana.actor, stored(this), query)[0].id == ids[-1]
