"""Counts kept ready: whatever happened, they and a count of everything are the same; killed half way they go on."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select, true, update

from behavior_metrics.counting.queries import Counts, counted, recounted
from behavior_metrics.counting.rules import Facet
from behavior_metrics.frames.queries import places
from behavior_metrics.summaries import jobs
from behavior_metrics.summaries.cli import summaries
from behavior_metrics.summaries.commands import recount_summaries
from behavior_metrics.summaries.models import BehaviorCount, BehaviorMark, BehaviorTotal
from behavior_metrics.summaries.queries import ADDED_UP, Ask, Key, newest_recount, summed
from lms.extensions import db
from lms.network.models import Site, Team
from lms.permissions import Actor, Role
from lms.recurrences.models import Recurrence
from lms.unit_of_work import run, transaction
from tests.factories.behavior import Historian, history, moment, qa_of_the_network, quarter
from tests.factories.people import Someone, a_site, a_team, someone

LAST = quarter(1)
QUARTERS = [quarter(back).index for back in range(4, -1, -1)]
ZONES = ("Pacific/Kiritimati", "America/Los_Angeles")


@pytest.fixture
def qa(app: Flask) -> Someone:
    return qa_of_the_network(a_site("AAA", ZONES[0]))


def read(qa: Someone) -> dict[Key, Counts]:
    """What the pages read."""
    changed = places(qa.actor).changed
    return summed(qa.actor, ZONES, QUARTERS, (Ask(tuple(Facet), by_site=True, by_quarter=True),), changed=changed)


def together(qa: Someone, site: Site | None = None) -> dict[Key, Counts]:
    """What the pages read of all the reader's sites, or of one."""
    asks, changed = (Ask(ADDED_UP, by_quarter=True),), places(qa.actor).changed
    return summed(qa.actor, ZONES, QUARTERS, asks, changed=changed, site=site.id if site else None)


def assert_together_they_are_what_they_are_one_by_one(qa: Someone) -> None:
    """The sites added up beforehand, less what changed, are the sites added up here."""
    sites, every = read(qa), together(qa)
    assert len(every) > 3
    found: dict[Key, Counts] = {}
    for key, counts in sites.items():
        if key.facet in ADDED_UP:
            whole = Key(key.facet, key.code, None, key.quarter)
            found[whole] = found.get(whole, Counts()) + counts
    assert every == found
    of_teams = select(func.count()).where(BehaviorTotal.facet == Facet.TEAM)
    assert db.session.scalar(of_teams) == 0


def counted_anew() -> dict[Key, Counts]:
    """What there is, whatever is kept."""
    rows = recounted(db.session.execute(counted(ZONES, QUARTERS, tuple(Facet), true())))
    return {Key(facet, code, site, when): counts for (site, when, facet, code), counts in rows.items()}


def marked() -> int:
    return db.session.scalar(select(func.count()).select_from(BehaviorMark)) or 0


class Chance:
    """Somebody who does anything that a network does, by a seed."""

    def __init__(self, seed: int, places: Iterable[tuple[Site, Team | None]]) -> None:
        self.random = random.Random(seed)
        self.places = list(places)
        self.day = 0

    def acts(self, past: Historian) -> None:
        site, team = self.random.choice(self.places)
        self.day += self.random.choice((1, 9, 40))
        when = quarter(4) if self.day < 100 else quarter(3) if self.day < 200 else LAST
        at = moment(when, self.day % 89, self.random.randrange(24))
        act = self.random.choice(("batch", "raised", "coded", "coded", "again", "again", "overruled", "recoded"))
        if act == "batch":
            past.batches(site, team, when, self.random.randrange(1, 3))
        elif act == "recoded" and (known := self._some_match()):
            past.decide(known, self.random.choice(("confirmed", "overruled")))
        else:
            step, channel = self.random.choice(("harvest", "thaw")), self.random.choice(("performer", "alarm", "audit"))
            late, severity = self.random.choice((1.0, 5.5, 30.0, 24 * 95)), self.random.choice(("minor", "major"))
            made = past.deviation(
                site, team, at, step=step, channel=channel, hours_late=late, severity=severity, triaged=act != "raised"
            )
            match = select(Recurrence.id).where(Recurrence.deviation_id == made, Recurrence.rule == "R1")
            if act in {"again", "overruled"} and db.session.scalar(match):
                past.decide(made, "confirmed" if act == "again" else "overruled")

    def _some_match(self) -> Any:
        found = db.session.scalars(
            select(Recurrence.deviation_id).where(Recurrence.rule == "R1").order_by(Recurrence.id)
        )
        every = found.all()
        return self.random.choice(every) if every else None


@pytest.mark.parametrize("seed", range(4))
def test_after_any_history_the_counts_read_are_those_of_the_records(qa: Someone, seed: int) -> None:
    sites = [a_site(code, zone) for code, zone in zip(("AAA", "BBB"), ZONES, strict=True)]
    chance = Chance(seed, [(sites[0], a_team(sites[0])), (sites[0], None), (sites[1], a_team(sites[1], "Red"))])
    for round_ in range(5):
        with history(qa) as past:
            for _ in range(7):
                chance.acts(past)
        assert read(qa) == counted_anew(), "with changes not folded in"
        assert_together_they_are_what_they_are_one_by_one(qa)
        if round_ % 2:
            assert jobs.fold_summaries() > 0
            assert marked() == 0
            assert read(qa) == counted_anew(), "from what is kept alone"
            assert_together_they_are_what_they_are_one_by_one(qa)
    every = read(qa)
    assert sum(counts.recurrences for key, counts in every.items() if key.facet is Facet.ALL) > 0
    assert sum(counts.batches for key, counts in every.items() if key.facet is Facet.PRODUCT) > 0


