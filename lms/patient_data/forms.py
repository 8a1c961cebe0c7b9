"""One base for every form with free text about a deviation: it asks before it saves what looks like a patient's data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, StringField, TextAreaField

from lms.declarations import declare
from lms.patient_data.rules import Part, digest, parts

#: A line of text with room for this many characters holds sentences, not codes.
SENTENCES = 200


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one field."""

    label: str
    parts: tuple[Part, ...]


class NoPatientForm(FlaskForm):
    """A form whose free texts may hold no patient.

    What looks like a patient is shown, marked, and asked about: change it, or say that it is none. The answer is about the
    very words that were found, and stands in the trail with the reason of the change. Inherit it; nothing else is needed.
    """

    no_patient = StringField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms' own signature
        super().__init__(*args, **kwargs)
        self.patient_words: tuple[Found, ...] = ()
        self.patient_digest = ""
        for field in self._free_texts():
            field.no_patient = True  # the hint at the field, see macros.html

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Validate as always; then ask about what looks like a patient's data, unless it was answered."""
        valid = bool(super().validate(extra_validators))
        found = {field: parts(field.data or "") for field in self._free_texts()}
        found = {field: seen for field, seen in found.items() if seen}
        if not found:
            return valid
        self.patient_words = tuple(Found(str(field.label.text), seen) for field, seen in found.items())
        self.patient_digest = digest(
            [f"{field.name} {part.words}" for field, seen in found.items() for part in seen if part.kind]
        )
        if self.said_no_patient:
            if valid:
                declare("no patient, says who wrote it: " + _summary(found))
            return valid
        for field in found:
            field.errors = [*field.errors, _("This looks like a patient's name, number or birth date.")]
        return False

    @property
    def said_no_patient(self) -> bool:
        """Whether the writer said of these very words that they are no patient."""
        return bool(self.patient_digest) and self.no_patient.data == self.patient_digest

    def _free_texts(self) -> list[Field]:
        return [field for field in self if type(field) is TextAreaField or _has_room(field)]


def _has_room(field: Field) -> bool:
    return type(field) is StringField and (getattr(field.flags, "maxlength", None) or 0) >= SENTENCES


def _summary(found: Mapping[Field, tuple[Part, ...]]) -> str:
    kinds = {field.name: [part.kind.replace("_", " ") for part in seen if part.kind] for field, seen in found.items()}
    return ", ".join(f"{name} ({', '.join(seen)})" for name, seen in kinds.items())
