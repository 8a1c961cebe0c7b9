"""The annex lists what happened in its year, of its site only, and the file holds what the page holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from lms import clock
from lms.annex.printing import as_pdf
from lms.annex.queries import annex
from lms.annex.sections import Section, sections
from lms.extensions import db
from lms.permissions import Role
from lms.recurrences.commands import decide_recurrence
from lms.recurrences.models import Recurrence
from lms.refusals import NotFound
from lms.unit_of_work import run
from tests.factories.assessments import a_world
from tests.factories.capas import an_action
from tests.factories.deviations import a_batch, classified
from tests.factories.people import Someone, a_site, days_ago, someone, today
from tests.factories.standings import REASON, operators, stands


@pytest.fixture
def ana(app: Flask) -> Someone:
    return someone(Role.QA, a_site("CTL", is_control_site=True), everywhere=True, name="Ana Quality")


def year() -> int:
    return clock.now().year


def part(ana: Someone, title: str) -> Section:
    found = annex(ana.actor, a_site("AAA").id, year())
    return next(section for section in sections(found) if section.title == title)


def test_it_lists_deviations_actions_pauses_and_lifts_of_the_site_and_year(ana: Someone) -> None:
    site, other = a_site("AAA"), a_site("BBB")
    chidi, ivo = someone(), someone(Role.RESPONSIBLE_PERSON, name="Ivo Person")
    own = classified(chidi, ana, days_ago=5)
    classified(chidi, ana, days_ago=500)
    classified(chidi, ana, days_ago=2, process_step="thaw")
    classified(someone(site=other), ana, days_ago=5, site=other)
    an_action(ana, own, ana)
    a_batch(ana, started_on=today() - timedelta(days=3))
    stands(ivo, "pause", site, at=days_ago(2))
    stands(ana, "lift", site, at=days_ago(1), reason="source found and removed")
    stands(ana, "pause", other)
    deviations = part(ana, "Deviations and good catches").rows
    assert [row[3:] for row in deviations] == [("Major", "Triaged", "–"), ("Major", "Triaged", "–")]
    actions = part(ana, "Corrective and preventive actions").rows
    assert [row[3:] for row in actions] == [("Open", "not known yet")]
    steps = part(ana, "Pauses, suspensions and lifts").rows
    assert [(row[2], row[3], row[4], row[5]) for row in steps] == [
        ("Site AAA", "Paused", REASON, "Ivo Person"),
        ("Site AAA", "Lifted", "source found and removed", "Ana Quality"),
    ]
    assert steps[0][1] != "still in force"
    assert [row[1] for row in part(ana, "The year in figures").rows] == ["1", "2 (2 major)", "0", "1", "2"]


def test_a_confirmed_recurrence_is_marked_and_counted_alike(ana: Someone) -> None:
    a_site("AAA")
    chidi = someone()
    for days in (20, 10):
        classified(chidi, ana, days_ago=days)
    again = db.session.scalars(select(Recurrence).where(Recurrence.rule == "R1")).one()
    run(
        decide_recurrence,
        ana.signing,
        "test",
        again.id,
        version=again.version,
        decision="confirmed",
        reason="same worksheet",
    )
    assert [row[5] for row in part(ana, "Deviations and good catches").rows] == ["–", "confirmed"]
    assert part(ana, "The year in figures").rows[2][1] == "1"


def test_nobody_who_was_paused_is_named(ana: Someone) -> None:
    person = someone(name="Nora Named")
    stands(ana, "pause", a_site("AAA"), person=person)
    (row,) = part(ana, "Pauses, suspensions and lifts").rows
    assert row[1:3] == ("still in force", "one person")
    assert "Nora" not in str(row)


def test_a_pause_that_began_the_year_before_and_still_lasts_is_listed(ana: Someone) -> None:
    stands(ana, "pause", a_site("AAA"), at=days_ago(400))
    assert len(part(ana, "Pauses, suspensions and lifts").rows) == 1
    stands(ana, "lift", a_site("AAA"), at=days_ago(390), reason="source found and removed")
    assert part(ana, "Pauses, suspensions and lifts").rows == []


def test_the_page_and_the_file_hold_training_too(ana: Someone, sign_in, queries) -> None:
    operators(a_world(a_site("AAA")), 3)
    stands(ana, "pause", a_site("AAA"))
    browser, site_id = sign_in(ana), a_site("AAA").id
    with queries() as seen:
        page = browser.get(f"/sites/{site_id}/annex").get_data(as_text=True)
    assert len(seen) <= 6, seen
    assert "<td>0</td><td>0</td><td>3</td>" in page
    assert REASON in page
    answer = browser.get(f"/sites/{site_id}/annex.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-1.7")
    assert b"StructTreeRoot" in answer.data
    assert browser.get(f"/sites/{site_id}/annex?year=1999").status_code == 422


def test_words_are_never_read_as_markup_and_the_same_data_give_the_same_bytes() -> None:
    hostile = '#panic("read") #image("/etc/passwd") $x$ = heading *bold* \\u{41} <label> @ref'
    parts = [Section("Deviations #panic()", ("a", "b", "c", "d", "e", "f"), [(hostile,) * 6] * 120)]
    first, second = (as_pdf(title="T", site=hostile, known="k", foot="f", sections=parts) for _ in range(2))
    assert first.startswith(b"%PDF-1.7")
    assert first == second


def test_another_site_has_no_annex_here(ana: Someone, sign_in) -> None:
    site, stranger = a_site("AAA"), someone(Role.SITE_LEAD, a_site("BBB"))
    with pytest.raises(NotFound):
        annex(stranger.actor, site.id, year())
    browser, site_id = sign_in(stranger), a_site("AAA").id
    assert browser.get(f"/sites/{site_id}/annex").status_code == 404
    assert browser.get(f"/sites/{site_id}/annex.pdf").status_code == 404
