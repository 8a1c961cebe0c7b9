"""Shapes of input: opening an integration, and until when its token lasts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from lms.web.typed import DateField


class IntegrationForm(FlaskForm):
    """Another system, what it may do and where."""

    name = StringField(
        _l("Name of the system"), validators=[InputRequired(_l("Give the system a name.")), Length(max=80)]
    )
    site = SelectField(_l("Where"), validators=[Optional()])
    permissions = SelectMultipleField(
        _l("What it may do"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )


class TokenForm(FlaskForm):
    """The last day of a token."""

    expires_on = DateField(_l("Last day"), validators=[InputRequired(_l("Choose the last day of the token."))])
