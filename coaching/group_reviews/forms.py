"""Shapes of input for a team's meeting."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length


class TeamForm(FlaskForm):
    """Who meets, and what about."""

    subject = StringField(
        _l("What the team looks at"),
        validators=[InputRequired(_l("Say in a few words what the team looks at.")), Length(max=200)],
    )
    coachees = SelectMultipleField(_l("Who takes part"))
