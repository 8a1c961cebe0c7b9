"""The start of coaching on the page: computed at night, by site within the reader's sites, and nothing of a person."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.rollout.commands import make_nightly_rollout
from behavior_metrics.rollout.models import RolloutRun
from coaching.api import first_held
from lms.extensions import db
from lms.permissions import Actor, Role
from lms.unit_of_work import run
from tests.factories.behavior import a_life, history, moment, opened, qa_after_a_life, qa_of_the_network, quarter
from tests.factories.people import Beginning, Someone, a_site, a_team, someone


def night() -> str:
    return run(make_nightly_rollout, Actor.system("make_nightly_rollout"), "due")


def a_review(qa: Someone, of: Quarter, code: str = "AAA") -> None:
    site = a_site(code)
    coach = someone(Role.COACH, site, name="Carl Coach")
    operator = someone(Role.OPERATOR, site, team=a_team(site, "Blue"), name="Olga Silent")
    with history(qa) as past:
        past.commitments(coach, operator, moment(of, 20), kept=1, late=0, open_=0)


def panel(page: str) -> str:
    return unescape(page).split('id="starts"', 1)[1].split("</section>")[0]


def test_each_site_stands_with_its_start_and_what_is_missing(app: Flask, sign_in: Any) -> None:
    qa = qa_of_the_network(a_site("AAA"))
    browser = opened(sign_in(qa))
    assert "Not computed yet" in panel(browser.get("/behavior/coaching").get_data(as_text=True))
    a_life(qa, "AAA", "BBB")
    a_review(qa, quarter(3))
    night()
    told = panel(browser.get("/behavior/coaching").get_data(as_text=True))
    of_a = told.split("Site AAA</th>", 1)[1].split("Site BBB</th>")[0]
    assert quarter(3).words in of_a
    assert "months with batches before the start: 12 needed" in of_a
    of_b = told.split("Site BBB</th>", 1)[1]
    assert "none yet" in of_b
    assert "no review was held here yet" in of_b
    assert "sites with batches: 8 needed, 2 there" in told
    assert "Olga" not in told
    assert "Carl" not in told
    assert "caused" not in told
    file = browser.get("/behavior/coaching-starts.csv").data.decode("utf-8-sig")
    assert len(file.strip().splitlines()) == 1 + 2 * 2 + 2


def test_qa_of_a_site_sees_its_own_start_and_no_figure_of_all(beginning: Beginning, sign_in: Any, queries: Any) -> None:
    beginning(qa_after_a_life, ("AAA", "BBB"))
    night()
    browser = opened(sign_in(someone(Role.QA, a_site("BBB"))))
    browser.get("/behavior/coaching")
    with queries() as seen:
        page = browser.get("/behavior/coaching").get_data(as_text=True)
    assert len(seen) <= 6, seen
    assert "Site AAA" not in panel(page)
    assert "Site BBB" in panel(page)
    assert "sites with batches" not in panel(page)
    file = browser.get("/behavior/coaching-starts.csv").data.decode("utf-8-sig")
    assert "Site AAA" not in file
    assert "all sites" not in file


def test_a_night_without_a_change_computes_nothing_and_one_with_a_change_does(beginning: Beginning) -> None:
    qa = beginning(qa_after_a_life, ("AAA",))
    assert night().startswith("run ")
    assert night() == "nothing changed since the last run"
    a_review(qa, quarter(2))
    assert night().startswith("run "), "coaching has begun"
    assert db.session.scalar(select(func.count()).select_from(RolloutRun)) == 2


def test_the_first_review_is_dated_by_the_sites_own_day(app: Flask) -> None:
    site = a_site("KIR", "Pacific/Kiritimati")
    qa = qa_of_the_network(site)
    of = quarter(2)
    coach, operator = someone(Role.COACH, site), someone(Role.OPERATOR, site, team=a_team(site, "Blue"))
    at = datetime.combine(of.first_day, datetime.min.time(), UTC).replace(hour=22)
    with history(qa) as past:
        past.commitments(coach, operator, at, kept=1, late=0, open_=0)
    assert first_held(qa.actor)[site.id] == at.date().replace(day=2)
    assert first_held(someone(Role.QA, a_site("BBB")).actor) == {}
