"""Triggers below the application: the trail is append-only, and GMP rows are neither deleted nor edited unseen.

They stop mistakes and injected SQL, in both databases. A database administrator can drop them; ``candor audit verify``
finds what was done then.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

#: Tables to which rows are only ever added.
APPEND_ONLY = ("audit_event", "audit_leaf", "audit_checkpoint", "signature", "saved_answer", "payload_erasure")
#: The one update of an event that passes: its old and new values go, for good, and a recorded erasure names it.
_ERASURE = (
    "new.payload is null and new.salt is null and old.payload is not null and {same} "
    "and exists (select 1 from payload_erasure where payload_erasure.event_id = old.id)"
)
_REFUSE = "candor_refuse('append-only')"
_KEPT = ("id", "body", "leaf", "rtype", "rid", "at")


def install_triggers(connection: Connection, audited: list[str], append_only: tuple[str, ...] = APPEND_ONLY) -> None:
    """Create the triggers anew on the tables given. Run after every migration: SQLite's batch mode drops them silently."""
    statements = (
        _sqlite(audited, append_only) if connection.dialect.name == "sqlite" else _postgresql(audited, append_only)
    )
    for statement in statements:
        connection.execute(text(statement))


def installed_triggers(connection: Connection) -> set[str]:
    """Return the names of our triggers that stand in the database."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(
            text("select name from sqlite_master where type = 'trigger' and name like 'candor_%'")
        )
    else:
        rows = connection.execute(
            text("select tgname from pg_trigger where not tgisinternal and tgname like 'candor_%'")
        )
    return {str(row[0]) for row in rows}


def expected_triggers(audited: list[str], append_only: tuple[str, ...] = APPEND_ONLY) -> set[str]:
    """Return the names that should stand there."""
    names = {f"candor_no_{verb}_{table}" for table in append_only for verb in ("update", "delete")}
    names |= {f"candor_no_delete_{table}" for table in audited}
    return names | {f"candor_versioned_{table}" for table in audited if table not in append_only}


def _sqlite(audited: list[str], append_only: tuple[str, ...]) -> Iterator[str]:
    for table in append_only:
        for verb in ("update", "delete"):
            yield f"drop trigger if exists candor_no_{verb}_{table}"
            erasure = _ERASURE.format(same=" and ".join(f"new.{name} is old.{name}" for name in _KEPT))
            unless = f"when not ({erasure}) " if (table, verb) == ("audit_event", "update") else ""
            yield (
                f"create trigger candor_no_{verb}_{table} before {verb} on {table} {unless}"
                f"begin select raise(abort, '{table} is append-only'); end"
            )
    for table in audited:
        if table in append_only:
            continue
        yield f"drop trigger if exists candor_no_delete_{table}"
        yield (
            f"create trigger candor_no_delete_{table} before delete on {table} "
            f"begin select raise(abort, 'a row of {table} is never deleted'); end"
        )
        yield f"drop trigger if exists candor_versioned_{table}"
        yield (
            f"create trigger candor_versioned_{table} before update on {table} when new.version is not old.version + 1 "
            f"begin select raise(abort, 'a row of {table} is changed by a command only'); end"
        )


def _postgresql(audited: list[str], append_only: tuple[str, ...]) -> Iterator[str]:
    yield (
        "create or replace function candor_refuse() returns trigger language plpgsql as "
        "$$ begin raise exception '% on % is refused: %', tg_op, tg_table_name, tg_argv[0]; end $$"
    )
    same = " and ".join(f"new.{name} is not distinct from old.{name}" for name in _KEPT)
    yield (
        "create or replace function candor_refuse_unless_erasure() returns trigger language plpgsql as "
        f"$$ begin if {_ERASURE.format(same=same)} then return new; end if; "
        "raise exception '% on % is refused: append-only', tg_op, tg_table_name; end $$"
    )
    for table in append_only:
        for verb in ("update", "delete"):
            function = "candor_refuse_unless_erasure()" if (table, verb) == ("audit_event", "update") else _REFUSE
            yield f"drop trigger if exists candor_no_{verb}_{table} on {table}"
            yield f"create trigger candor_no_{verb}_{table} before {verb} on {table} for each row execute function {function}"
        yield f"drop trigger if exists candor_no_truncate_{table} on {table}"
        yield (
            f"create trigger candor_no_truncate_{table} before truncate on {table} "
            "for each statement execute function candor_refuse('append-only')"
        )
    for table in audited:
        if table in append_only:
            continue
        yield f"drop trigger if exists candor_no_delete_{table} on {table}"
        yield (
            f"create trigger candor_no_delete_{table} before delete on {table} "
            "for each row execute function candor_refuse('a GMP record is never deleted')"
        )
        yield f"drop trigger if exists candor_versioned_{table} on {table}"
        yield (
            f"create trigger candor_versioned_{table} before update on {table} for each row "
            "when (new.version is distinct from old.version + 1) "
            "execute function candor_refuse('changed by a command only')"
        )
