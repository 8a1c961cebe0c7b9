"""Shapes of input for system actions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.web.typed import DateField


class DoneForm(FlaskForm):
    """That it is done, and what shows it."""

    version = HiddenField()
    done_on = DateField(_l("Done on"), validators=[InputRequired(_l("Give the day."))])
    evidence = TextAreaField(
        _l("What shows it"), validators=[InputRequired(_l("Say what shows that it is done.")), Length(max=2000)]
    )


class DeclineForm(FlaskForm):
    """That it will not be done, and why."""

    version = HiddenField()
    reason = TextAreaField(_l("Why it will not be done"), validators=[InputRequired(_l("Say why.")), Length(max=2000)])


class HandOnForm(FlaskForm):
    """Who sees to it from now on."""

    version = HiddenField()
    owner = SelectField(_l("New owner"))
    handed_because = StringField(_l("Why"), validators=[InputRequired(_l("Say why.")), Length(max=500)])