def test_what_is_classified_or_decided_later_is_counted_as_it_is_now(qa: Someone) -> None:
    site, team = a_site("AAA", ZONES[0]), a_team(a_site("AAA"))
    with history(qa) as past:
        past.batches(site, team, LAST, 2)
        past.deviation(site, team, moment(LAST, 1))
        again = past.recurrence(site, team, moment(LAST, 2))
        waits = past.deviation(site, team, moment(LAST, 3), channel="performer", triaged=False)
    jobs.fold_summaries()
    with history(qa) as past:
        past.classify(waits, moment(LAST, 5), step="harvest", channel="audit")
    assert read(qa) == counted_anew(), "classified, with another step, channel and no team"
    jobs.fold_summaries()
    with history(qa) as past:
        past.decide(again, "overruled")
    assert marked() > 0
    assert read(qa) == counted_anew()
    jobs.fold_summaries()
    assert read(qa) == counted_anew()
    assert sum(counts.recurrences for counts in read(qa).values()) == 0
    assert_together_they_are_what_they_are_one_by_one(qa)


def test_of_a_site_only_the_quarters_that_changed_are_counted_again(qa: Someone) -> None:
    site, team = a_site("AAA", ZONES[0]), a_team(a_site("AAA"))
    with history(qa) as past:
        past.batches(site, team, quarter(3), 2)
        past.batches(site, team, LAST, 2)
    jobs.fold_summaries()
    with transaction() as connection:  # so that it shows which quarters are read from what is kept
        connection.execute(update(BehaviorCount).values(batches=50))
    with history(qa) as past:
        past.batches(site, team, LAST, 1)
    assert places(qa.actor).changed == {site.id: frozenset({LAST.index})}
    found = {key.quarter: counts.batches for key, counts in read(qa).items() if key.facet is Facet.ALL}
    assert found == {quarter(3).index: 50, LAST.index: 3}


def test_a_page_reads_what_is_kept_and_counts_nothing_again(qa: Someone, queries: Any) -> None:
    site, team = a_site("AAA", ZONES[0]), a_team(a_site("AAA"))
    with history(qa) as past:
        past.batches(site, team, LAST, 3)
        past.deviation(site, team, moment(LAST, 1))
    jobs.fold_summaries()
    with queries() as seen:
        read(qa)
    assert len(seen) == 2, "the sites, and their counts"
    assert not [one for one in seen if "FROM deviation" in one]


def test_a_recount_finds_what_was_changed_unseen_says_so_and_goes_on_where_it_was_killed(
    qa: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites = [a_site(code, ZONES[0]) for code in ("AAA", "BBB", "CCC")]
    with history(qa) as past:
        for site in sites:
            past.batches(site, None, LAST, 2)
            past.deviation(site, None, moment(LAST, 1))
    jobs.fold_summaries()
    right, second = read(qa), sites[1].id
    with transaction() as connection:
        spoilt = update(BehaviorCount).where(BehaviorCount.site_id == second, BehaviorCount.facet == "all")
        connection.execute(spoilt.values(recorded=99))
        connection.execute(update(BehaviorTotal).where(BehaviorTotal.facet == "all").values(late=99))
    asked = run(recount_summaries, Actor.system("test"), "test")
    assert asked == "3 sites to be counted anew"
    assert "under way" in run(recount_summaries, Actor.system("test"), "test")
    assert read(qa) != right, "a recount doubts nothing until it has looked"
    calls = []
    whole = jobs.recounted

    def killed(rows: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(rows)

    monkeypatch.setattr(jobs, "recounted", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.fold_summaries()
    db.session.rollback()
    monkeypatch.undo()
    half = newest_recount()
    assert half is not None
    assert (half.sites, half.done) == (3, 2), "what was done stays done"
    told = json.loads(CliRunner().invoke(summaries, ["--json"], catch_exceptions=False).output)
    assert (told["sites"], told["done"]) == (3, 2)
    assert jobs.fold_summaries() == 1
    db.session.expire_all()
    assert (half.done, half.differed) == (3, 1)
    assert read(qa) == right
    assert_together_they_are_what_they_are_one_by_one(qa)
    assert jobs.fold_summaries() == 0


def test_records_that_came_by_another_way_are_counted_as_soon_as_what_is_kept_is_doubted(qa: Someone) -> None:
    site = a_site("AAA", ZONES[0])
    with history(qa) as past:
        past.deviation(site, None, moment(LAST, 1))
    jobs.fold_summaries()
    with transaction() as connection:
        connection.execute(BehaviorCount.__table__.delete())
    assert read(qa) == {}
    run(recount_summaries, Actor.system("test"), "test", doubt=True)
    for _ in range(2):
        assert read(qa) == counted_anew() != {}
        assert_together_they_are_what_they_are_one_by_one(qa)
        jobs.fold_summaries()


def test_qa_of_one_site_sums_its_own_site_alone(qa: Someone) -> None:
    mine, theirs = a_site("AAA", ZONES[0]), a_site("BBB", ZONES[1])
    with history(qa) as past:
        past.deviation(theirs, None, moment(LAST, 1))
    own = someone(Role.QA, mine)
    for _ in range(2):
        assert read(own) == {}
        assert together(own) == {}
        assert read(qa) != {}
        assert together(qa) != {}
        assert together(qa, mine) == {}, "who sees all may ask for one"
        jobs.fold_summaries()
