"""Reading checklists from a TOML file: ``[[checklist]]`` with ``[[checklist.point]]``. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from lms.refusals import NotAllowed


@dataclass(frozen=True, slots=True)
class FiledChecklist:
    """A checklist of a file. ``points``: text, critical."""

    code: str
    title: str
    #: Code of the task.
    task: str
    points: tuple[tuple[str, bool], ...]


def read_checklists(text: str) -> list[FiledChecklist]:
    """Return the checklists of a file. Raises ``NotAllowed`` naming the checklist and what is missing."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotAllowed(f"This is not a TOML file: {error}.") from None
    found = []
    for number, entry in enumerate(table.get("checklist", []), start=1):
        code = str(entry.get("code", f"Checklist {number}"))
        for name in ("code", "title", "task", "point"):
            if not entry.get(name):
                raise NotAllowed(f"{code}: “{name}” is missing.")
        points = tuple((str(p.get("text", "")).strip(), bool(p.get("critical", False))) for p in entry["point"])
        found.append(FiledChecklist(code, str(entry["title"]), str(entry["task"]), points))
    if not found:
        raise NotAllowed("The file has no [[checklist]].")
    return found
