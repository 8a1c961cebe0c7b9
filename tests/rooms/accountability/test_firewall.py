"""How many, how severe, how often again, quizzes and surveys never move the index, and the index never leaves its page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from behavior_metrics.follow_through import queries
from behavior_metrics.follow_through.queries import counted
from behavior_metrics.follow_through.tallies import Place
from behavior_metrics.frames.queries import places
from behavior_metrics.sentence.lines import Standing, spans_of, standing
from behavior_metrics.weights.queries import zones_and_weights
from lms import clock
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.recurrences.models import Recurrence
from modules.assignments.models import Assignment
from tests.architecture.checkout import ROOMS, ROOT, kept_files, python_files, text_of
from tests.factories.accountability import changed, qa_and_team_after_a_full_quarter
from tests.factories.behavior import history, moment, quarter, release_climate
from tests.factories.people import Beginning, Someone, a_site, a_team

LAST = quarter(1)


def seen(reader: Someone, place: Place) -> Standing:
    spans = spans_of(places(reader.actor).window(clock.now(), 9))
    zones, weights = zones_and_weights()
    return standing(counted(reader.actor, spans, zones), place, LAST.index, weights.percents)


def change_what_must_not_count(qa: Someone) -> None:
    """Make everything severe, human and recurrent; add what machines found; spoil quizzes; release another climate."""
    site, team = a_site(), a_team(a_site())
    for deviation in db.session.scalars(select(Deviation)).all():
        changed(deviation, severity="critical", root_cause_class="human", severity_rationale="changed")
    for match in db.session.scalars(select(Recurrence)).all():
        changed(match, decision="confirmed")
    for assignment in db.session.scalars(select(Assignment)).all():
        changed(assignment, evidence={"attempt": "of a test", "percent": 1})
    with history(qa) as past:
        for step in range(12):
            channel = ("alarm", "qc_em_result", "in_process_control")[step % 3]
            past.deviation(site, team, moment(LAST, 60 + step), channel=channel, severity="critical")
    release_climate(LAST, 1.5, team=team)


@pytest.fixture
def qa(beginning: Beginning) -> Someone:
    found, _ = beginning(qa_and_team_after_a_full_quarter)
    return found


def test_nothing_behind_the_firewall_moves_the_index_by_a_bit(qa: Someone) -> None:
    place = Place(a_site().id, a_team(a_site()).id)
    before = seen(qa, place)
    assert before.told is not None
    change_what_must_not_count(qa)
    after = seen(qa, place)
    assert after.told is not None
    assert after == before
    assert after.told.estimate.value.hex() == before.told.estimate.value.hex()
    assert after.told.estimate.low.hex() == before.told.estimate.low.hex()


def test_an_index_that_looked_at_severity_would_be_caught(qa: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = queries._raised

    def planted(span: queries.CTE) -> tuple[queries._Part, queries._Part]:
        first, prompt = honest(span)
        return replace(first, done=queries.and_(first.done, Deviation.severity != "critical")), prompt

    monkeypatch.setattr(queries, "_raised", planted)
    place = Place(a_site().id, a_team(a_site()).id)
    before = seen(qa, place)
    change_what_must_not_count(qa)
    assert seen(qa, place) != before


def test_an_index_that_counted_what_machines_found_would_be_caught(
    qa: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_FOUND_LATER", (*queries._FOUND_LATER, "alarm"))
    place = Place(a_site().id, a_team(a_site()).id)
    before = seen(qa, place)
    change_what_must_not_count(qa)
    assert seen(qa, place) != before


#: Words of what stands behind the firewall, as tables and columns name it.
BEHIND = (
    "severity",
    "impact",
    "detectability",
    "recurrence",
    "root_cause",
    "score",
    "percent_right",
    "attempt",
    "survey",
)


def named_behind(sql: str) -> list[str]:
    return [word for word in BEHIND if word in sql.lower()]


def test_the_statement_that_counts_names_nothing_behind_the_firewall(qa: Someone) -> None:
    spans = spans_of(places(qa.actor).window(clock.now(), 9))
    table = queries._table(spans, {"Europe/Berlin"})
    assert table is not None
    statements = [str(part.of(select(part.team, part.done, part.days))) for part in queries._every(table)]
    assert len(statements) == 6
    assert [named_behind(sql) for sql in statements] == [[]] * 6
    assert named_behind(str(select(Deviation.severity, Recurrence.decision))) == ["severity", "recurrence"]


#: Whoever may know the index: its own page, the person's own part (which has none), and the room's entry.
KNOWS = {"follow_through", "sentence", "own_part", "weights"}


def test_no_other_page_file_or_job_knows_the_index() -> None:
    """An export for HR, an API, a mail or a home page would have to import or name it."""
    words = ("behavior_metrics.follow_through", "follow_through_index", "FollowThroughRun", "index_value")
    others = [
        path
        for path in python_files(*ROOMS)
        if not KNOWS & set(path.parts) and path.name != "wiring.py" and "stats" not in path.parts
    ]
    assert len(others) > 300
    assert [str(path) for path in others if any(word in (ROOT / path).read_text() for word in words)] == []
    templates = [path for path in kept_files() if path.suffix == ".html" and "standing.told" in (text_of(path) or "")]
    assert {path.name for path in templates} <= {"_follow_through.html", "accountability.html"}


def test_no_table_holds_an_index_of_anybody() -> None:
    for table in db.metadata.tables.values():
        if table.name.startswith("follow_through"):
            people = {column.name for column in table.columns if column.name.endswith(("person_id", "owner_id"))}
            assert people == set(), table.name
