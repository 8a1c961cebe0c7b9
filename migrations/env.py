"""Alembic's environment, for both databases: the connection and the branch come from ``lms.schema``."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext

from lms.extensions import Base, SurveyBase, UTCDateTime

_METADATA = {"records": Base.metadata, "survey": SurveyBase.metadata}


def _render(kind: str, item: Any, autogen_context: AutogenContext) -> str | bool:  # noqa: ANN401 - Alembic's signature
    if kind == "type" and isinstance(item, UTCDateTime):
        autogen_context.imports.add("from lms.extensions import UTCDateTime")
        return "UTCDateTime()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=_METADATA[context.config.attributes["branch"]],
    render_as_batch=True,
    render_item=_render,
    compare_type=True,
    # on SQLite too: the connection is in autocommit mode and the unit of work opens the transaction itself
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
