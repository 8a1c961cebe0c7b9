"""Counts by team and quarter: what counts, in which quarter, and that every figure equals the list it opens."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from behavior_metrics.climate.queries import climate, climate_of
from behavior_metrics.frames.queries import NOTHING, Frame, frame, recurred_lately
from lms import clock
from lms.deviations import queries as deviations
from lms.deviations.filters import Filters
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.network import commands as network
from lms.permissions import Role
from lms.recurrences import commands as recurrences
from lms.recurrences import rules
from lms.recurrences.models import Recurrence
from lms.recurrences.reconciling import facts_of
from lms.unit_of_work import run
from tests.factories.behavior import history, moment, opened, qa_of_the_network, quarter, release_climate
from tests.factories.people import INSTALLER, Someone, a_site, a_team, someone

LAST, BEFORE = quarter(1), quarter(2)


def counted(reader: Someone, known_on: date | None = None) -> Frame:
    return frame(reader.actor, clock.now(), 13, known_on)


@pytest.fixture
def qa(app: Flask) -> Someone:
    return qa_of_the_network(a_site())


def test_a_team_quarter_counts_what_a_person_would_count_by_hand(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    with history(qa) as past:
        past.batches(site, team, LAST, 4)
        past.deviation(site, team, moment(BEFORE))
        past.recurrence(site, team, moment(LAST, 1), channel="performer")
        past.recurrence(site, team, moment(LAST, 2), channel="alarm")
        past.recurrence(site, team, moment(LAST, 3), channel="peer", severity="major", hours_late=30)
        past.recurrence(site, team, moment(LAST, 4), channel="supervisor")
        past.deviation(site, team, moment(LAST, 5), channel="performer", kind="good_catch", step="harvest")
        past.deviation(site, team, moment(LAST, 6), channel="performer", triaged=False)
    counts = counted(qa).of_team(counted(qa).places.team(team.id), LAST)
    assert counts.batches == 4
    assert (counts.recurrences, counts.self_reported, counts.independent) == (4, 2, 2)
    assert counts.good_catches == 1
    assert (counts.raised_first, counts.to_be_raised) == (3, 4), (
        "the alarm is not compared, the report not triaged not counted"
    )
    assert counts.raised_in_time == 2, "one was recorded after thirty hours"


def test_a_match_that_is_overruled_or_still_to_be_decided_never_counts(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    with history(qa) as past:
        past.deviation(site, team, moment(LAST, 1))
        past.decide(past.deviation(site, team, moment(LAST, 2)), "overruled")
        past.deviation(site, team, moment(LAST, 3))
        confirmed = past.deviation(site, team, moment(LAST, 4))
        past.decide(confirmed)
    assert counted(qa).of_site(site.id, LAST).recurrences == 1


@pytest.mark.parametrize(("zone", "belongs_to"), [("Pacific/Kiritimati", LAST.next), ("America/Los_Angeles", LAST)])
def test_a_quarter_ends_at_midnight_of_the_site(qa: Someone, zone: str, belongs_to: Any) -> None:
    site = a_site("ZON", zone)
    # 23:30 UTC of the quarter's last day: already the next quarter in Kiritimati, the afternoon before in Los Angeles
    last_hour = moment(LAST.next, 0, 0) - timedelta(minutes=30)
    with history(qa) as past:
        past.deviation(site, None, moment(LAST, 1))
        past.recurrence(site, None, last_hour)
    counts = {when: counted(qa).of_site(site.id, when).recurrences for when in (LAST, LAST.next)}
    assert counts == {LAST: 0, LAST.next: 0} | {belongs_to: 1}


def test_what_no_team_made_counts_for_its_site_alone(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    with history(qa) as past:
        past.batches(site, None, LAST, 2)
        past.batches(site, team, LAST, 3)
        past.deviation(site, None, moment(LAST, 1))
        past.recurrence(site, None, moment(LAST, 2))
    here = counted(qa)
    assert here.of_site(site.id, LAST).batches == 5
    assert here.of_site(site.id, LAST).recurrences == 1
    assert here.of_team(here.places.team(team.id), LAST).recurrences == 0


def test_an_imported_study_network_is_not_the_home_network(qa: Someone) -> None:
    study = run(network.found_network, INSTALLER, "test", name="Study", taxonomy="study")
    run(network.open_site, INSTALLER, "test", study.id, code="STU", name="Study site", zone="UTC")
    assert [site.code for site in counted(qa).places.sites] == ["AAA"]


def test_qa_of_a_site_counts_its_own_site_only(qa: Someone) -> None:
    mine, theirs = a_site("AAA"), a_site("BBB")
    my_team, their_team = a_team(mine), a_team(theirs)
    with history(qa) as past:
        past.batches(mine, my_team, LAST, 1)
        past.batches(theirs, their_team, LAST, 2)
    own = counted(someone(Role.QA, mine))
    assert [site.id for site in own.places.sites] == [mine.id]
    assert own.of_site(theirs.id, LAST) == NOTHING
    assert not own.places.whole_network


def test_what_is_recorded_after_its_quarter_marks_it_and_is_not_known_the_day_before(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    with history(qa) as past:
        past.deviation(site, team, moment(BEFORE, 1))
        past.recurrence(site, team, moment(BEFORE, 5))
        # ten hours over the quarter's end, but recorded within a day
        past.recurrence(site, team, moment(BEFORE.next, 0, 0) - timedelta(hours=3), hours_late=13)
        # days late, but within its quarter
        past.recurrence(site, team, moment(LAST, 5), hours_late=72)
        late = past.recurrence(site, team, moment(BEFORE, 80), hours_late=24 * 30)
    day = db.session.get_one(Deviation, late).recorded_at.date()
    now, then, eve = counted(qa), counted(qa, day), counted(qa, day - timedelta(days=1))
    assert [now.of_site(site.id, q).recorded_later for q in (BEFORE, LAST)] == [1, 0]
    assert [now.of_team(now.places.team(team.id), q).recurrences for q in (BEFORE, LAST)] == [3, 1]
    assert (then.of_site(site.id, BEFORE).recurrences, then.of_site(site.id, BEFORE).recorded_later) == (3, 1)
    assert (eve.of_site(site.id, BEFORE).recurrences, eve.of_site(site.id, BEFORE).recorded_later) == (2, 0)
    assert (then.known_on, then.window.quarters[-1], LAST in then.window.closed_quarters) == (day, LAST, False)
    assert LAST in counted(qa, LAST.last_day).window.closed_quarters, "that day is over"
    assert counted(qa, clock.now().date() + timedelta(days=1)).known_on is None, "what is not over yet is now"


def test_a_recurrence_is_known_from_its_decision_on_and_the_rule_finds_it_in_what_was_recorded(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    day = moment(LAST, 20).date()
    with history(qa) as past:
        past.batches(site, team, LAST, 30)
        past.deviation(site, team, moment(LAST, 1))
        past.recurrence(site, team, moment(LAST, 3))
        undecided = past.deviation(site, team, moment(LAST, 5))
        past.recurrence(site, team, moment(LAST, 7), hours_late=24 * 20)
    with history(qa) as past:
        match = db.session.scalars(select(Recurrence).where(Recurrence.deviation_id == undecided)).one()
        at = moment(LAST, 25)
        values = {"version": match.version, "decision": "confirmed", "reason": "the same again"}
        past.day.run(recurrences.decide_recurrence, qa.signing_at(at), at, "test", match.id, **values)
    then = counted(qa, day).of_site(site.id, LAST)
    assert (then.recurrences, then.batches) == (1, 21)
    assert counted(qa).of_site(site.id, LAST).recurrences == 3
    until = moment(LAST, 21, 0)
    decided = select(Recurrence.deviation_id).where(Recurrence.decided_at < until)
    found = {match.later_id for match in rules.find("R1", facts_of([site.id], known_until=until))}
    assert set(db.session.scalars(decided)) < found, "the rule alone finds the one that was not decided yet as well"
    listed = {"recurrence": "confirmed", "known_on": str(day)}
    assert deviations.count(qa.actor, Filters.of(listed), now=clock.now()) == 1
    assert deviations.count(qa.actor, Filters.of({"known_on": str(day)}), now=clock.now()) == 3


@pytest.mark.parametrize(("zone", "known"), [("Pacific/Kiritimati", 1), ("America/Los_Angeles", 2)])
def test_a_day_is_over_at_the_site_when_it_is_over_there(qa: Someone, zone: str, known: int) -> None:
    site = a_site("ZON", zone)
    with history(qa) as past:
        past.deviation(site, None, moment(LAST, 1), channel="performer")
        # 20:00 UTC: the day after in Kiritimati, noon in Los Angeles
        past.deviation(site, None, moment(LAST, 10, 19), channel="performer", hours_late=1)
    day = moment(LAST, 10).date()
    assert counted(qa, day).of_site(site.id, LAST).raised_first == known
    assert deviations.count(qa.actor, Filters(known_on=day), now=clock.now()) == known


def test_the_home_page_shows_this_quarter_beside_the_last(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    with history(qa) as past:
        past.batches(site, team, LAST, 4)
        past.deviation(site, team, moment(BEFORE))
        past.recurrence(site, team, moment(LAST, 3))
    present, last, now = recurred_lately(qa.actor, clock.now())
    assert present == quarter(0)
    assert (last.recurrences, last.batches) == (1, 4)
    assert (now.recurrences, now.batches) == (0, 0)


def test_the_climate_of_a_quarter_is_the_mean_of_its_months_with_the_coarsest_rounding(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    release_climate(LAST, 5.0, team=team, month=0, band="10-19")
    release_climate(LAST, 5.75, team=team, month=1)
    release_climate(LAST, 4.0, site=site)
    release_climate(LAST, 3.0)
    found = climate(qa.actor, counted(qa).places)
    mine = found.of(team.id)[LAST]
    assert (mine.score, mine.rounding, mine.n_low, mine.cells) == (5.375, 0.75, 5, 2)
    assert [*found.by_team] == [team.id], "a pool of small teams is nobody's climate"
    assert {(pool.site, pool.climate.score) for pool in found.pooled} == {(site.id, 4.0), (None, 3.0)}
    own = climate(someone(Role.QA, site).actor, counted(someone(Role.QA, site)).places)
    assert {pool.site for pool in own.pooled} == {site.id}, "the network's pool is read with the whole network"


def test_one_teams_climate_alone_is_that_among_all_of_them(qa: Someone) -> None:
    """By the instrument that all of the reader's sites are read by, however old the team's own figures are."""
    site, other = a_site(), a_site("BBB")
    team, quiet, elsewhere = a_team(site), a_team(site, "Quiet"), a_team(other)
    release_climate(BEFORE, 5.0, team=team)
    release_climate(LAST, 5.75, team=team, month=1)
    release_climate(BEFORE, 4.0, team=elsewhere)

    def alike(reader: Someone) -> None:
        here = counted(reader).places
        every = climate(reader.actor, here)
        for one in here.teams:
            alone = climate_of(reader.actor, here, one)
            assert alone.of(one.id) == every.of(one.id)
            assert (alone.instrument, alone.pooled) == (every.instrument, ())

    alike(qa)
    assert climate_of(qa.actor, counted(qa).places, counted(qa).places.team(quiet.id)).of(quiet.id) == {}
    assert climate_of(qa.actor, counted(qa).places, None).instrument is None
    # a newer instrument, at the other site alone: for the whole network's reader the older figures are left out
    release_climate(LAST, 3.0, team=elsewhere, instrument="voice-climate 9")
    alike(qa)
    assert climate_of(qa.actor, counted(qa).places, counted(qa).places.team(team.id)).of(team.id) == {}
    mine = someone(Role.QA, site)
    alike(mine)
    assert len(climate_of(mine.actor, counted(mine).places, counted(mine).places.team(team.id)).of(team.id)) == 2
    # and of the network's small teams together, which only the whole network's reader sees
    release_climate(LAST, 3.0, month=1, instrument="voice-climate 99")
    alike(qa)
    alike(mine)


def links_with_counts(page: str) -> set[tuple[str, int]]:
    return {
        (unescape(address), int(number))
        for address, number in re.findall(r'<a (?:class="nw" )?href="([^"]+)">\+?(\d+)(?: recorded later)?</a>', page)
        if "/people" not in address
    }


def test_every_figure_of_the_page_equals_the_list_it_opens(qa: Someone, sign_in: Any) -> None:
    site, team = a_site("AAA", "America/New_York"), a_team(a_site("AAA", "America/New_York"))
    coach, operator = someone(Role.COACH, site), someone(Role.OPERATOR, site, team=team)
    with history(qa) as past:
        past.batches(site, team, LAST, 3)
        past.batches(site, None, BEFORE, 2)
        past.deviation(site, team, moment(BEFORE, 2))
        past.recurrence(site, team, moment(LAST, 1), channel="performer", hours_late=40)
        past.recurrence(site, team, moment(LAST, 2), channel="supervisor", severity="critical")
        past.recurrence(site, None, moment(LAST, 3), channel="audit")
        past.decide(past.deviation(site, team, moment(LAST, 4), channel="alarm"), "overruled")
        past.recurrence(site, team, moment(LAST.next, 0, 1), channel="peer")
        past.recurrence(site, team, moment(LAST, 70), channel="peer", hours_late=24 * 25)
        past.deviation(site, team, moment(LAST, 6), channel="peer", kind="good_catch", step="harvest")
        past.commitments(coach, operator, moment(LAST, 5), kept=1, late=1, open_=1)
    release_climate(BEFORE, 5.0, team=team)
    browser = opened(sign_in(qa))
    pages = browser.get("/behavior").get_data(as_text=True) + browser.get("/behavior/linkage").get_data(as_text=True)
    figures = links_with_counts(pages)
    assert any("recorded_later" in address for address, _ in figures)
    known = browser.get(f"/behavior?known_on={moment(LAST, 2).date()}").get_data(as_text=True)
    figures |= links_with_counts(known)
    assert len({number for _, number in figures}) > 3, "a page of noughts proves nothing"
    assert {re.match(r"/[\w/]+", address).group() for address, _ in figures} == {  # type: ignore[union-attr]
        "/deviations",
        "/batches",
        "/behavior/records",
        "/behavior/commitments",
    }
    for address, number in figures:
        shown = browser.get(address).get_data(as_text=True)
        listed = re.search(r"(\d+) (?:record|batch|commitment)", shown)
        assert listed, address
        assert int(listed.group(1)) == number, address


def test_the_list_of_commitments_tells_due_days_and_neither_names_nor_text(qa: Someone, sign_in: Any) -> None:
    site, team = a_site(), a_team(a_site())
    coach, operator = someone(Role.COACH, site), someone(Role.OPERATOR, site, team=team, name="Grace Hidden")
    with history(qa) as past:
        past.commitments(coach, operator, moment(LAST, 5), kept=1, late=1, open_=1)
    browser = opened(sign_in(qa))
    page = browser.get(f"/behavior/commitments?team={team.id}&quarter={LAST}").get_data(as_text=True)
    assert "3 commitments" in page
    assert page.count("kept") >= 2
    for secret in ("SECRET", "Grace", "Hidden", coach.person.family_name):
        assert secret not in page
    kept = browser.get(f"/behavior/commitments?team={team.id}&quarter={LAST}&kept=1").get_data(as_text=True)
    assert "1 commitment " in kept
