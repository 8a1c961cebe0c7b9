"""What a test finds is empty, whatever the one before it did to the database, and what was kept comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select, text

from lms.extensions import db
from lms.identity.models import Person
from lms.unit_of_work import transaction
from tests.conftest import DATABASE
from tests.factories.people import someone
from tests.rooms.surveys.traces import tables
from tests.servers.copies import Copies


@pytest.fixture
def copies(app: Flask, _application: tuple[Flask, Copies]) -> Copies:
    return _application[1]


def rows() -> int:
    return sum(len(found) for bind in db.engines for found in tables(bind).values())


def triggers() -> int:
    catalog = "sqlite_master where type = 'trigger'" if DATABASE == "sqlite" else "pg_trigger where not tgisinternal"
    return db.session.scalar(text(f"select count(*) from {catalog}")) or 0  # noqa: S608


def let_go() -> None:
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


def drops_a_trigger() -> None:
    on = "" if DATABASE == "sqlite" else " on person"
    with transaction() as connection:
        connection.execute(text(f"drop trigger candor_versioned_person{on}"))


def adds_a_table_and_a_column() -> None:
    with transaction() as connection:
        connection.execute(text("create table of_a_test (id integer)"))
        connection.execute(text("insert into of_a_test values (1)"))
        connection.execute(text("alter table person add column of_a_test integer"))


@pytest.mark.parametrize("does", [drops_a_trigger, adds_a_table_and_a_column])
def test_whatever_was_done_it_is_empty_and_whole_again(app: Flask, copies: Copies, does: Callable[[], None]) -> None:
    there = triggers()
    someone()
    let_go()
    copies.restore()
    assert (rows(), triggers()) == (0, there)
    someone()
    does()
    let_go()
    copies.restore()
    assert (rows(), triggers()) == (0, there)
    columns = {column["name"] for column in inspect(db.engine).get_columns("person")}
    assert "of_a_test" not in columns
    assert not inspect(db.engine).has_table("of_a_test")
    someone()


def test_whoever_forgot_to_let_go_stops_nobody(app: Flask, copies: Copies) -> None:
    someone()
    with db.engine.connect() as forgotten:
        forgotten.execute(text("select count(*) from person" if DATABASE == "sqlite" else "lock table person"))
        copies.restore()
        forgotten.invalidate()
    let_go()
    assert rows() == 0


def test_what_was_kept_comes_back_and_empty_is_empty_after_it(app: Flask, copies: Copies) -> None:
    someone(name="Kept Kim")
    let_go()
    copies.keep("of_a_test")
    for _ in range(2):
        copies.restore()
        assert rows() == 0
        someone(name="Other Ola")
        let_go()
        copies.restore("of_a_test")
        assert db.session.scalars(select(Person.given_name)).all() == ["Kept"]
        someone(name="Other Ola")
        assert db.session.scalar(select(func.count()).select_from(Person)) == 2
        let_go()
