"""Shapes of input for handing a review over."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length


class HandOverForm(FlaskForm):
    """To whom, and why."""

    coach = SelectField(_l("New coach"))
    reason = StringField(
        _l("Why"),
        validators=[InputRequired(_l("Say why the review goes to another coach.")), Length(max=200)],
    )
