"""Statements of pages that everybody opens: short enough for the driver to keep, and free of what a user typed."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import _queries as driver
from sqlalchemy import Column, MetaData, String, Table, select
from sqlalchemy.dialects.postgresql import psycopg

from assessments.home.queries import _own
from assessments.records.queries import _records
from coaching.home.queries import _plate
from lms.asking import WHOLE, one_of, written
from lms.capas.queries import _waiting
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
