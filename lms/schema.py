"""Bringing both databases to the newest schema, and which tables hold GMP records.

Alembic is loaded when somebody migrates: a web worker never does, and it would cost it 15 MB.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, inspect, text

from lms.audit.models import Audited
from lms.audit.triggers import install_triggers
from lms.extensions import Base, SurveyBase, db
from lms.refusals import NotAllowed
from lms.unit_of_work import transaction

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.operations.ops import MigrationScript

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
#: Records and sealed survey answers are migrated apart: each has its own revisions and its own version table.
BRANCHES = {"records": None, "survey": "survey"}
#: Tables of the survey's database to which rows are only ever added.
SURVEY_APPEND_ONLY = ("survey_release",)


def audited_tables() -> list[str]:
    """Return the names of all tables of GMP records, sorted."""
    classes: set[Any] = {mapper.class_ for mapper in Base.registry.mappers}
    return sorted(str(cls.__tablename__) for cls in classes if issubclass(cls, Audited))


def alembic_config(branch: str, connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for one of the two databases."""
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(MIGRATIONS / branch))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, branch=branch)
    return config


def upgrade(revision: str = "head") -> None:
    """Migrate both databases and put the triggers in place. Nothing happens when they stand at the newest revision."""
    from alembic import command  # noqa: PLC0415 - see above

    for branch, bind in BRANCHES.items():
        with transaction(bind) as connection:
            if branch == "survey" and connection.dialect.name == "postgresql":
                connection.execute(text("create schema if not exists survey"))
            command.upgrade(alembic_config(branch, connection), revision)
            if branch == "records":
                install_triggers(connection, audited_tables())
            elif inspect(connection).has_table(SURVEY_APPEND_ONLY[0]):  # a migration may stop before the table
                install_triggers(connection, [], SURVEY_APPEND_ONLY)


def require_tables() -> None:
    """Raise ``NotAllowed`` if one of the two databases lacks a table: it is empty, or older than the program."""
    for base, bind in ((Base, None), (SurveyBase, "survey")):
        there = inspect(db.engines[bind]).get_table_names()
        missing = sorted({table.name for table in base.metadata.tables.values()} - set(there))
        if missing:
            message = f"The database has no table {missing[0]}, so it is empty or older than this program: run candor migrate."
            raise NotAllowed(message)


def create_everything() -> None:
    """Create the newest schema without its history, for a template database of the tests."""
    with transaction() as connection:
        Base.metadata.create_all(connection)
        install_triggers(connection, audited_tables())
    with transaction("survey") as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("create schema if not exists survey"))
        SurveyBase.metadata.create_all(connection)
        install_triggers(connection, [], SURVEY_APPEND_ONLY)


def write_revision(message: str, branch: str = "records") -> Path | None:
    """Write the next revision of a branch from the difference between models and history; None if there is none.

    The history is played on an empty SQLite database in memory, so no installation is touched.
    """
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.script import Script  # noqa: PLC0415 - see above

    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        config = alembic_config(branch, connection)
        command.upgrade(config, "head")
        number = f"{len(list((MIGRATIONS / branch).glob('[0-9]*.py'))) + 1:04d}"
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        written = command.revision(
            config,
            message,
            autogenerate=True,
            rev_id=number,
            version_path=str(MIGRATIONS / branch),
            process_revision_directives=_drop_empty,
        )
    return Path(written.path) if isinstance(written, Script) else None


def _drop_empty(_context: object, _revision: object, directives: list[MigrationScript]) -> None:
    if directives and directives[0].upgrade_ops is not None and directives[0].upgrade_ops.is_empty():
        directives[:] = []
