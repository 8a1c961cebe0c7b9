"""The only module that commits. One command, one transaction, one reason, and the trail of it written last.

``run`` checks the permission again (the command line and the jobs pass here too), calls the command, tells the other rooms
inside the same transaction, writes the trail and commits. Nothing else changes an audited record: a change outside a unit of
work raises ``UnauditedChange``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast
from uuid import UUID

from blinker import NamedSignal
from flask import current_app, g, has_request_context
from sqlalchemy import Connection, bindparam, event, select
from sqlalchemy import inspect as inspect_orm
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.exc import StaleDataError

from lms import clock
from lms.audit.appending import append
from lms.audit.canonical import canonical, leaf_hash, moment, payload_hash, plain, row_hash
from lms.audit.models import Audited, AuditEvent
from lms.audit.reasons import free_texts, reason_of
from lms.declarations import declared
from lms.extensions import db
from lms.ids import new_id
from lms.outbox.models import OutboxMessage
from lms.permissions import Actor, Permission
from lms.refusals import NoPermission, StaleForm
from lms.scheduler.models import JobRun
from lms.writers import writing

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class UnauditedChange(RuntimeError):
    """Somebody tried to change an audited record without a unit of work. A fault of the program, never of a user."""


class Command(Protocol[P, R_co]):
    """The one way to make a change: called with the running work, by ``run`` or by another command."""

    needs: Permission
    action: str
    __name__: str

    def __call__(self, work: Work, /, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Make the change, or refuse."""
        ...


#: Every command by its action, which is the vocabulary of the trail.
COMMANDS: dict[str, Command[..., Any]] = {}


def command(*, needs: Permission) -> Callable[[Callable[Concatenate[Work, P], R]], Command[P, R]]:
    """Mark a function as a command, and name the permission it needs. Its action is ``room.function_name``."""

    def mark(function: Callable[Concatenate[Work, P], R]) -> Command[P, R]:
        marked = cast("Command[P, R]", function)
        marked.needs = needs
        marked.action = f"{function.__module__.split('.')[0]}.{function.__name__}"
        if marked.action in COMMANDS:
            message = f"two commands are called {marked.action}"
            raise RuntimeError(message)
        COMMANDS[marked.action] = marked
        return marked

    return mark


@dataclass
class _Change:
    """What one record went through in this command: true old values, last new ones."""

    record: Audited
    created: bool
    values: dict[str, tuple[object, object]] = field(default_factory=dict)


@dataclass
class Work:
    """The running command: who, why, when. Whoever holds it may change records."""

    actor: Actor
    reason: str
    action: str
    at: datetime
    needs: Permission
    request_id: str
    telling: bool = False
    #: Set by ``lms.signatures`` for the record that a signature was put on, so that its event names the signature.
    signed: dict[UUID, UUID] = field(default_factory=dict)
    #: Records that a redaction changed: their events tell what the whole record holds now, and not what it held.
    redacted: set[UUID] = field(default_factory=set)
    changes: dict[UUID, _Change] = field(default_factory=dict)

    def add(self, record: object) -> None:
        """Add a new record to this transaction."""
        db.session.add(record)

    def tell(self, signal: NamedSignal, fact: object) -> None:
        """Tell the other rooms, inside this transaction. A listener that fails undoes the command; a listener may not tell."""
        if self.telling:
            raise RuntimeError("a listener may not tell: put a follow-up command into the outbox instead")
        self.telling = True
        try:
            db.session.flush()
            signal.send(fact, work=self)
        finally:
            self.telling = False

    def follow_up(self, what: Command[..., Any], key: str, **arguments: object) -> None:
        """Put a command into the outbox, to be run once after commit as ``system:<this action>``.

        ``key`` names the cause; cause and command together run once, however often they are asked for.
        """
        arguments_as_text = {name: plain(value) for name, value in arguments.items()}
        self._enqueue("command", f"{what.action}:{key}", {"action": what.action, "arguments": arguments_as_text})

    def send_mail(
        self, *, key: str, to: str, subject: str, body: str, calendar: str | None = None, method: str | None = None
    ) -> None:
        """Put a mail into the outbox; it leaves after commit, once. ``calendar`` is an iCalendar text, ``method`` its iTIP method."""
        message = {"to": to, "subject": subject, "body": body, "calendar": calendar, "method": method}
        self._enqueue("mail", f"mail:{key}", message)

    def _enqueue(self, kind: str, unique_key: str, payload: dict[str, Any]) -> None:
        if any(isinstance(one, OutboxMessage) and one.unique_key == unique_key for one in db.session.new):
            return
        if db.session.connection().execute(_ASKED_FOR, {"key": unique_key}).first() is not None:
            return
        self.add(
            OutboxMessage(
                kind=kind, unique_key=unique_key, payload=payload, cause=self.action, created_at=self.at, due_at=self.at
            )
        )


#: Whether something was put into the outbox under a key. The statement stands, since nearly every command asks it.
_ASKED_FOR = select(OutboxMessage.__table__.c.id).where(OutboxMessage.__table__.c.unique_key == bindparam("key"))
_current: ContextVar[Work | None] = ContextVar("work", default=None)


