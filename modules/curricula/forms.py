"""Shapes of input: tasks, curricula, their modules and for whom they hold."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.web.typed import DateField


class TaskForm(FlaskForm):
    """A new task."""

    code = StringField(_l("Code"), validators=[InputRequired(_l("Give the task a code.")), Length(max=60)])
    title = StringField(_l("Task"), validators=[InputRequired(_l("Say what the task is.")), Length(max=160)])
    process_step = SelectField(_l("Process step"), validators=[InputRequired(_l("Choose the process step."))])


class CurriculumForm(FlaskForm):
    """A new curriculum."""

    code = StringField(_l("Code"), validators=[InputRequired(_l("Give the curriculum a code.")), Length(max=60)])
    title = StringField(_l("Title"), validators=[InputRequired(_l("Give the curriculum a title.")), Length(max=160)])
    task = SelectField(_l("Leads to the task"), validators=[Optional()])


class LineForm(FlaskForm):
    """A module that a curriculum asks for."""

    module = SelectField(_l("Module"), validators=[InputRequired(_l("Choose a module."))])
    due_days = IntegerField(_l("Days one has"), default=14, validators=[NumberRange(1, 365, _l("From 1 to 365 days."))])
    valid_months = IntegerField(_l("Counts for months"), validators=[Optional(), NumberRange(1, 60)])
    valid_from = DateField(_l("From"), validators=[InputRequired(_l("Choose the first day."))])


class AudienceForm(FlaskForm):
    """A role for which a curriculum holds."""

    role = SelectField(_l("Role"), validators=[InputRequired(_l("Choose a role."))])
    site = SelectField(_l("Where"), validators=[Optional()])
    valid_from = DateField(_l("From"), validators=[InputRequired(_l("Choose the first day."))])
    valid_to = DateField(_l("Until, if it ends"), validators=[Optional()])


class EndForm(FlaskForm):
    """The first day on which something no longer holds."""

    on = DateField(_l("Ends on"), validators=[InputRequired(_l("Choose the day."))])
