"""Shapes of input for duties to report, and for what is decided under them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from lms.patient_data.forms import NoPatientForm
from lms.web import labels
from lms.web.typed import DateField

REASON = 2000


class RuleForm(FlaskForm):
    """A duty to report."""

    version = HiddenField()
    authority = StringField(
        _l("Reported to"), validators=[InputRequired(_l("Say to whom it is reported.")), Length(max=80)]
    )
    what = StringField(_l("What is reported"), validators=[InputRequired(_l("Say what is reported.")), Length(max=160)])
    source = StringField(_l("Clause"), validators=[Length(max=160)])
    days = IntegerField(_l("Days"), validators=[InputRequired(_l("Give a whole number of days; 0 is the same day."))])
    day_kind = SelectField(_l("Which days"))
    starts_from = SelectField(_l("Counted from"))
    kinds = SelectMultipleField(_l("Only these kinds"), validators=[Optional()])
    severities = SelectMultipleField(_l("Only these severities"), validators=[Optional()])
    is_active = BooleanField(_l("Asked of new deviations"), default=True)

    def offer(self) -> None:
        """Fill the lists to choose from."""
        self.day_kind.choices = labels.choices("day_kind")
        self.starts_from.choices = labels.choices("starts_from")
        self.kinds.choices, self.severities.choices = labels.choices("kind"), labels.choices("severity")


class AssessForm(NoPatientForm):
    """Whether it is reportable, and why."""

    version = HiddenField()
    reportable = RadioField(
        _l("Is it reportable?"),
        choices=[SelectChoice("1", _l("Yes")), SelectChoice("0", _l("No"))],
        validators=[InputRequired(_l("Say whether it is reportable."))],
    )
    reason = TextAreaField(_l("Why"), validators=[InputRequired(_l("Say why.")), Length(max=REASON)])


class ReportForm(NoPatientForm):
    """That the report was made."""

    version = HiddenField()
    submitted_on = DateField(_l("Reported on"), validators=[InputRequired(_l("Give the day."))])
    reference = StringField(
        _l("Number at the authority"),
        validators=[InputRequired(_l("Give the number under which the authority knows it.")), Length(max=80)],
    )
