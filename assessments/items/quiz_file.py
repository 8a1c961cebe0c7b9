"""Reading a knowledge check from a TOML file: ``[quiz]`` and its ``[[item]]`` with ``[[item.option]]``. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessments.items.rules import ItemText, OptionText, check_item, check_quiz
from lms.refusals import NotAllowed


@dataclass(frozen=True, slots=True)
class FiledItem:
    """An item of a file."""

    code: str
    section: str
    critical: bool
    text: ItemText


@dataclass(frozen=True, slots=True)
class QuizFile:
    """A knowledge check as a file gives it."""

    code: str
    title: str
    module: str
    draw: int
    pass_percent: int
    minutes: int
    attempts: int
    items: tuple[FiledItem, ...]


def read_quiz(text: str) -> QuizFile:
    """Return the knowledge check of a file. Raises ``NotAllowed`` naming the item and what is wrong with it.

    ``why`` may stand at an item, then it explains its right answers, or at each option.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotAllowed(f"This is not a TOML file: {error}.") from None
    quiz = table.get("quiz")
    if not isinstance(quiz, dict):
        raise NotAllowed("The file has no [quiz] table.")
    items = tuple(_item(entry, number) for number, entry in enumerate(table.get("item", []), start=1))
    codes = [item.code for item in items]
    for code in codes:
        if codes.count(code) > 1:
            raise NotAllowed(f"The item {code} stands in the file more than once.")
    texts = {name: _take(quiz, name, str, "[quiz]") for name in ("code", "title", "module")}
    numbers = {name: _take(quiz, name, int, "[quiz]") for name in ("draw", "pass_percent", "minutes", "attempts")}
    read = QuizFile(**texts, **numbers, items=items)
    check_quiz(
        read.code,
        draw=read.draw,
        pass_percent=read.pass_percent,
        minutes=read.minutes,
        attempts=read.attempts,
        items=len(items),
    )
    return read


def _item(entry: Mapping[str, Any], number: int) -> FiledItem:
    code = _take(entry, "code", str, f"Item {number}")
    why = str(entry.get("why", "")).strip()
    options = tuple(
        OptionText(
            _take(option, "text", str, code),
            _take(option, "correct", bool, code),
            str(option.get("why", "")).strip() or (why if option.get("correct") else ""),
        )
        for option in entry.get("option", [])
    )
    text = ItemText(_take(entry, "kind", str, code), _take(entry, "stem", str, code), options)
    check_item(code, text)
    return FiledItem(code, str(entry.get("section", "")).strip(), bool(entry.get("critical", False)), text)


def _take(entry: Mapping[str, Any], name: str, kind: type, where: str) -> Any:  # noqa: ANN401 - text, a whole number or yes/no
    value = entry.get(name)
    if type(value) is not kind:
        words = {str: "a text", int: "a whole number", bool: "true or false"}
        raise NotAllowed(f"{where}: “{name}” must be {words[kind]}.")
    return value.strip() if isinstance(value, str) else value
