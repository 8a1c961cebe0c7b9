"""The Flask extensions, made once, started by ``lms.app``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask_babel import Babel
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import DateTime, Dialect, MetaData, TypeDecorator, Uuid
from sqlalchemy.orm import DeclarativeBase

from lms.connections import PageSession

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(TypeDecorator[datetime]):
    """A moment in UTC. Refuses a naive value, so that no local time slips into a record."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's own signature
        """Use ``timestamptz`` where the database has it."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware value into UTC; SQLite keeps it without the zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"naive datetime {value.isoformat()}: a record keeps aware moments only"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back aware, in UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if dialect.name == "postgresql" else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of every table of the record database."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UTCDateTime, UUID: Uuid}  # noqa: RUF012 - read by SQLAlchemy as declared


class SurveyBase(DeclarativeBase):
    """Base of the sealed survey tables, which live in a bind of their own and outside the trail."""

    metadata = MetaData(naming_convention=NAMING, info={"bind_key": "survey"})
    type_annotation_map = {datetime: UTCDateTime, UUID: Uuid}  # noqa: RUF012 - read by SQLAlchemy as declared


db = SQLAlchemy(metadata=Base.metadata, session_options={"class_": PageSession})
login = LoginManager()
csrf = CSRFProtect()
babel = Babel()
