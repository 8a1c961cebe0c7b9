"""The console shows every site of the reader's, and each figure is the number of rows in the list that it opens."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lms import clock
from lms.console.queries import SiteLine, lines
from lms.extensions import db
from lms.permissions import Role
from lms.recurrences.commands import decide_recurrence
from lms.recurrences.models import Recurrence
from lms.unit_of_work import run
from tests.factories.assessments import a_world
from tests.factories.capas import an_action
from tests.factories.deviations import a_batch, a_deviation, classified
from tests.factories.people import Someone, a_site, days_ago, someone, today
from tests.factories.standings import a_planned_batch, an_onboarding_site, confirm_all, operators, rostered, stands


@pytest.fixture
def ana(app: Flask) -> Someone:
    return someone(Role.QA, a_site("CTL", is_control_site=True), everywhere=True)


def console(ana: Someone) -> dict[str, SiteLine]:
    now = clock.now()
    return {line.code: line for line in lines(ana.actor, now, today())}


def rows_of(browser, path: str) -> int:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return len(list(csv.reader(io.StringIO(answer.get_data(as_text=True))))) - 1


def test_every_figure_counts_as_many_as_its_list(ana: Someone, sign_in) -> None:
    other = a_site("BBB")
    chidi, elsewhere = someone(), someone(site=other)
    first = classified(chidi, ana, days_ago=200)
    again = classified(chidi, ana, days_ago=20)
    classified(chidi, ana, days_ago=700)
    a_deviation(chidi)
    a_deviation(elsewhere, other)
    match = db.session.scalars(select(Recurrence).where(Recurrence.rule == "R1")).one()
    run(
        decide_recurrence,
        ana.signing,
        "test",
        match.id,
        version=match.version,
        decision="confirmed",
        reason="same sheet",
    )
    an_action(ana, again, someone(Role.SITE_LEAD), days_ago=100)
    an_action(ana, first, someone(Role.SITE_LEAD), days_ago=2)
    for number, days in enumerate((10, 364, 365, 366, 500)):
        a_batch(ana, f"B-{number}", started_on=today() - timedelta(days=days))
    browser = sign_in(ana)
    page = browser.get("/console").get_data(as_text=True)
    for code in ("AAA", "BBB"):
        line = console(ana)[code]
        figures = {
            "state=open": line.open,
            "overdue=triage": line.overdue,
            "recurrence=confirmed": line.recurrences,
        }
        for query, shown in figures.items():
            link = re.search(
                rf'href="(/deviations\?[^"]*{line.id}[^"]*{query}[^"]*|/deviations\?[^"]*{query}[^"]*{line.id}[^"]*)"',
                page,
            )
            assert link is not None, query
            address = link[1].replace("&amp;", "&").replace("/deviations?", "/deviations.csv?")
            assert rows_of(browser, address) == shown, (code, query)
        assert rows_of(browser, f"/capas.csv?site={line.id}&overdue=1") == line.overdue_actions
        since = today() - timedelta(days=365)
        assert rows_of(browser, f"/batches.csv?site={line.id}&from={since}") == line.batches
    own = console(ana)["AAA"]
    assert (own.open, own.recurrences, own.batches, own.overdue_actions) == (4, 1, 3, 1)


def test_no_rate_without_exposure_and_an_exact_interval_with_it(ana: Someone, sign_in) -> None:
    a_site("AAA")
    browser = sign_in(ana)
    assert console(ana)["AAA"].rate is None
    assert "cannot tell yet" in browser.get("/console").get_data(as_text=True)
    for number in range(60):
        a_batch(ana, f"B-{number}", started_on=days_ago(30).date())
    rate = console(ana)["AAA"].rate
    assert rate is not None
    # R: poisson.test(0, 60)$conf.int * 100 gives 0 to 6.148133
    assert (rate.value, rate.low) == (0.0, 0.0)
    assert rate.high == pytest.approx(6.148133, abs=1e-6)


def test_what_is_held_back_stands_first_then_onboarding_then_the_name(ana: Someone) -> None:
    for code in ("AAA", "BBB", "DDD"):
        a_site(code)
    an_onboarding_site("NEW")
    ivo = someone(Role.RESPONSIBLE_PERSON, a_site("DDD"))
    stands(ivo, "pause", a_site("DDD"))
    late = classified(someone(site=a_site("BBB")), ana, days_ago=120, site=a_site("BBB"))
    an_action(ana, late, ana, days_ago=100)
    now = clock.now()
    assert [line.code for line in lines(ana.actor, now, today())] == ["DDD", "NEW", "BBB", "AAA", "CTL"]


def test_gates_are_counted_while_onboarding_and_the_next_batch_is_named(ana: Someone, sign_in, queries) -> None:
    site, new = a_site("AAA"), an_onboarding_site("NEW")
    operators(a_world(new), 2)
    confirm_all(ana, new, but="aps")
    a_planned_batch(ana, site, "P-2", in_days=5)
    a_planned_batch(ana, site, "P-1", in_days=2)
    found = console(ana)
    assert (found["NEW"].gates, found["AAA"].gates) == (8, None)
    assert found["AAA"].next_number == "P-1"
    browser = sign_in(ana)
    with queries() as seen:
        page = browser.get("/console").get_data(as_text=True)
    assert len(seen) <= 6, seen
    assert "8 / 11 gates" in page


def test_the_states_sum_and_filter_and_the_file_holds_the_same(ana: Someone, sign_in) -> None:
    for code in ("AAA", "BBB"):
        a_site(code)
    an_onboarding_site("NEW")
    browser = sign_in(ana)
    assert rows_of(browser, "/console.csv") == 4
    assert rows_of(browser, "/console.csv?state=onboarding") == 1
    assert rows_of(browser, "/console.csv?state=active") == 3
    assert browser.get("/console?state=magic").status_code == 422


def test_a_site_lead_sees_their_own_site_only(ana: Someone, sign_in) -> None:
    lead = someone(Role.SITE_LEAD, a_site("AAA"))
    a_site("BBB")
    page = sign_in(lead).get("/console").get_data(as_text=True)
    assert "Site AAA" in page
    assert "Site BBB" not in page


def test_training_states_sum_to_the_operators_and_open_lists_of_as_many(ana: Someone, sign_in) -> None:
    world = a_world(a_site("AAA"))
    people = operators(world, 4)
    someone(site=world.site)
    stands(ana, "pause", world.site, person=people[0])
    browser = sign_in(ana)
    page = browser.get("/console/training").get_data(as_text=True)
    assert "5 operators" in page
    shown = {
        status: int(count)
        for status, count in re.findall(rf'readiness\?site={world.site.id}&amp;status=(\w+)">(\d+)<', page)
    }
    assert sum(shown.values()) == 5
    assert (shown["paused"], shown["qualified"]) == (1, 3)
    for status, count in shown.items():
        assert rows_of(browser, f"/readiness.csv?site={world.site.id}&status={status}") == count


def test_readiness_begins_with_whose_run_comes_next(ana: Someone, sign_in) -> None:
    world = a_world(a_site("AAA"))
    first, second, third = operators(world, 3)
    rostered(ana, a_planned_batch(ana, world.site, "P-1", in_days=9).id, first, world.task_id)
    rostered(ana, a_planned_batch(ana, world.site, "P-2", in_days=2).id, third, world.task_id)
    sheet = sign_in(ana).get("/readiness.csv").get_data(as_text=True).lstrip("\ufeff")
    names = [row["person"] for row in csv.DictReader(io.StringIO(sheet))]
    assert names == [third.person.name, first.person.name, second.person.name]
