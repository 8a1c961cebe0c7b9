"""What looks like a patient's data in a file: asked about once for all lines, before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lms.declarations import declare
from lms.imports.engine import Checked, Target
from lms.patient_data.rules import Part, digest, parts
from lms.refusals import NotAllowed

#: A field with room for more characters than a name has holds sentences.
_SENTENCES = 200


@dataclass(frozen=True, slots=True)
class Suspect:
    """A cell in which something looks like a patient's name, number or birth date."""

    line: int
    column: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Suspects:
    """All such cells of the lines that would be written, and the answer that is about these words and no others."""

    cells: tuple[Suspect, ...]
    digest: str

    @property
    def lines(self) -> int:
        """In how many lines they stand."""
        return len({cell.line for cell in self.cells})


def suspects(checked: Checked, target: Target) -> Suspects:
    """Return what looks like a patient in the free texts that the file would write."""
    found = tuple(_found(checked, target)) if target.asks_about_patients else ()
    words = [f"{cell.line} {cell.column} {part.words}" for cell in found for part in cell.parts if part.kind]
    return Suspects(found, digest(words) if words else "")


def refuse_patients(found: Suspects, no_patient: str) -> None:
    """Raise ``NotAllowed`` unless nothing was found, or ``no_patient`` is the answer about these words."""
    if not found.cells:
        return
    if no_patient != found.digest:
        message = (
            f"Line {found.cells[0].line}, {found.cells[0].column}, holds what looks like a patient's name, number or birth "
            f"date (lines like it: {found.lines}). Take it out of the file, or say that it is no patient."
        )
        raise NotAllowed(message, field="no_patient")
    kinds = Counter(part.kind.replace("_", " ") for cell in found.cells for part in cell.parts if part.kind)
    seen = ", ".join(f"{count} x {kind}" for kind, count in sorted(kinds.items()))
    declare(f"no patient, says who took the file in: {seen}")


def _found(checked: Checked, target: Target) -> Iterator[Suspect]:
    free = [field.name for field in target.fields if field.kind == "text" and field.longest >= _SENTENCES]
    for line in checked.good():
        for name in free:
            # a title made of the description says nothing new
            text = line.changes.get(name) if name in line.values else None
            if isinstance(text, str) and (seen := parts(text)):
                yield Suspect(line.number, checked.mapping.columns.get(name, name), seen)
