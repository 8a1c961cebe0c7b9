"""The five counts of follow-through, by hand, at the edges of a day, and with everything that must not count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from behavior_metrics.follow_through.days import Span
from behavior_metrics.follow_through.queries import Behind, counted, items
from behavior_metrics.follow_through.tallies import Counted, Place
from behavior_metrics.frames.queries import places
from behavior_metrics.sentence.lines import ROLLING, spans_of
from behavior_metrics.stats.followthrough import PARTS
from behavior_metrics.summaries.commands import recount_summaries
from behavior_metrics.summaries.jobs import fold_summaries
from behavior_metrics.summaries.models import RaisedCount
from behavior_metrics.weights.queries import zones_and_weights
from coaching.commitments.models import Commitment
from lms import clock
from lms.capas import commands as capas
from lms.extensions import db
from lms.network import commands as network
from lms.network.models import Site, Team
from lms.permissions import Role
from lms.unit_of_work import run, transaction
from lms.web.times import start_of_day
from tests.factories.accountability import an_assignment, changed, qa_and_team_after_a_full_quarter
from tests.factories.behavior import history, moment, qa_of_the_network, quarter
from tests.factories.capas import an_action
from tests.factories.people import INSTALLER, Beginning, Someone, a_site, a_team, someone, today

LAST = quarter(1)


def seen(reader: Someone) -> tuple[tuple[Span, ...], Counted]:
    spans = spans_of(places(reader.actor).window(clock.now(), 9))
    zones, _weights = zones_and_weights()
    return spans, counted(reader.actor, spans, zones)


def of(reader: Someone, site: Site, team: Team | None = None, key: int = LAST.index) -> dict[str, tuple[int, int]]:
    _spans, found = seen(reader)
    return {
        tally.part: (tally.done, tally.due) for tally in found.tallies(Place(site.id, team.id if team else None), key)
    }


def test_what_was_raised_is_the_same_kept_or_counted_and_whatever_changed_since(qa: Someone) -> None:
    site, other = a_site(), a_site("BBB", "America/New_York")
    team = a_team(site)
    with history(qa) as past:
        for back in range(1, 9):
            for hours, channel in ((1.0, "performer"), (30.0, "peer"), (1.0, "audit"), (1.0, "alarm")):
                past.deviation(site, team, moment(quarter(back), 3 + back), channel=channel, hours_late=hours)
                past.deviation(other, None, moment(quarter(back), 88), channel=channel, hours_late=hours)
    spans, live = seen(qa)
    fold_summaries()
    assert seen(qa) == (spans, live), "from what is kept"
    assert live.cells[site.id, team.id, LAST.index, "raised_first"] == (2, 3)
    assert live.cells[other.id, None, quarter(8).index, "raised_in_time"] == (1, 2)
    with history(qa) as past:
        past.deviation(site, None, moment(LAST, 40), channel="performer")
    _spans, changed_since = seen(qa)
    assert changed_since.network[LAST.index, "raised_first"] == (5, 7)
    assert changed_since.network[quarter(2).index, "raised_first"] == (4, 6)
    fold_summaries()
    assert seen(qa) == (spans, changed_since)
    with transaction() as connection:  # so that it shows which quarters are read from what is kept
        connection.execute(update(RaisedCount).values(raised_in_time=RaisedCount.raised_first))
    _spans, spoilt = seen(qa)
    assert spoilt.network[LAST.index, "raised_in_time"] == (5, 5)
    assert spoilt.network[ROLLING, "raised_in_time"] == changed_since.network[ROLLING, "raised_in_time"]
    assert run(recount_summaries, INSTALLER, "test", doubt=True)
    assert seen(qa) == (spans, changed_since), "what is doubted is not read"
    fold_summaries()
    assert seen(qa) == (spans, changed_since), "and is made anew"


@pytest.fixture
def qa(app: Flask) -> Someone:
    return qa_of_the_network(a_site())


def test_raised_first_compares_with_what_somebody_found_later_and_with_no_machine(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    with history(qa) as past:
        past.deviation(site, team, moment(LAST, 1), channel="performer")
        past.deviation(site, team, moment(LAST, 2), channel="peer", hours_late=25)
        past.deviation(site, team, moment(LAST, 3), channel="supervisor")
        past.deviation(site, team, moment(LAST, 4), channel="audit")
        past.deviation(site, team, moment(LAST, 5), channel="alarm")
        past.deviation(site, team, moment(LAST, 6), channel="qc_em_result")
    assert of(qa, site, team)["raised_first"] == (2, 4)
    assert of(qa, site, team)["raised_in_time"] == (1, 2), "of what was raised by us, and 25 hours are late"


def test_a_good_catch_counts_once_quality_assurance_accepted_it(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    with history(qa) as past:
        past.deviation(site, team, moment(LAST, 1), channel="performer", kind="good_catch", triaged=False)
    assert of(qa, site, team)["raised_first"] == (0, 0)
    with history(qa) as past:
        past.deviation(site, team, moment(LAST, 2), channel="performer", kind="good_catch")
    assert of(qa, site, team)["raised_first"] == (1, 1)


def test_a_commitment_that_waits_on_others_is_neither_kept_nor_late(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    coach, operator = someone(Role.COACH, site), someone(Role.OPERATOR, site, team=team)
    with history(qa) as past:
        past.commitments(coach, operator, moment(LAST, 5), kept=1, late=1, open_=1)
    assert of(qa, site, team)["commitments_kept"] == (1, 3)
    late, waiting = db.session.scalars(select(Commitment).order_by(Commitment.position)).all()[1:]
    changed(late, due_with_waits=late.due_on + timedelta(days=5))
    changed(waiting, clock_stopped_on=waiting.due_on)
    assert of(qa, site, team)["commitments_kept"] == (2, 2)


def test_an_action_is_on_time_by_its_first_day_whatever_was_extended(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    owner = someone(Role.OPERATOR, site, team=team)
    with history(qa) as past:
        cause = past.deviation(site, None, moment(LAST, 1))
    opened = {"punctual": 0, "extended": 2, "cancelled": 0, "never": None}
    for title, late in opened.items():
        action = an_action(qa, cause, owner, title=title, days_ago=70, due_on=today() - timedelta(days=20))
        if title == "cancelled":
            run(capas.cancel_capa, qa.actor, "test", action.id, version=action.version, reason="not needed")
        elif late is not None:
            changed(
                action,
                state="implemented",
                implemented_on=action.due_on + timedelta(days=late),
                extended_to=action.due_on + timedelta(days=9),
            )
    assert of(qa, site, team, ROLLING)["actions_on_time"] == (1, 3)


@pytest.mark.parametrize(
    ("zone", "minutes", "on_time"),
    [
        ("Asia/Tokyo", -1, True),
        ("Asia/Tokyo", 1, False),
        ("America/New_York", -1, True),
        ("America/New_York", 1, False),
        ("Europe/Berlin", -1, True),
        ("Europe/Berlin", 1, False),
    ],
)
def test_training_is_on_time_until_midnight_of_the_site(qa: Someone, zone: str, minutes: int, *, on_time: bool) -> None:
    site = a_site("ZZZ", zone)
    team = a_team(site)
    operator = someone(Role.OPERATOR, site, team=team)
    due = LAST.last_day - timedelta(days=15)
    an_assignment(operator, due, start_of_day(due + timedelta(days=1), zone) + timedelta(minutes=minutes))
    assert of(qa, site, team)["currency_owned"] == (int(on_time), 1)


def test_training_not_done_counts_as_due_and_cancelled_training_does_not(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    people = [someone(Role.OPERATOR, site, team=team) for _ in range(2)]
    due = LAST.last_day - timedelta(days=15)
    an_assignment(people[0], due, None, "open")
    an_assignment(people[1], due, None, "cancelled")
    assert of(qa, site, team)["currency_owned"] == (0, 1)


def test_who_was_in_the_team_is_counted_on_the_last_day_of_the_window(qa: Someone) -> None:
    site, team = a_site(), a_team(a_site())
    people = [someone(Role.OPERATOR, site, team=team) for _ in range(3)]
    run(network.join_team, INSTALLER, "test", people[0].person.id, a_team(site, "Red").id, on=LAST.first_day)
    _spans, found = seen(qa)
    assert found.people(Place(site.id, team.id), LAST.index) == 2
    assert found.people(Place(site.id, team.id), quarter(2).index) == 3
    assert found.people(Place(site.id), LAST.index) == 3, "the site has all of them"


def test_every_figure_is_the_length_of_the_list_it_opens(beginning: Beginning) -> None:
    qa, _ = beginning(qa_and_team_after_a_full_quarter)
    site, team = a_site(), a_team(a_site())
    spans, found = seen(qa)
    zones, _weights = zones_and_weights()
    compared = 0
    for place in (Place(site.id, team.id), Place(site.id)):
        for span in spans:
            for tally in found.tallies(place, span.key):
                for done_only, figure in ((False, tally.due), (True, tally.done)):
                    total, rows = items(qa.actor, Behind(tally.part, span, place, done_only), zones, 1)
                    assert (total, len(rows)) == (figure, figure), (tally, span)
                    assert not done_only or all(row.counts for row in rows)
                    compared += figure > 0
    assert compared > 20


def test_a_site_holds_its_teams_and_what_no_team_made(qa: Someone) -> None:
    site, blue, red = a_site(), a_team(a_site(), "Blue"), a_team(a_site(), "Red")
    with history(qa) as past:
        past.deviation(site, blue, moment(LAST, 1), channel="performer")
        past.deviation(site, red, moment(LAST, 2), channel="audit")
        past.deviation(site, None, moment(LAST, 3), channel="peer")
    assert of(qa, site, blue)["raised_first"] == (1, 1)
    assert of(qa, site, red)["raised_first"] == (0, 1)
    assert of(qa, site)["raised_first"] == (2, 3)


def test_the_share_is_drawn_to_the_whole_network_but_no_other_site_comes_out_of_the_database(qa: Someone) -> None:
    mine, theirs = a_site("AAA"), a_site("BBB", "Asia/Tokyo")
    my_team, their_team = a_team(mine), a_team(theirs)
    with history(qa) as past:
        past.deviation(mine, my_team, moment(LAST, 1), channel="performer")
        past.deviation(theirs, their_team, moment(LAST, 2), channel="audit")
    reader = someone(Role.QA, mine)
    _spans, found = seen(reader)
    raised = found.tallies(Place(mine.id), LAST.index)[0]
    assert (raised.done, raised.due, raised.network_share) == (1, 1, 0.5)
    assert {site for site, _team, _key, _part in found.cells} == {mine.id}
    span = next(one for one in seen(reader)[0] if one.key == LAST.index)
    hidden = Behind("raised_first", span, Place(theirs.id))
    zones, _weights = zones_and_weights()
    assert items(qa.actor, hidden, zones, 1)[0] == 1
    assert items(reader.actor, hidden, zones, 1) == (0, [])


def test_one_statement_counts_everything_however_much_there_is(beginning: Beginning, queries: Any) -> None:
    qa, _ = beginning(qa_and_team_after_a_full_quarter)
    spans = spans_of(places(qa.actor).window(clock.now(), 9))
    zones = {a_site().zone}
    with queries() as asked:
        found = counted(qa.actor, spans, zones)
    assert len(asked) == 1
    assert {part for _site, _team, _key, part in found.cells} >= set(PARTS)
