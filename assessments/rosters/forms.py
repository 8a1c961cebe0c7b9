"""Shape of a roster's entry."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.validators import InputRequired


class RosterForm(FlaskForm):
    """A person and the task they are planned for."""

    person = SelectField(_l("Person"), validators=[InputRequired(_l("Choose a person."))])
    task = SelectField(_l("Task"), validators=[InputRequired(_l("Choose a task."))])
