"""Shape of what is asked and sent about qualifications."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.identity.forms import SigningForm


class AskForm(FlaskForm):
    """Was … qualified for … at … on …? Asked by a link, so that the answer has an address."""

    class Meta:
        csrf = False

    person = StringField(
        _l("Person"), validators=[InputRequired(_l("Type a name, an employee number or a user name.")), Length(max=120)]
    )
    task = SelectField(_l("Task"), validators=[InputRequired(_l("Choose a task."))])
    site = SelectField(_l("Site"), validators=[Optional()])
    at = StringField(_l("When"), validators=[Optional(), Length(max=40)])


class GrantForm(SigningForm):
    """The signature of a grant."""


class PauseForm(FlaskForm):
    """Pausing one task of a person, or all of them."""

    kind = SelectField(_l("Why"), validators=[InputRequired(_l("Choose why."))])
    scope = SelectField(_l("What"), validators=[InputRequired()])
    reason = TextAreaField(
        _l("Reason"), validators=[InputRequired(_l("Give the reason in a sentence.")), Length(max=2000)]
    )


class ReasonForm(FlaskForm):
    """Lifting a pause, or withdrawing a qualification: the reason stands in the record."""

    reason = TextAreaField(
        _l("Reason"), validators=[InputRequired(_l("Give the reason in a sentence.")), Length(max=2000)]
    )
