"""Shapes of input: a new action that is training, and the confirmation of its completions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.patient_data.forms import NoPatientForm
from lms.web import labels
from lms.web.typed import DateField


class TrainingActionForm(NoPatientForm):
    """An action that asks people of a site to complete a module."""

    module = SelectField(_l("Module"), validators=[InputRequired(_l("Choose a module."))])
    audience = RadioField(_l("Who is asked"), validators=[InputRequired(_l("Choose by what people are asked."))])
    team = SelectField(_l("Team"), validators=[Optional()])
    role = SelectField(_l("Role"), validators=[Optional()])
    task = SelectField(_l("Task"), validators=[Optional()])
    title = StringField(
        _l("What is to be done"),
        validators=[InputRequired(_l("Say in a few words what is to be done.")), Length(max=200)],
    )
    description = TextAreaField(_l("What it is meant to change"), validators=[Length(max=4000)])
    owner = SelectField(_l("Owner"), validators=[InputRequired(_l("Choose an owner."))])
    due_on = DateField(_l("Due"), validators=[InputRequired(_l("Give the day by which everybody has completed it."))])

    def offer(
        self,
        *,
        modules: list[tuple[str, str]],
        teams: list[tuple[str, str]],
        tasks: list[tuple[str, str]],
        owners: list[tuple[str, str]],
    ) -> None:
        """Fill the lists to choose from."""
        none = [("", _l("Choose"))]
        self.audience.choices = labels.choices("training_audience")
        self.module.choices, self.team.choices, self.task.choices = [*none, *modules], [*none, *teams], [*none, *tasks]
        self.role.choices, self.owner.choices = [*none, *labels.role_choices()], owners


class ConfirmForm(FlaskForm):
    """That the completions put the action in place."""

    version = HiddenField()
