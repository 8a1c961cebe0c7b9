"""Statements of pages that everybody opens: short enough for the driver to keep, and free of what a user typed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from psycopg import _queries as driver
from sqlalchemy import Column, Date, Integer, MetaData, Select, String, Table, bindparam, column, select, values
from sqlalchemy.dialects.postgresql import psycopg

from assessments.home.queries import _own
from assessments.records.queries import _records
from coaching.home.queries import _plate
from lms.asking import WHOLE, one_of, written, written_rows
from lms.capas.queries import _waiting
from lms.extensions import UTCDateTime, db
from lms.identity.sessions import _reader_of_token
from modules.home.queries import _home

STANDING: dict[str, Any] = {
    "reader": _reader_of_token,
    "attempts and qualifications": _own,
    "qualifications of many": _records,
    "coach's reviews": lambda: _plate(coaches=True),
    "operator's reviews": lambda: _plate(coaches=False),
    "actions": lambda: _waiting(WHOLE),
    "training": lambda: _home(approves=True, oversees=WHOLE),
}


@pytest.mark.parametrize("name", STANDING)
def test_the_driver_keeps_what_it_read_of_a_statement_that_is_asked_each_time(name: str) -> None:
    """Psycopg reads a longer one anew each time that it is asked, which costs a page more than asking it."""
    text = str(STANDING[name]().compile(dialect=psycopg.dialect()))  # type: ignore[no-untyped-call]
    assert "SELECT" in text
    assert len(text) <= driver.MAX_CACHED_STATEMENT_LENGTH


def test_words_of_the_program_stand_in_the_statement() -> None:
    state = Table("record", MetaData(), Column("state", String)).c.state
    compiled = select(state).where(one_of(state, "open", "in_review"), state != written("closed")).compile()
    assert "IN ('open', 'in_review')" in str(compiled)
    assert "state != 'closed'" in str(compiled)
    assert compiled.params == {}


@pytest.mark.parametrize("typed", ["", "o'brien", "open' OR '1'='1", "open;", "Open", "100%", "open\n"])
def test_what_somebody_typed_never_does(typed: str) -> None:
    with pytest.raises(ValueError, match="not a plain word"):
        written(typed)


DAYS: dict[str, Any] = {"zone": String(), "number": Integer(), "begins": UTCDateTime(), "first_day": Date()}
BERLIN = ("Europe/Berlin", 7, datetime(2026, 9, 30, 22, tzinfo=UTC), date(2026, 10, 1))
#: Names that end a text, and what a driver takes for a place to put a value.
ODD = ("o'clock 100% %s :zone", None, None, None)


def days(*rows: tuple[Any, ...]) -> Select[Any]:
    return select(written_rows("days", DAYS, rows))


def test_rows_of_the_program_come_back_as_they_were_written(app: Flask) -> None:
    assert [tuple(row) for row in db.session.execute(days(BERLIN, ODD).order_by("zone"))] == [BERLIN, ODD]
    begins = days(ODD, BERLIN).subquery().c
    found = select(begins.zone).where(begins.begins < bindparam("now"), begins.first_day >= date(2026, 10, 1))
    assert db.session.scalars(found, {"now": datetime(2026, 10, 1, tzinfo=UTC)}).all() == ["Europe/Berlin"]


def test_a_statement_with_rows_of_the_program_is_compiled_once_for_the_same_rows(app: Flask) -> None:
    kept = [days(*rows)._generate_cache_key() for rows in ((BERLIN, ODD), (BERLIN, ODD), (ODD, BERLIN), (BERLIN,))]
    keys = [one.key for one in kept if one is not None]
    assert len(keys) == 4
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    handed_over = values(column("number", Integer), name="days").data([(7,)])
    assert select(handed_over)._generate_cache_key() is None, "else there is no need to write rows"
