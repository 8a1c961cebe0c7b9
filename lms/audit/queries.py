"""Reading the trail: who did what to which record, when and why, with each old and new value, within the reader's sites."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, and_, false, func, not_, or_, select, true

from lms.audit.discretion import confided, is_secret, may_read_values
from lms.audit.models import AuditEvent, AuditLeaf
from lms.audit.names import names_of
from lms.audit.reasons import reason_shown
from lms.extensions import db
from lms.identity.models import Account, Person
from lms.permissions import Actor, Permission
from lms.refusals import NotAllowed
from lms.signatures.models import Signature
from lms.web import labels
from lms.web.times import is_meant, show_day, show_moment, start_of_day

PAGE_SIZE = 50
EXPORT_LIMIT = 20_000
#: People whose name fits what was typed; more than this is no name.
_MOST_PEOPLE = 50
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class TrailFilters:
    """What the list is narrowed by; empty takes all. Days are the reader's own."""

    record_type: str = ""
    record_id: str = ""
    #: Part of a name.
    who: str = ""
    action: str = ""
    first_day: date | None = None
    last_day: date | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> TrailFilters:
        """Return the filters of an address. Raises ``NotAllowed`` for a day that is none."""
        given = {name: query.get(name, "").strip()[:120] for name in ("record", "id", "who", "action")}
        days = _day(query.get("from", "")), _day(query.get("to", ""))
        return cls(given["record"], given["id"], given["who"], given["action"], *days)

    def as_query(self) -> dict[str, str]:
        """Return the address's query for these filters."""
        values = {
            "record": self.record_type,
            "id": self.record_id,
            "who": self.who,
            "action": self.action,
            "from": self.first_day and self.first_day.isoformat(),
            "to": self.last_day and self.last_day.isoformat(),
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a change, as read by people; None where there was or is nothing."""

    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One change of one record as shown: all of ALCOA's who, what, when and why."""

    id: UUID
    #: Leaf of the tree; None for the moment until the next sealing.
    seq: int | None
    at: datetime
    actor: str
    #: The name of whoever acted, or the job of the system.
    who: str
    role: str
    action: str
    record_type: str
    record_id: str
    record_name: str
    version: int
    reason: str
    #: The record was made by this change.
    created: bool
    changes: tuple[FieldChange, ...]
    #: Values that this reader is not shown.
    values_kept_back: bool
    #: Old and new values were erased by a signed act.
    redacted: bool
    #: ``name, meaning`` of the signature that belongs to this change.
    signature: str | None

    @property
    def cursor(self) -> str:
        """Where the next page begins."""
        return f"{self.at.isoformat()}~{self.id}"


@dataclass(frozen=True, slots=True)
class TrailPage:
    """A page of the trail, newest first."""

    rows: tuple[EventRow, ...]
    #: What the next page begins before; None on the last.
    older: str | None


def record_history(reader: Actor, record_type: str, record_id: object) -> tuple[EventRow, ...]:
    """Return every change of one record that the reader may see, newest first. Two or three queries."""
    filters = TrailFilters(record_type=record_type, record_id=str(record_id))
    return _rows(reader, _events(reader, filters, None, EXPORT_LIMIT))


def trail(reader: Actor, filters: TrailFilters, before: str = "") -> TrailPage:
    """Return a page of the trail. Raises ``NotAllowed`` for a place that no page names."""
    events = _events(reader, filters, _cursor(before), PAGE_SIZE + 1)
    rows = _rows(reader, events[:PAGE_SIZE])
    return TrailPage(rows, rows[-1].cursor if len(events) > PAGE_SIZE else None)


def whole_trail(reader: Actor, filters: TrailFilters) -> tuple[EventRow, ...]:
    """Return everything the filters hold, newest first. Raises ``NotAllowed`` if that is more than one file should hold."""
    events = _events(reader, filters, None, EXPORT_LIMIT + 1)
    if len(events) > EXPORT_LIMIT:
        raise NotAllowed(f"More than {EXPORT_LIMIT:,} events fit these filters: narrow the days, then export again.")
    return _rows(reader, events)


def action_words(action: str) -> str:
    """Return an action in words: those of its room, or else its name read as words."""
    words = labels.label(action, "action")
    return words.partition(".")[2].capitalize() if "." in words else words


def record_words(record_type: str) -> str:
    """Return a kind of record in words."""
    words = labels.label(record_type, "record")
    return words[:1].upper() + words[1:]


def _events(
    reader: Actor, filters: TrailFilters, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    conditions = [_within_sites(reader), *_not_confided()]
    if filters.record_type:
        conditions.append(AuditEvent.rtype == filters.record_type)
    if filters.record_id:
        conditions.append(AuditEvent.rid == filters.record_id)
    if filters.action:
        conditions.append(_says("action", filters.action))
    if filters.who:
        conditions.append(_by_somebody_called(filters.who))
    if filters.first_day is not None:
        conditions.append(AuditEvent.at >= start_of_day(filters.first_day, reader.zone))
    if filters.last_day is not None:
        conditions.append(AuditEvent.at < start_of_day(filters.last_day + timedelta(days=1), reader.zone))
    if before is not None:
        at, event_id = before
        conditions.append(or_(AuditEvent.at < at, and_(AuditEvent.at == at, AuditEvent.id < event_id)))
    statement = (
        select(AuditEvent.id, AuditLeaf.seq, AuditEvent.at, AuditEvent.body, AuditEvent.payload)
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .where(*conditions)
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
        .limit(limit)
    )
    return db.session.execute(statement).all()


def _within_sites(reader: Actor) -> ColumnElement[bool]:
    """An event of no site (people's accounts, the network itself) is for readers of the whole network."""
    sites = reader.sites_for(Permission.TRAIL_SEE)
    if sites is None:
        return true()
    return or_(*(_says("site", str(site)) for site in sites)) if sites else false()


def _not_confided() -> Iterable[ColumnElement[bool]]:
    """Signatures and erasures of a confided act are records of kinds of their own, so their events go by the action."""
    records, actions = confided()
    yield AuditEvent.rtype.not_in(sorted(records))
    signed_or_erased = AuditEvent.rtype.in_(("signature", "payload_erasure"))
    yield from (not_(and_(signed_or_erased, _says("action", action))) for action in sorted(actions))


def _says(key: str, value: str) -> ColumnElement[bool]:
    """Whether the body has this value: canonical JSON spells a key and its value in exactly one way."""
    position = func.strpos if db.engine.dialect.name == "postgresql" else func.instr
    spelled = f'"{key}":{json.dumps(value, ensure_ascii=False)}'
    return position(AuditEvent.body, spelled) > 0


def _by_somebody_called(words: str) -> ColumnElement[bool]:
    name = Person.given_name + " " + Person.family_name
    found = (
        select(Account.id).join(Person, Person.id == Account.person_id).where(name.icontains(words, autoescape=True))
    )
    accounts = db.session.scalars(found.limit(_MOST_PEOPLE + 1)).all()
    if len(accounts) > _MOST_PEOPLE:
        raise NotAllowed("Very many people are called so: write more of the name.")
    return or_(*(_says("actor", f"u:{account}") for account in accounts)) if accounts else false()


def _rows(reader: Actor, events: Sequence[Row[*tuple[Any, ...]]]) -> tuple[EventRow, ...]:
    read = [(event, json.loads(event.body), json.loads(event.payload or "{}")) for event in events]
    names = names_of(_ids(read))
    signatures = _signatures({UUID(body["sig"]) for _event, body, _payload in read if body["sig"]})
    return tuple(_row(reader, event, body, payload, names, signatures) for event, body, payload in read)


def _row(
    reader: Actor,
    event: Row[*tuple[Any, ...]],
    body: dict[str, Any],
    payload: dict[str, Any],
    names: Mapping[UUID, str],
    signatures: Mapping[str, str],
) -> EventRow:
    shown = may_read_values(reader, body["rtype"])
    return EventRow(
        id=event.id,
        seq=event.seq,
        at=event.at,
        actor=body["actor"],
        who=_who(body["actor"], names),
        role=_("System") if body["role"] == "system" else labels.label(body["role"], "role"),
        action=action_words(body["action"]),
        record_type=body["rtype"],
        record_id=body["rid"],
        record_name=_named(body["rid"], names, ""),
        version=body["rver"],
        reason=reason_shown(body["reason"], payload if shown else {}),
        created="id" in payload,
        changes=tuple(
            _change(field, values, names, reader.zone) for field, values in payload.items() if shown and field != "id"
        ),
        values_kept_back=not shown,
        redacted=event.payload is None,
        signature=signatures.get(body["sig"]),
    )


def _who(actor: str, names: Mapping[UUID, str]) -> str:
    kind, _colon, name = actor.partition(":")
    if kind in {"u", "i"}:
        return _named(name, names, actor)
    return str(_("System, %(job)s", job=action_words(name) if "." in name else name.replace("_", " ")))


def _named(text: str, names: Mapping[UUID, str], otherwise: str) -> str:
    return names.get(UUID(text), otherwise) if _UUID.fullmatch(text) else otherwise


def _change(field: str, values: list[object], names: Mapping[UUID, str], zone: str) -> FieldChange:
    words = labels.label(field.removesuffix("_id"), "field")
    if is_secret(field):
        return FieldChange(words, None, _("changed, never shown"))
    old, new = (_shown(value, names, zone) for value in values)
    return FieldChange(words, old, new)


def _shown(value: object, names: Mapping[UUID, str], zone: str) -> str | None:
    """Return a value of the trail as people read it: names for ids, days and moments as everywhere."""
    match value:
        case None | "" | []:
            return None
        case bool():
            return str(_("yes") if value else _("no"))
        case str() if _UUID.fullmatch(value):
            return _named(value, names, value)
        case str() if _MOMENT.fullmatch(value):
            return show_moment(datetime.fromisoformat(value), zone)
        case str() if _DAY.fullmatch(value):
            return show_day(date.fromisoformat(value))
        case str() | int():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def _ids(read: Iterable[tuple[object, dict[str, Any], dict[str, Any]]]) -> set[UUID]:
    """Return every id that a page of events speaks of: who, what, and the ids among old and new values."""
    found: set[str] = set()
    for _event, body, payload in read:
        found |= {body["rid"], body["actor"].removeprefix("u:").removeprefix("i:")}
        found |= {value for values in payload.values() for value in values if isinstance(value, str)}
    return {UUID(text) for text in found if _UUID.fullmatch(text)}


def _signatures(ids: set[UUID]) -> dict[str, str]:
    if not ids:
        return {}
    statement = select(Signature.id, Signature.printed_name, Signature.meaning).where(Signature.id.in_(ids))
    return {str(row[0]): f"{row[1]}, {labels.label(row[2], 'meaning')}" for row in db.session.execute(statement)}


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise NotAllowed(f"“{text[:30]}” is not a day: write it as 2026-11-22.") from None
    if not is_meant(day):
        raise NotAllowed(f"“{text[:30]}” is no day of this trail: look at its year.")
    return day


def _cursor(before: str) -> tuple[datetime, UUID] | None:
    if not before:
        return None
    at, _tilde, event_id = before.partition("~")
    try:
        return datetime.fromisoformat(at).astimezone(UTC), UUID(event_id)
    except (ValueError, OverflowError):
        raise NotAllowed("This address names no place in the trail: go back to the newest events.") from None
