"""Forms of signing in and of signing records."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, Optional

from lms.web.typed import DateField


class SignInForm(FlaskForm):
    """Name and password."""

    login = StringField(_l("User name"), validators=[InputRequired(_l("Type your user name.")), Length(max=80)])
    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Type your password."))])
    next = HiddenField()


class SigningForm(FlaskForm):
    """What every form that signs adds: the password, and the version of the record that is shown."""

    password = PasswordField(
        _l("Your password"), validators=[InputRequired(_l("Type your password: it is your signature."))]
    )
    version = HiddenField()


class ChoosePasswordForm(FlaskForm):
    """A new password, twice."""

    password = PasswordField(_l("New password"), validators=[InputRequired(_l("Type a password."))])
    again = PasswordField(_l("The same again"), validators=[EqualTo("password", _l("The two are not the same."))])


class PersonForm(FlaskForm):
    """A new person."""

    employee_no = StringField(
        _l("Employee number"), validators=[InputRequired(_l("Type the employee number.")), Length(max=40)]
    )
    given_name = StringField(_l("Given name"), validators=[InputRequired(_l("Type the given name.")), Length(max=80)])
    family_name = StringField(
        _l("Family name"), validators=[InputRequired(_l("Type the family name.")), Length(max=80)]
    )
    email = StringField(_l("Mail address"), validators=[Length(max=200)])
    site = SelectField(_l("Site"))
    joined_on = DateField(_l("First day of work"), validators=[InputRequired(_l("Give the first day of work."))])
    login = StringField(_l("User name (leave empty for no account)"), validators=[Length(max=80)])


class RoleForm(FlaskForm):
    """A role to grant."""

    role = SelectField(_l("Role"))
    site = SelectField(_l("Where"))
    valid_from = DateField(_l("From"), validators=[InputRequired(_l("Give the first day."))])
    valid_to = DateField(_l("Until (first day without it)"), validators=[Optional()])
    reason = StringField(_l("Why"), validators=[InputRequired(_l("Say why: it stands in the trail.")), Length(max=300)])
