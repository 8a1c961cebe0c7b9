"""Shapes of input: assigning by hand, cancelling."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.web.typed import DateField


class AssignForm(FlaskForm):
    """A module for people, by hand."""

    module = SelectField(_l("Module"), validators=[InputRequired(_l("Choose a module."))])
    people = SelectMultipleField(_l("People"), validators=[InputRequired(_l("Choose at least one person."))])
    due_on = DateField(_l("Due"), validators=[InputRequired(_l("Choose the due day."))])
    reason = TextAreaField(_l("Why"), validators=[InputRequired(_l("Say why it is assigned.")), Length(max=1000)])


class CancelForm(FlaskForm):
    """Why an assignment is cancelled."""

    version = HiddenField()
    reason = TextAreaField(
        _l("Why it is cancelled"), validators=[InputRequired(_l("Say why it is cancelled.")), Length(max=1000)]
    )
