"""Shapes of input for a deviation's way from triage to closing."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from lms.identity.forms import SigningForm
from lms.patient_data.forms import NoPatientForm
from lms.web import labels
from lms.web.typed import DateField, DateTimeLocalField

STORY, REASON = 8000, 2000


class ContainForm(NoPatientForm):
    """What holds it off for now."""

    version = HiddenField()
    what = TextAreaField(
        _l("What was done"), validators=[InputRequired(_l("Say what was done to contain it.")), Length(max=REASON)]
    )
    contained_at = DateTimeLocalField(
        _l("When"), format="%Y-%m-%dT%H:%M", validators=[InputRequired(_l("Give the day and time."))]
    )


class StartForm(FlaskForm):
    """Who leads the investigation."""

    version = HiddenField()
    lead = SelectField(_l("Lead"))


class ResultForm(NoPatientForm):
    """What was found, how, and what follows."""

    version = HiddenField()
    method = SelectField(_l("How the cause was looked for"))
    finding = TextAreaField(
        _l("What was found"),
        validators=[InputRequired(_l("Say what was found: the cause, and what shows it.")), Length(max=STORY)],
    )
    root_cause_class = SelectField(_l("Root cause"))
    factors = SelectMultipleField(_l("What made it likelier"), validators=[Optional()])
    action = RadioField(
        _l("Is an action needed?"),
        choices=[SelectChoice("1", _l("Yes")), SelectChoice("0", _l("No"))],
        validators=[InputRequired(_l("Say whether an action is needed."))],
    )
    why_none = TextAreaField(_l("If not, why"), validators=[Length(max=REASON)])

    def offer(self) -> None:
        """Fill the lists to choose from."""
        self.method.choices = labels.choices("method")
        self.root_cause_class.choices = labels.choices("root_cause_class")
        self.factors.choices = labels.choices("contributing_factor")


class SendForm(FlaskForm):
    """To QA's review; nothing else is asked."""

    version = HiddenField()


class SendBackForm(NoPatientForm):
    """What is missing."""

    version = HiddenField()
    reason = TextAreaField(
        _l("What is missing"), validators=[InputRequired(_l("Say what is missing.")), Length(max=REASON)]
    )


class ReasonForm(NoPatientForm, SigningForm):
    """A reason that is signed."""

    reason = TextAreaField(
        _l("Reason"),
        validators=[InputRequired(_l("Say why: the reason is part of what you sign.")), Length(max=REASON)],
    )


class ExtendForm(NoPatientForm, SigningForm):
    """A later day for closing, with reason, risk and signature."""

    extended_to = DateField(_l("New last day"), validators=[InputRequired(_l("Give the new last day."))])
    reason = TextAreaField(
        _l("Why it takes longer"),
        validators=[
            InputRequired(_l("Say why it takes longer: the reason is part of what you sign.")),
            Length(max=REASON),
        ],
    )
    risk = TextAreaField(
        _l("Risk meanwhile, and what holds it off"),
        validators=[InputRequired(_l("Say what may happen meanwhile and what holds it off.")), Length(max=REASON)],
    )
