"""A database server that closed what was idle is noticed before anybody sees a fault."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from lms import connections
from lms.connections import keep_well
from lms.extensions import db

pytestmark = pytest.mark.postgres


def closed_while_it_rested(engine: Engine) -> None:
    with engine.connect() as connection:
        resting = connection.scalar(text("select pg_backend_pid()"))
    with db.engine.begin() as other:
        other.execute(text("select pg_terminate_backend(:pid)"), {"pid": resting})


def test_a_connection_that_was_closed_while_it_rested_is_replaced(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "RESTED", 0.0)
    engine = create_engine(db.engine.url)
    keep_well(engine)
    closed_while_it_rested(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("select 1")) == 1
    engine.dispose()


def test_an_engine_that_does_not_ask_hands_out_the_dead_connection(app: Flask) -> None:
    engine = create_engine(db.engine.url)
    closed_while_it_rested(engine)
    with engine.connect() as connection, pytest.raises(OperationalError):
        connection.scalar(text("select 1"))
    engine.dispose()
