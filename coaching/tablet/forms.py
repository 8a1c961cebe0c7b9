"""Forms of the tablet: signing in with a badge, and setting one's own."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length


class DoorForm(FlaskForm):
    """Badge and PIN."""

    badge = StringField(_l("Badge number"), validators=[InputRequired(_l("Scan or type your badge.")), Length(max=60)])
    pin = PasswordField(_l("PIN"), validators=[InputRequired(_l("Type your PIN.")), Length(max=20)])


class BadgeForm(FlaskForm):
    """One's own badge and a new PIN."""

    badge = StringField(
        _l("Badge number"), validators=[InputRequired(_l("Type the number on your badge.")), Length(max=60)]
    )
    pin = PasswordField(_l("New PIN"), validators=[InputRequired(_l("Choose six digits.")), Length(max=20)])
    again = PasswordField(_l("The PIN again"), validators=[InputRequired(_l("Type the PIN again.")), Length(max=20)])
    password = PasswordField(
        _l("Your password"), validators=[InputRequired(_l("Type your password.")), Length(max=200)]
    )
