"""What the trail keeps but does not show to everybody who may read it: passwords, keys of questions, what is confided."""

from __future__ import annotations

from lms.permissions import Actor, Permission

#: Fields whose values nobody is shown.
_SECRET = frozenset({"password_hash", "token_hash"})
_kept_back: dict[str, Permission] = {}


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
