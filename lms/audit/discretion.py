"""What the trail keeps but does not show to everybody who may read it: passwords, keys of questions, what is confided.

Nothing here changes what is written, hashed and verified.
"""

from __future__ import annotations

from collections.abc import Iterable

from lms.permissions import Actor, Permission

#: Fields whose values nobody is shown.
_SECRET = frozenset({"password_hash", "token_hash"})
_kept_back: dict[str, Permission] = {}
_confided_records: set[str] = set()
_confided_actions: set[str] = set()


def keep_back(record_type: str, permission: Permission) -> None:
    """Show values of this kind of record only to readers with the permission; the event itself stays visible to all."""
    _kept_back[record_type] = permission


def may_read_values(reader: Actor, record_type: str) -> bool:
    """Whether old and new values of this kind of record are shown to the reader."""
    permission = _kept_back.get(record_type)
    return permission is None or reader.may(permission)


def is_secret(field: str) -> bool:
    """Whether the values of this field are shown to nobody."""
    return field in _SECRET


def confide(*, records: Iterable[str], actions: Iterable[str]) -> None:
    """Leave events of these kinds of records, and of these actions, out of the pages of the trail: that there is one is confided."""
    _confided_records.update(records)
    _confided_actions.update(actions)


def is_confided(record_type: str) -> bool:
    """Whether pages may not even say that there is a record of this kind."""
    return record_type in _confided_records


def confided() -> tuple[frozenset[str], frozenset[str]]:
    """Return the kinds of records and the actions that no page of the trail shows."""
    return frozenset(_confided_records), frozenset(_confided_actions)
