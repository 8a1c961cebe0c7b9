"""The catalogue of tasks is kept between pages, and every change of anything in it is seen at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from lms.permissions import Role
from lms.unit_of_work import run
from modules.curricula import commands as curricula
from modules.tasks import queries
from tests.factories import modules as made
from tests.factories.people import INSTALLER, a_site


def stamp() -> str:
    return str(queries.ask(queries._stamp()).scalar_one())


def another_task() -> None:
    run(curricula.define_task, INSTALLER, "test", code="T-ANOTHER", title="Another", process_step="thaw")


def another_curriculum() -> None:
    task = queries.task_training()[0].task
    run(curricula.define_curriculum, INSTALLER, "test", code="C-99", title="Another", task_id=task.id)


def another_audience() -> None:
    curriculum_id = queries.task_training()[0].audiences[0].curriculum_id
    run(
        curricula.hold_curriculum_for,
        INSTALLER,
        "test",
        curriculum_id,
        role=Role.TRAINER,
        site_id=a_site().id,
        valid_from=made.today() + timedelta(days=1),
    )


def another_version() -> None:
    made.revise(next(iter(queries.task_training()[0].modules.values())).document_id)


@pytest.mark.parametrize("change", [another_task, another_curriculum, another_audience, another_version])
def test_a_change_is_seen_by_the_next_reader(app: Flask, change: Callable[[], None]) -> None:
    made.a_taught_sop()
    before, known = stamp(), queries.task_training()
    assert queries.task_training() is known, "kept while nothing changes"
    change()
    assert stamp() != before
    after = queries.task_training()
    assert after is not known
    assert [one.task for one in after] == [
        one.task for one in queries._gathered(queries.ask(queries._every_training(named=False)))
    ]


def test_a_stamp_that_leaves_a_table_out_would_miss_a_change(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a stamp of the tasks alone. An audience that begins to hold would go unseen."""
    made.a_taught_sop()
    of_tasks = queries.select(queries.func.sum(queries.Task.version))
    before = queries.ask(of_tasks).scalar_one()
    another_audience()
    assert queries.ask(of_tasks).scalar_one() == before
