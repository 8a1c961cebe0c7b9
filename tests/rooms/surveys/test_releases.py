"""S5: what was released stays as it was, to the byte, however often one releases, restores or moves people."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update

from coaching import api
from coaching.surveys import published, queries, sealed
from coaching.surveys.models import SurveyKey, SurveyRelease, SurveyReleaseEvent, SurveySealed, SurveyTicket
from coaching.surveys.release import Scope
from lms.audit.report import Fault
from lms.audit.verification import verify
from lms.extensions import db
from lms.network import commands as network
from lms.permissions import Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run, transaction
from tests.factories.people import INSTALLER, a_site, a_team, someone
from tests.factories.surveys import (
    CANARY,
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    QUARTER,
    a_crew,
    a_crew_answers,
    a_registered_key,
    data_dir,
    noon,
    record,
    release,
    unlocked,
)

#: Every table of the survey's database, to be put back as it was.
TABLES = (SurveyTicket, SurveyKey, SurveySealed, SurveyRelease)
MID_OCTOBER, MID_NOVEMBER = date(2026, 10, 14), date(2026, 11, 18)


def _boxes() -> int:
    return db.session.scalar(select(func.count(SurveySealed.id))) or 0


def _rows() -> list[tuple[object, ...]]:
    columns = [getattr(SurveyRelease, column.name) for column in SurveyRelease.__table__.columns]
    return sorted((tuple(row) for row in db.session.execute(select(*columns))), key=str)


@contextmanager
def _backup_restored() -> Iterator[None]:
    """Put the survey's database back to how it was before the block, as a restore would."""
    kept = {}
    for model in TABLES:
        columns = [getattr(model, column.name) for column in model.__table__.columns]
        kept[model] = [dict(row._mapping) for row in db.session.execute(select(*columns))]
    yield
    with transaction("survey") as connection:
        for trigger in ("update", "delete"):
            on = " on survey_release" if connection.dialect.name == "postgresql" else ""
            connection.execute(text(f"drop trigger candor_no_{trigger}_survey_release{on}"))
        for model, rows in kept.items():
            connection.execute(delete(model))
            if rows:
                connection.execute(insert(model), rows)


def test_a_team_of_five_gets_a_figure_and_its_boxes_are_gone_while_four_wait(app: Flask) -> None:
    key = a_registered_key()
    five, four = a_crew(5, team="Five"), a_crew(4, team="Four")
    a_crew_answers(five, MID_OCTOBER)
    a_crew_answers(four, MID_OCTOBER)
    report = release(OCTOBER, key)
    (cell,) = api.released_cells()
    assert (cell.scope, cell.team_id, cell.n_band, cell.response) == (Scope.TEAM, five.team_id, "5-9", None)
    assert report.waiting == ("Site AAA, Four: Voice climate",)
    assert (report.counted, report.straight_lines, report.too_few) == (5, None, False)
    assert _boxes() == 4
    assert cell.low <= cell.score <= cell.high


def test_the_rows_stand_in_the_trail_with_their_hashes_before_they_are_published(app: Flask) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(5), MID_OCTOBER)
    release(OCTOBER, key)
    event = db.session.scalars(select(SurveyReleaseEvent)).one()
    assert [row["hash"] for row in event.rows] == [published.hash_of(row) for row in queries.stored_rows()]
    assert published.discrepancies(event.rows, queries.stored_rows()) == []
    # people were registered today and released in a simulated November, which is all that verify may find
    assert {finding.fault for finding in verify().findings} <= {Fault.TIME_GOES_BACK}


def test_releasing_again_adds_nothing(app: Flask) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(5, team="Five"), MID_OCTOBER)
    a_crew_answers(a_crew(3, team="Three"), MID_OCTOBER)
    release(OCTOBER, key)
    before = _rows()
    report = release(OCTOBER, key)
    assert (_rows(), report.rows, _boxes()) == (before, (), 3)
    assert len(queries.release_events()) == 1


def test_a_restored_backup_of_the_survey_is_not_released_a_second_time(app: Flask) -> None:
    """The boxes are back and the rows are gone; the trail knows better, and puts the same rows back."""
    key = a_registered_key()
    a_crew_answers(a_crew(6), MID_OCTOBER)
    with _backup_restored():
        release(OCTOBER, key)
        before = _rows()
    assert (_rows(), _boxes()) == ([], 6)
    report = release(OCTOBER, key)
    assert (_rows(), _boxes(), report.rows, report.put_back) == (before, 0, (), 1)


def test_after_a_restore_and_a_move_the_released_answers_form_no_new_figure(app: Flask) -> None:
    key = a_registered_key()
    crew = a_crew(6)
    a_crew_answers(crew, MID_OCTOBER)
    with _backup_restored():
        release(OCTOBER, key)
        before = _rows()
    elsewhere = a_team(a_site(), "Elsewhere")
    for operator in crew.operators[:5]:
        run(network.join_team, INSTALLER, "moved", operator.person.id, elsewhere.id, on=date(2026, 10, 20))
    for month in (OCTOBER, NOVEMBER, DECEMBER):
        release(month, key)
    assert (_rows(), _boxes()) == (before, 0)


