"""A baseline is frozen by signature, stays what it was, and says on the recurrence page whether the rate has drifted."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, time, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from behavior_metrics.baselines.commands import freeze_baseline
from behavior_metrics.baselines.models import RateBaseline
from behavior_metrics.months.rules import Month, until
from behavior_metrics.summaries import jobs
from lms import clock
from lms.audit.models import AuditEvent
from lms.exposure import commands as exposure
from lms.extensions import db
from lms.network.models import Site, Team
from lms.permissions import Role
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.signatures.models import Signature
from lms.unit_of_work import run
from tests.factories.behavior import Historian, history, opened, qa_of_the_network
from tests.factories.people import PASSWORD, Beginning, Someone, a_site, a_team, someone

MONTHS = until(clock.now().date(), 20)
QUIET, SINCE = MONTHS[:14], MONTHS[14:]


def at(month: Month, day: int, hour: int = 9) -> datetime:
    return datetime.combine(month.first_day + timedelta(days=day), time(hour), UTC)


def months(past: Historian, site: Site, team: Team, some: list[Month], found: int, said: int = 0) -> None:
    """Write months of five batches with so many independent recurrences and self-reported ones."""
    for month in some:
        for step in range(5):
            past.day.run(
                exposure.record_batch, past.qa.actor, at(month, step), "test", site_id=site.id, product="CAR-T A",
                number=f"{site.code}-{month}-{step}", started_on=month.first_day + timedelta(days=step), team_id=team.id,
            )  # fmt: skip
        for number in range(found):
            past.recurrence(site, team, at(month, 6 + number))
        for number in range(said):
            past.recurrence(site, team, at(month, 15 + number), channel="performer")


@pytest.fixture
def qa(beginning: Beginning) -> Someone:
    return beginning(qa_of_a_site_that_drifted)  # type: ignore[no-any-return]


def qa_of_a_site_that_drifted() -> Someone:
    """Return quality assurance of a network with fourteen quiet months at AAA, then six with four times as many found."""
    qa = qa_of_the_network(a_site("AAA"))
    site, team = a_site("AAA"), a_team(a_site("AAA"))
    with history(qa) as past:
        past.deviation(site, team, at(QUIET[0], 0))
        months(past, site, team, QUIET, 1)
        months(past, site, team, SINCE, 4)
    return qa


def form(**values: object) -> dict[str, object]:
    given = {"first": str(QUIET[0]), "last": str(QUIET[-1]), "reason": "The process was settled.", "version": 0}
    return {**given, "password": PASSWORD, **values}


def address(site: Site) -> str:
    return f"/behavior/recurrence/{site.id}/baselines"


def test_from_no_baseline_to_a_drift_that_is_dated(qa: Someone, sign_in: Any) -> None:
    site, browser = a_site("AAA"), opened(sign_in(qa))
    before = unescape(browser.get(f"/behavior/recurrence?site={site.id}").get_data(as_text=True))
    assert "No baseline is frozen for this site" in before
    choose = unescape(browser.get(address(site)).get_data(as_text=True))
    assert "Their counts are frozen as they are now" in choose
    answer = browser.post(address(site), data=form())
    assert answer.status_code == 302
    page = unescape(browser.get(f"/behavior/recurrence?site={site.id}").get_data(as_text=True))
    panel = page.split('id="drift"', 1)[1].split("</section>")[0]
    assert "Independent or major: The rate has risen above the baseline." in panel
    assert f"since {SINCE[0].words}" in panel
    assert "Self-reported: Cannot tell: fewer than five in the baseline" in panel
    assert re.search(r"false alarm once in about 3\d years", panel)
    assert "caused" not in panel
    for month in SINCE:
        listed = re.search(rf'<a href="([^"]*records[^"]*month={month}[^"]*)">(\d+)</a>', panel)
        assert listed is not None
        assert listed.group(2) == "4"
        assert "4 records" in browser.get(listed.group(1)).get_data(as_text=True)
    rows = list(
        csv.DictReader(io.StringIO(browser.get(f"/behavior/recurrence/{site.id}/drift.csv").data.decode("utf-8-sig")))
    )
    assert [row["recurrences"] for row in rows if row["outcome"] == "independent"] == ["1"] * 14 + ["4"] * 6
    assert {row["state"] for row in rows if row["outcome"] == "independent"} == {"risen"}


def test_a_baseline_is_signed_recorded_and_does_not_move_with_what_is_entered_later(qa: Someone, sign_in: Any) -> None:
    site, team = a_site("AAA"), a_team(a_site("AAA"))
    browser = opened(sign_in(qa))
    browser.post(address(site), data=form())
    frozen = db.session.scalars(select(RateBaseline)).one()
    signature = db.session.scalars(select(Signature).where(Signature.record_id == frozen.id)).one()
    assert (signature.meaning, signature.reason) == ("approved", "The process was settled.")
    assert db.session.scalar(select(func.count()).where(AuditEvent.rid == str(frozen.id))) == 1
    limits = browser.get(f"/behavior/recurrence/{site.id}/drift.csv").data
    with history(qa) as past:
        past.recurrence(site, team, at(SINCE[-1], 25))
        for step in range(9):
            past.day.run(
                exposure.record_batch, qa.actor, at(SINCE[-1], 26), "late", site_id=site.id, product="CAR-T A",
                number=f"late-{step}", started_on=QUIET[3].first_day, team_id=team.id,
            )  # fmt: skip
    rows = [
        [row for row in csv.DictReader(io.StringIO(one.decode("utf-8-sig"))) if row["in_baseline"] == "yes"]
        for one in (limits, browser.get(f"/behavior/recurrence/{site.id}/drift.csv").data)
    ]
    kept = ("month", "batches", "recurrences", "usual_per_100", "limit_low", "limit_high", "threshold")
    assert [[row[name] for name in kept] for row in rows[0]] == [[row[name] for name in kept] for row in rows[1]]
    assert "valid" in browser.get(address(site)).get_data(as_text=True)


def test_the_next_version_takes_over_and_the_one_before_stays_readable(qa: Someone, sign_in: Any) -> None:
    site, browser = a_site("AAA"), opened(sign_in(qa))
    browser.post(address(site), data=form())
    second = form(first=str(MONTHS[6]), last=str(MONTHS[-1]), reason="A new filler since then.", version=1)
    assert browser.post(address(site), data={**second, "version": 0}).status_code == 409, "made from an old page"
    assert browser.post(address(site), data=second).status_code == 302
    page = unescape(browser.get(address(site)).get_data(as_text=True))
    assert page.index("Baseline 2") < page.index("Baseline 1")
    assert "The process was settled." in page
    assert "A new filler since then." in page
    assert page.count("valid") >= 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "wrong"}, "password"),
        ({"reason": " "}, "Say why these months are the usual"),
        ({"last": str(QUIET[0]), "first": str(QUIET[5])}, "lies before the first"),
        ({"first": str(QUIET[-3])}, "12 are needed"),
        ({"first": "2020-13"}, "Not a valid choice"),
    ],
)
def test_what_is_refused_stays_on_the_form_and_freezes_nothing(
    qa: Someone, sign_in: Any, wrong: dict[str, object], said: str
) -> None:
    site, browser = a_site("AAA"), opened(sign_in(qa))
    answer = browser.post(address(site), data=form(**wrong))
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert said in page
    assert str(wrong.get("reason", "The process was settled.")) in page
    assert db.session.scalar(select(func.count()).select_from(RateBaseline)) == 0


def test_another_sites_qa_finds_nothing_and_other_roles_are_refused(qa: Someone, sign_in: Any) -> None:
    site, other = a_site("AAA"), a_site("BBB")
    opened(sign_in(qa)).post(address(site), data=form())
    stranger = opened(sign_in(someone(Role.QA, other)))
    assert stranger.get(address(site)).status_code == 404
    assert stranger.post(address(site), data=form(version=1)).status_code == 404
    assert stranger.get(f"/behavior/recurrence/{site.id}/drift.csv").status_code == 404
    lead = sign_in(someone(Role.SITE_LEAD, site))
    assert lead.get(address(site)).status_code == 403
    assert lead.post(address(site), data=form(version=1)).status_code == 403
    with pytest.raises(NotFound):
        run(
            freeze_baseline, someone(Role.QA, other).signing, "", site.id, first=QUIET[0], last=QUIET[-1], reason="x",
            current=1,
        )  # fmt: skip


def test_the_command_itself_refuses_a_month_that_is_not_over_and_an_old_page(qa: Someone) -> None:
    site, present = a_site("AAA"), Month(MONTHS[-1].index + 1)
    with pytest.raises(NotAllowed, match="not over"):
        run(freeze_baseline, qa.signing, "", site.id, first=QUIET[0], last=present, reason="x", current=0)
    with pytest.raises(StaleForm):
        run(freeze_baseline, qa.signing, "", site.id, first=QUIET[0], last=QUIET[-1], reason="x", current=1)


def test_with_a_baseline_the_pages_still_need_six_statements(qa: Someone, sign_in: Any, queries: Any) -> None:
    site, browser = a_site("AAA"), opened(sign_in(qa))
    browser.post(address(site), data=form())
    browser.post(address(site), data=form(version=1))
    while jobs.fold_summaries():
        pass
    for page in (f"/behavior/recurrence?site={site.id}", address(site)):
        browser.get(page)
        with queries() as seen:
            assert browser.get(page).status_code == 200
        assert len(seen) <= 6, (page, seen)


def test_a_months_list_begins_and_ends_at_midnight_of_its_site(app: Flask, sign_in: Any) -> None:
    site = a_site("KIR", "Pacific/Kiritimati")
    qa = qa_of_the_network(site)
    month, before = MONTHS[-1], MONTHS[-2]
    with history(qa) as past:
        past.deviation(site, None, at(before, 3))
        # ten at night of the last day by UTC is the first of the month on Kiritimati, fourteen hours ahead
        past.recurrence(site, None, datetime.combine(month.first_day - timedelta(days=1), time(22), UTC))
    browser = opened(sign_in(qa))
    for which, records in ((month, "1 record"), (before, "0 records")):
        link = f"/behavior/records?figure=independent&site={site.id}&month={which}"
        assert records in browser.get(link).get_data(as_text=True)
    assert browser.get("/behavior/records?figure=independent&month=2026-13").status_code == 422
    rows = (
        unescape(browser.get(address(site)).get_data(as_text=True))
        .split(f">{month.words}</th>", 1)[1]
        .split("</tr>")[0]
    )
    assert ">1</a>" in rows
