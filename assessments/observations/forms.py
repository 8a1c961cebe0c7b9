"""Shape of what is sent about observed runs."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.identity.forms import SigningForm


class BeginForm(FlaskForm):
    """Who is observed, at what, when and on which batch."""

    trainee = SelectField(_l("Who is observed"), validators=[InputRequired(_l("Choose who is observed."))])
    task = SelectField(_l("Task"), validators=[InputRequired(_l("Choose the task."))])
    observed_at = StringField(_l("When the run began"), validators=[Optional(), Length(max=40)])
    batch = StringField(_l("Batch"), validators=[Optional(), Length(max=60)])


class RunForm(SigningForm):
    """The record and its signature. The marks of the points are read from the request, point by point."""

    batch = StringField(_l("Batch"), validators=[Optional(), Length(max=60)])
    remarks = TextAreaField(_l("Remarks to the trainee"), validators=[Optional(), Length(max=4000)])