def test_a_crash_between_the_trail_and_the_table_is_mended_by_the_next_release(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(5), MID_OCTOBER)
    with monkeypatch.context() as patch:
        patch.setattr(sealed, "_publish", _killed)
        with pytest.raises(KeyboardInterrupt):
            release(OCTOBER, key)
    assert (_rows(), _boxes(), len(queries.release_events())) == ([], 5, 1)
    report = release(OCTOBER, key)
    assert (len(_rows()), _boxes(), report.put_back, len(queries.release_events())) == (1, 0, 1, 1)
    assert published.discrepancies(queries.release_events()[0].rows, queries.stored_rows()) == []


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_late_answer_brought_into_the_database_joins_nothing_that_was_released(app: Flask) -> None:
    """Somebody gives a used ticket back; the answer comes with a window still open, after the month's release."""
    key = a_registered_key()
    crew = a_crew(6)
    reviews = a_crew_answers(crew, MID_OCTOBER)
    release(OCTOBER, key)
    before = _rows()
    with transaction("survey") as connection:
        connection.execute(update(SurveyTicket).values(used=False))
    for operator, review_id in zip(crew.operators, reviews, strict=True):
        sealed.submit(operator.person.id, review_id, CANARY, at=noon(MID_OCTOBER + timedelta(days=7)))
    for month in (OCTOBER, NOVEMBER, DECEMBER):
        release(month, key)
    assert (_rows(), _boxes()) == (before, 0)


def test_at_the_quarters_end_small_teams_form_one_figure_and_the_rest_is_destroyed_unread(app: Flask) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(3, site="AAA", team="A"), MID_OCTOBER)
    a_crew_answers(a_crew(3, site="AAA", team="B"), MID_NOVEMBER)
    a_crew_answers(a_crew(3, site="BBB", team="C"), MID_OCTOBER)
    assert len(release(OCTOBER, key).waiting) == 2
    release(NOVEMBER, key)
    report = release(DECEMBER, key)
    (cell,) = api.released_cells()
    assert (cell.scope, cell.site_id, cell.n_band) == (Scope.SITE_SMALL_TEAMS, a_site("AAA").id, "5-9")
    assert (str(cell.first_month), str(cell.last_month)) == ("2026-10", "2026-11")
    assert (report.too_few, report.waiting, _boxes()) == (True, (), 0)
    state = queries.key_of(QUARTER)
    assert state is not None
    assert state.retired


def test_a_reader_sees_the_figures_of_their_sites_and_the_networks(app: Flask) -> None:
    key = a_registered_key()
    for site in ("AAA", "BBB"):
        a_crew_answers(a_crew(5, site=site), MID_OCTOBER)
    release(OCTOBER, key)
    here, everywhere = someone(Role.QA, a_site("AAA")).actor, someone(Role.QA, everywhere=True).actor
    assert {cell.site_id for cell in api.released_cells(here)} == {a_site("AAA").id}
    assert len(api.released_cells(everywhere)) == len(api.released_cells()) == 2


def test_a_release_needs_the_right_key_the_right_day_and_the_servers_secrets(app: Flask) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(5), MID_OCTOBER)
    other = a_registered_key(QUARTER.next)
    cases = [
        ("needs the key of 2026-Q4", OCTOBER, other, OCTOBER.releasable_from),
        ("may still arrive. Release it from 09-Nov-2026", OCTOBER, key, date(2026, 11, 8)),
    ]
    for sentence, month, wrong_key, on in cases:
        with pytest.raises(NotAllowed, match=sentence):
            sealed.release_month(month, unlocked(wrong_key), on=on, record=record)
    place = data_dir() / "keys" / "survey-rounding.secret"
    aside = Path(shutil.move(place, place.with_name("aside")))
    with pytest.raises(NotAllowed, match=r"Put the file survey-rounding\.secret back"):
        release(OCTOBER, key)
    shutil.move(aside, place)
    assert _boxes() == 5
    assert len(release(OCTOBER, key).rows) == 1


def test_a_public_key_exchanged_in_the_database_stops_the_release(app: Flask) -> None:
    key = a_registered_key()
    with transaction("survey") as connection:
        connection.execute(update(SurveyKey).values(public_key=bytes(range(32))))
    with pytest.raises(NotAllowed, match="tell QA"):
        release(OCTOBER, key)


def test_two_releases_at_once_are_one(app: Flask) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(5), MID_OCTOBER)

    def another_first(made: published.Release) -> None:
        with pytest.raises(NotAllowed, match="A release is running"):
            release(OCTOBER, key)
        record(made)

    sealed.release_month(OCTOBER, unlocked(key), on=OCTOBER.releasable_from, record=another_first)
    assert len(_rows()) == 1


def test_a_second_server_that_released_meanwhile_wins(app: Flask) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(5), MID_OCTOBER)

    def late(made: published.Release) -> None:
        record(made)
        record(made)

    with pytest.raises(NotAllowed, match="Another release was made meanwhile"):
        sealed.release_month(OCTOBER, unlocked(key), on=OCTOBER.releasable_from, record=late)


def test_a_row_forged_into_the_release_table_is_named(app: Flask) -> None:
    key = a_registered_key()
    a_crew_answers(a_crew(5), MID_OCTOBER)
    release(OCTOBER, key)
    (row,) = queries.stored_rows()
    forged = {**row, "cell": f"team:{UUID(int=7)}", "team_id": UUID(int=7), "site_id": None, "released_on": MID_OCTOBER}
    with transaction("survey") as connection:
        connection.execute(insert(SurveyRelease), [forged])
    wrong = published.discrepancies(queries.release_events()[0].rows, queries.stored_rows())
    assert [sentence.split(" is ")[1] for sentence in wrong] == ["in the release table but was never released."]


def test_releases_work_within_the_simulated_history(app: Flask) -> None:
    """The demonstration closes reviews, releases and goes on within one clock that is not the computer's."""
    key = a_registered_key()
    crew = a_crew(5)
    a_crew_answers(crew, MID_OCTOBER)
    release(OCTOBER, key)
    a_crew_answers(crew, MID_NOVEMBER)
    release(NOVEMBER, key)
    assert [event.released_on for event in queries.release_events()] == [date(2026, 11, 9), date(2026, 12, 9)]
    assert [str(cell.last_month) for cell in api.released_cells()] == ["2026-10", "2026-11"]
