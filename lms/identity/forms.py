"""Forms of signing in and of signing records."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length


class SignInForm(FlaskForm):
    """Name and password."""

    login = StringField(_l("User name"), validators=[InputRequired(_l("Type your user name.")), Length(max=80)])
    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Type your password."))])
    next = HiddenField()


class SigningForm(FlaskForm):
    """What every form that signs adds: the password, and the version of the record that is shown."""

    password = PasswordField(_l("Your password"), validators=[InputRequired(_l("Type your password: it is your signature."))])
    version = HiddenField()
