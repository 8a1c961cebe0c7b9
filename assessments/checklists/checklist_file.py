"""Reading a checklist from a TOML file: ``[checklist]`` with its ``[[point]]``. Pure."""

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


def read_checklist(text: str) -> FiledChecklist:
    """Return the checklist of a file. Raises ``NotAllowed`` naming what is missing."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotAllowed(f"This is not a TOML file: {error}.") from None
    head, points = table.get("checklist"), table.get("point")
    if not isinstance(head, dict):
        raise NotAllowed("The file has no [checklist] table.")
    for name in ("code", "title", "task"):
        if not isinstance(head.get(name), str) or not head[name].strip():
            raise NotAllowed(f"[checklist]: “{name}” is missing.")
    code = head["code"].strip()
    if not isinstance(points, list) or not points:
        raise NotAllowed(f"{code}: there is no [[point]].")
    found = []
    for number, point in enumerate(points, start=1):
        words = point.get("text") if isinstance(point, dict) else None
        if not isinstance(words, str) or not words.strip():
            raise NotAllowed(f"{code}: point {number} has no text.")
        found.append((words.strip(), point.get("critical") is True))
    return FiledChecklist(code, head["title"].strip(), head["task"].strip(), tuple(found))
