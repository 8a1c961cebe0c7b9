"""The history of the schema: one head, up and down and up again, equal to the models, triggers standing at head."""

from __future__ import annotations

import re

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import column, insert, inspect, table, text

from lms import schema
from lms.audit.triggers import expected_triggers, installed_triggers
from lms.extensions import Base, SurveyBase, db
from lms.ids import new_id
from lms.unit_of_work import transaction

METADATA = {"records": Base.metadata, "survey": SurveyBase.metadata}


@pytest.fixture
def empty(app: Flask) -> None:
    """Give databases without a single table."""
    for bind in schema.BRANCHES.values():
        engine = db.engines[bind]
        engine.dispose()
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("drop schema if exists survey cascade"))
                connection.execute(text("drop schema if exists public cascade"))
                connection.execute(text("create schema public"))
            else:
                connection.exec_driver_sql("pragma foreign_keys=off")
                for kind, name in connection.execute(
                    text(
                        "select type, name from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%'"
                    )
                ).all():
                    connection.exec_driver_sql(f'drop {kind} "{name}"')
            connection.commit()


def test_each_branch_has_one_head_and_four_digit_names() -> None:
    for branch in schema.BRANCHES:
        script = ScriptDirectory.from_config(schema.alembic_config(branch))
        assert len(script.get_heads()) == 1
        for revision in script.walk_revisions():
            assert re.fullmatch(r"\d{4}", revision.revision)


@pytest.mark.usefixtures("empty")
def test_the_history_leads_to_the_models_and_the_triggers_stand() -> None:
    schema.upgrade()
    schema.upgrade()
    for branch, bind in schema.BRANCHES.items():
        with transaction(bind) as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, METADATA[branch]) == []
    with transaction() as connection:
        assert installed_triggers(connection) >= expected_triggers(schema.audited_tables())


@pytest.mark.usefixtures("empty")
def test_every_revision_goes_down_and_up_again() -> None:
    schema.upgrade()
    for branch, bind in schema.BRANCHES.items():
        with transaction(bind) as connection:
            command.downgrade(schema.alembic_config(branch, connection), "base")
            left = set(inspect(connection).get_table_names()) - {"alembic_version"}
            assert left == set()
    schema.upgrade()


@pytest.mark.usefixtures("empty")
def test_a_migration_that_is_killed_half_way_leaves_nothing_and_runs_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "install_triggers", killed)
    with pytest.raises(KeyboardInterrupt):
        schema.upgrade()
    with transaction() as connection:
        assert "person" not in inspect(connection).get_table_names()
    monkeypatch.undo()
    schema.upgrade()


@pytest.mark.usefixtures("empty")
def test_the_variance_of_studies_that_stand_comes_out_of_their_input() -> None:
    """And a run that is only asked for has none."""
    with transaction() as connection:
        command.upgrade(schema.alembic_config("records", connection), "0026")
        runs = table(
            "analysis_run", *map(column, ("id", "scope", "method_version", "asked_at", "input_hash", "output", "input"))
        )
        for kept in ('{"rows": [], "within_team_variance": 0.875}', '{"rows": [], "within_team_variance": null}', ""):
            row = {"id": new_id().hex, "scope": "network", "method_version": 3, "asked_at": "2026-11-01", "input_hash": "",
                   "output": "", "input": kept}  # fmt: skip
            connection.execute(insert(runs).values(row))
    with transaction() as connection:
        command.upgrade(schema.alembic_config("records", connection), "head")
    with transaction() as connection:
        found = connection.execute(text("select input, within_team_variance from analysis_run")).all()
    assert {(row[0][-6:], row[1]) for row in found} == {("0.875}", 0.875), (" null}", None), ("", None)}