def is_running() -> bool:
    """Whether a command runs here: what is read now may still be rolled back, so nobody may keep it."""
    return _current.get() is not None


def run(what: Command[P, R], by: Actor, reason: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run one command in one transaction: permission, change, listeners, trail, commit.

    Raises ``NoPermission`` if the actor may not, ``StaleForm`` if another change came first, and whatever the command
    refuses with; then nothing is changed.
    """
    with _unit_of_work():
        return _perform(what, by, reason, clock.now(), args, kwargs)


@dataclass(frozen=True)
class Replay:
    """The demonstration loader's unit of work: many commands of one simulated day, whose trail is written at its end."""

    _trail: list[dict[str, object]] = field(default_factory=list)

    def run(self, what: Command[P, R], by: Actor, at: datetime, reason: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one command as ``run`` does, at a simulated moment and without committing yet."""
        return _perform(what, by, reason, at, args, kwargs, trail=self._trail)

    def follow_ups(self, at: datetime) -> None:
        """Run the follow-up commands that this unit of work asked for, at a simulated moment."""
        db.session.flush()
        pending = select(OutboxMessage).where(OutboxMessage.kind == "command", OutboxMessage.done_at.is_(None))
        for message in db.session.scalars(pending.order_by(OutboxMessage.id)).all():
            _perform_follow_up(message, at, trail=self._trail)

    def write_trail(self) -> None:
        """Write what the commands of the day left for the trail."""
        if self._trail:
            append(db.session.connection(), self._trail)


@contextmanager
def replay() -> Iterator[Replay]:
    """Open the loader's unit of work. Only ``lms.demonstration`` may import this: no route accepts a clock."""
    with _unit_of_work():
        unit = Replay()
        yield unit
        unit.write_trail()


def run_follow_up(message_id: UUID) -> None:
    """Run a follow-up command of the outbox, once: what it changes and that it is done are one transaction."""
    with _unit_of_work():
        message = db.session.get_one(OutboxMessage, message_id, with_for_update=True)
        if message.done_at is None:
            _perform_follow_up(message, clock.now())


def _perform_follow_up(message: OutboxMessage, at: datetime, *, trail: list[dict[str, object]] | None = None) -> None:
    what = COMMANDS[message.payload["action"]]
    arguments = dict(message.payload["arguments"])
    _perform(what, Actor.system(message.cause), f"follows from {message.cause}", at, (), arguments, trail=trail)
    message.done_at, message.error = at, None


def run_job(name: str, due_at: datetime, what: Command[[], str]) -> str | None:
    """Run a job's command for one due moment, once in the whole installation; None if that moment is taken already.

    The claim is written in the transaction of the effect, so that a killed process neither loses nor doubles it.
    """
    try:
        with _unit_of_work():
            if db.session.get(JobRun, (name, due_at)) is not None:
                return None
            claim = JobRun(job=name, due_at=due_at, finished_at=clock.now())
            db.session.add(claim)
            db.session.flush()
            claim.outcome = _perform(what, Actor.system(name), f"due {moment(due_at)}", clock.now(), (), {})
            return claim.outcome
    except IntegrityError:
        return None


@contextmanager
def transaction(bind: str | None = None) -> Iterator[Connection]:
    """Open a write transaction for machinery that keeps no GMP record: the sealer, job claims, the outbox."""
    end_reading()  # as in a unit of work; and a snapshot taken before would not see what is written here
    engine = db.engines[bind]
    with writing(engine), engine.begin() as connection:
        yield connection


def end_reading() -> None:
    """End the transaction of whoever only read, which would block SQLite's writer and keep PostgreSQL from cleaning up.

    By COMMIT, since psycopg forgets its prepared statements at ROLLBACK; what was changed without a command is rolled back.
    """
    session = db.session()
    if session.new or session.dirty or session.deleted:
        session.rollback()
    else:
        session.commit()


@contextmanager
def _unit_of_work() -> Iterator[None]:
    if _current.get() is not None:
        raise RuntimeError("a command runs inside another: pass the work on instead")
    end_reading()
    with writing(db.engine):
        try:
            yield
            db.session.commit()
        except StaleDataError:
            db.session.rollback()
            raise StaleForm(
                "Somebody changed this record while you were working on it. Compare and send again."
            ) from None
        except BaseException:
            db.session.rollback()
            raise


def _perform(
    what: Command[..., R],
    by: Actor,
    reason: str,
    at: datetime,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    trail: list[dict[str, object]] | None = None,
) -> R:
    """Run a command; write its events, or add them to a ``trail`` that is written before the commit."""
    if not by.may(what.needs):
        message = f"Your roles do not include “{what.needs}”. Ask an administrator if you need it."
        raise NoPermission(message)
    work = Work(by, reason, what.action, at, what.needs, _request_id())
    token = _current.set(work)
    try:
        result = what(work, *args, **kwargs)
        db.session.flush()
        events = _events(work)
        if trail is not None:
            trail += events
        elif events:
            append(db.session.connection(), events)
    finally:
        _current.reset(token)
    return result


def _request_id() -> str:
    if has_request_context():
        return str(g.setdefault("request_id", secrets.token_hex(8)))
    return secrets.token_hex(8)


# -- the trail ---------------------------------------------------------------------------------------------------------


def _touched(session: Session) -> list[Audited]:
    return [o for o in (*session.new, *session.dirty, *session.deleted) if isinstance(o, Audited)]


@event.listens_for(Session, "before_flush")
def _guard(session: Session, *_: object) -> None:
    if any(isinstance(o, AuditEvent) for o in (*session.dirty, *session.deleted)):
        raise UnauditedChange("the audit trail is append-only")
    for record in session.deleted:
        if isinstance(record, Audited):
            message = f"deletion of {type(record).__name__}: a GMP record is never deleted"
            raise UnauditedChange(message)
    if _current.get() is None:
        fresh = session.new
        touched = [o for o in _touched(session) if o in fresh or session.is_modified(o)]
        if touched:
            message = f"change of {type(touched[0]).__name__} outside a unit of work"
            raise UnauditedChange(message)


@event.listens_for(Session, "after_flush")
def _collect(session: Session, *_: object) -> None:
    work = _current.get()
    if work is None:
        return
    # asking the session whether a record is new makes the set of all new ones each time
    for created, records in ((True, session.new), (False, session.dirty)):
        for record in records:
            if not isinstance(record, Audited):
                continue
            changed = _changed_values(record, created=created)
            if not changed and not created:
                continue
            change = work.changes.setdefault(record.id, _Change(record, created))
            for name, (old, new) in changed.items():
                change.values[name] = (change.values[name][0] if name in change.values else old, new)


def _changed_values(record: Audited, *, created: bool) -> dict[str, tuple[object, object]]:
    state = inspect_orm(record)
    found: dict[str, tuple[object, object]] = {}
    for attribute in state.mapper.column_attrs:
        name = attribute.key
        # what was never set since it was read has no history to look at
        if name == "version" or not (created or name in state.committed_state):
            continue
        if created:
            value = state.dict.get(name)
            if value is not None:
                found[name] = (None, value)
            continue
        history = state.attrs[name].history
        if history.has_changes():
            found[name] = (history.deleted[0] if history.deleted else None, history.added[0] if history.added else None)
    return found


def _events(work: Work) -> list[dict[str, object]]:
    """Return what the trail says of the records that a command changed, and let the command forget them."""
    if not work.changes:
        return []
    origin = current_app.config["SETTINGS"].audit_origin
    rows: list[dict[str, object]] = []
    texts = [_texts(change.record) for change in work.changes.values()]
    reason = reason_of(work.reason, texts, declared())
    for change in work.changes.values():
        record = change.record
        table = inspect_orm(record).mapper.local_table
        columns = {column.name: getattr(record, column.name) for column in table.columns}
        site_id = getattr(record, "site_id", None)
        role = (
            "system"
            if work.actor.is_system
            else "integration"
            if work.actor.only is not None
            else work.actor.role_for(work.needs, site_id) or work.actor.role_for(work.needs)
        )
        salt = secrets.token_bytes(32)
        payload = canonical({name: [plain(old), plain(new)] for name, (old, new) in _values(work, change).items()})
        event_id = new_id()
        signature = work.signed.get(record.id)
        body = canonical(
            {
                "v": 1,
                "id": str(event_id),
                "origin": origin,
                "at": moment(work.at),
                "actor": work.actor.id,
                "role": str(role or ""),
                "site": str(site_id) if site_id else None,
                "action": work.action,
                "rtype": table.name,
                "rid": str(record.id),
                "rver": record.version,
                "reason": reason,
                "sig": str(signature) if signature else None,
                "req": work.request_id,
                "payload": payload_hash(salt, payload),
                "row": row_hash(columns),
            }
        )
        rows.append(
            {
                "id": event_id,
                "body": body.decode(),
                "leaf": leaf_hash(body),
                "salt": salt,
                "payload": payload.decode(),
                "rtype": table.name,
                "rid": str(record.id),
                "at": work.at,
            }
        )
    work.changes.clear()
    return rows


def _values(work: Work, change: _Change) -> dict[str, tuple[object, object]]:
    """Return old and new values by field; of a record that a redaction changed everything it holds, and nothing it held."""
    if change.record.id not in work.redacted:
        return change.values
    columns = inspect_orm(change.record).mapper.local_table.columns
    held = {column.name: getattr(change.record, column.name) for column in columns if column.name != "version"}
    return {name: (None, value) for name, value in held.items() if value is not None}


def _texts(record: Audited) -> dict[str, object]:
    return {name: getattr(record, name) for name in free_texts(inspect_orm(record).mapper.local_table)}


@event.listens_for(Session, "do_orm_execute")
def _refuse_bulk(state: ORMExecuteState) -> None:
    if not (state.is_update or state.is_delete):
        return
    mapper = state.bind_mapper
    if mapper is not None and (issubclass(mapper.class_, Audited) or mapper.class_ is AuditEvent):
        message = f"bulk update or delete of {mapper.class_.__name__}: change the record by a command"
        raise UnauditedChange(message)
