"""Which records and messages words of a deviation can have reached: what hangs on it, and what was told about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, Table, cast, func, or_, select
from sqlalchemy import inspect as inspect_orm

from lms.audit.models import Audited, AuditEvent, PayloadErasure
from lms.audit.reasons import is_free_text
from lms.deviations.models import Deviation
from lms.extensions import Base, db
from lms.notifications.models import Notification
from lms.outbox.models import OutboxMessage
from lms.redactions.models import Redaction
from lms.redactions.rules import MARK, Words, out_of_all
from lms.signatures.models import Signature

#: What is never changed: signatures, erasures and redactions themselves.
_KEPT = (Signature, PayloadErasure, Redaction)


def hanging_on(deviation: Deviation) -> list[Audited]:
    """Return the deviation and every GMP record that belongs to it, or to one that does, of whatever room."""
    found: dict[UUID, Audited] = {deviation.id: deviation}
    newest: dict[str, set[UUID]] = {Deviation.__tablename__: {deviation.id}}
    models: list[Any] = [
        mapper.class_
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, Audited) and mapper.class_ not in (*_KEPT, Deviation)
    ]
    while newest:
        reached: dict[str, set[UUID]] = {}
        for model in models:
            table = model.__table__
            belongs = [key.parent.in_(newest[key.column.table.name]) for key in _keys(table) if _names(key, newest)]
            for record in db.session.scalars(select(model).where(or_(*belongs))) if belongs else ():
                if record.id not in found:
                    found[record.id] = record
                    reached.setdefault(table.name, set()).add(record.id)
        newest = reached
    return list(found.values())


def _keys(table: Table) -> Any:  # noqa: ANN401 - SQLAlchemy's own collection
    return table.foreign_keys


def _names(key: Any, tables: dict[str, set[UUID]]) -> bool:  # noqa: ANN401 - SQLAlchemy's foreign key
    return key.column.name == "id" and key.column.table.name in tables


def fields_with(words: Words, record: Audited) -> Iterator[str]:
    """Yield the free texts of a record in which the words stand."""
    for column in inspect_orm(record).mapper.local_table.columns:
        value = getattr(record, column.name)
        if is_free_text(column.type) and isinstance(value, str) and words.stand_in(value):
            yield column.name


def out_of_messages(words: Words, number: str) -> None:
    """Take the words out of what people were told about a deviation, and out of mails."""
    told = select(Notification).where(Notification.arguments.contains(number, autoescape=True))
    for notification in db.session.scalars(told):
        arguments = {name: _shown(words, value) for name, value in json.loads(notification.arguments).items()}
        notification.arguments = json.dumps(arguments, sort_keys=True)
    mails = select(OutboxMessage).where(_says(cast(OutboxMessage.payload, String), words.longest))
    for message in db.session.scalars(mails):
        message.payload = out_of_all(words, message.payload)  # type: ignore[assignment]


def _shown(words: Words, value: object) -> object:
    """A text that was cut may end in the middle of the words, so it goes as a whole."""
    return MARK if isinstance(value, str) and (words.stand_in(value) or len(value) >= 300) else value


def sealed_reasons_with(words: str) -> int:
    """Return how many events hold the words in their reason, which is hashed into the tree and stays."""
    text = json.dumps(words.strip(), ensure_ascii=False)[1:-1]
    statement = select(func.count()).select_from(AuditEvent).where(AuditEvent.body.icontains(text, autoescape=True))
    return db.session.scalar(statement) or 0


def _says(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return or_(column.icontains(word, autoescape=True), column.icontains(json.dumps(word)[1:-1], autoescape=True))
