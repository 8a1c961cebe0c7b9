"""A database server that closed what was idle is noticed before anybody sees a fault; reading opens no transaction."""

from __future__ import annotations

import pytest
from flask import Flask
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.exc import OperationalError

from lms import connections
from lms.asking import ask_survey
from lms.connections import PLANNED_ANEW, keep_well
from lms.extensions import db
from lms.unit_of_work import end_reading
from lms.writers import writing

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


def status_after_asking() -> TransactionStatus:
    connection = db.session.connection()
    connection.execute(text("select 1"))
    driver = connection.connection.dbapi_connection
    assert driver is not None
    status: TransactionStatus = driver.info.transaction_status
    return status


def test_who_only_reads_opens_no_transaction_and_a_command_does(app: Flask) -> None:
    assert status_after_asking() is TransactionStatus.IDLE
    end_reading()
    with writing(db.engine):
        assert status_after_asking() is TransactionStatus.INTRANS
        db.session.rollback()
    assert status_after_asking() is TransactionStatus.IDLE


def test_who_only_reads_the_surveys_database_opens_no_transaction_there_either(app: Flask) -> None:
    asked = ask_survey(select(func.current_schema()))
    driver = asked.connection.connection.dbapi_connection
    assert driver is not None
    assert asked.scalar_one() == "survey"
    assert driver.info.transaction_status is TransactionStatus.IDLE


def test_a_statement_that_is_to_be_planned_anew_is_never_prepared(app: Flask) -> None:
    with db.engine.connect() as connection:
        for _ in range(4):
            connection.execute(text("select 1 as standing"))
            connection.execute(text("select 2 as anew"), execution_options=PLANNED_ANEW)
        prepared = connection.scalars(text("select statement from pg_prepared_statements")).all()
    assert "select 1 as standing" in prepared
    assert "select 2 as anew" not in prepared
