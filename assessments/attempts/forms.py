"""Shape of what is sent from the pages of an attempt."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional


class AnswerForm(FlaskForm):
    """A question without a script: the options are read from the request, for their ids differ in each attempt."""

    sequence = IntegerField(validators=[Optional(), NumberRange(0, 2**31 - 1)])


class FurtherForm(FlaskForm):
    """What a trainer went through with somebody before another attempt."""

    note = TextAreaField(
        _l("What you went through together"),
        validators=[InputRequired(_l("Say in a sentence what you went through together.")), Length(max=2000)],
    )
