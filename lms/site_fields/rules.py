"""Rules of a site's own fields: what may be asked, and what may be answered. Values in, values out."""

from __future__ import annotations

from collections.abc import Sequence

from lms.refusals import NotAllowed

TEXT, CHOICE = "text", "choice"
#: A handful: what every site needs belongs into the network's own record.
MOST_FIELDS = 6
LONGEST_TEXT = 300


def check_field(label: str, kind: str, choices: Sequence[str], others: Sequence[str]) -> None:
    """Raise ``NotAllowed`` for a field without a label, of which there is one already, or with nothing to choose from.

    ``others`` are the labels of the site's other fields that are asked.
    """
    if not label.strip():
        raise NotAllowed("Give the field a label.", field="label")
    if label.strip().casefold() in {other.casefold() for other in others}:
        raise NotAllowed("The site has a field of this label.", field="label")
    if len(others) >= MOST_FIELDS:
        message = f"A site has at most {MOST_FIELDS} fields of its own. Retire one first."
        raise NotAllowed(message, field="label")
    if kind not in {TEXT, CHOICE}:
        raise NotAllowed("Choose what kind of field it is.", field="kind")
    if kind == CHOICE and len({choice.casefold() for choice in choices}) < 2:
        raise NotAllowed("Give at least two different choices, one a line.", field="choices")


def choices_of(text: str) -> list[str]:
    """Return the choices in a text, one a line, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def check_value(label: str, kind: str, choices: Sequence[str], value: str) -> None:
    """Raise ``NotAllowed`` for a value that is too long or not among the choices; an empty one is allowed."""
    if kind == CHOICE and value and value not in choices:
        message = f"{label}: choose from the list."
        raise NotAllowed(message, field="own")
    if len(value) > LONGEST_TEXT:
        message = f"{label}: at most {LONGEST_TEXT} characters."
        raise NotAllowed(message, field="own")
