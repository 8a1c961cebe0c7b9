"""Shapes of input for second coding."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.patient_data.forms import NoPatientForm
from lms.second_coding.rules import FIELDS
from lms.web import labels
from lms.web.labels import Words


class CodesForm(NoPatientForm):
    """The four codes."""

    version = HiddenField()
    process_step = SelectField(_l("Process step"), validators=[InputRequired(_l("Choose one from the list."))])
    category = SelectField(_l("Category"), validators=[InputRequired(_l("Choose one from the list."))])
    root_cause_class = SelectField(_l("Root cause"), validators=[InputRequired(_l("Choose one from the list."))])
    severity = RadioField(_l("Severity"), validators=[InputRequired(_l("Choose a severity."))])

    def offer(self) -> None:
        """Fill the lists to choose from."""
        none: tuple[str, Words] = ("", _l("Choose"))
        for name in ("process_step", "category", "root_cause_class"):
            self[name].choices = [none, *labels.choices(name)]
        self.severity.choices = labels.choices("severity")

    @property
    def codes(self) -> dict[str, str]:
        """What was chosen."""
        return {field: self[field].data or "" for field in FIELDS}


class SettlementForm(CodesForm):
    """The codes on which the two settle, and why."""

    reason = TextAreaField(
        _l("What decided it"),
        validators=[
            InputRequired(_l("Say why: what the two of you looked at and what decided it.")),
            Length(max=2000),
        ],
    )


class AgreementForm(FlaskForm):
    """That the other of the two agrees."""

    version = HiddenField()
