"""Forms of the note about a wave, and of the switch."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from coaching.voice.rules import LONGEST
from lms.web.typed import DateField


class NoteForm(FlaskForm):
    """You said, we did: about a site and its ways, never about a person."""

    version = HiddenField()
    said = TextAreaField(
        _l("You said"), validators=[InputRequired(_l("Say what your teams said.")), Length(max=LONGEST)]
    )
    did = TextAreaField(_l("We did"), validators=[InputRequired(_l("Say what you did about it.")), Length(max=LONGEST)])
    owner = SelectField(_l("Who sees to it"), validators=[InputRequired(_l("Choose who sees to it."))])
    due_on = DateField(_l("Done by"), validators=[InputRequired(_l("Give the day by which it is done."))])


class SwitchForm(FlaskForm):
    """Why the survey is switched at a site."""

    reason = StringField(_l("Why"), validators=[InputRequired(_l("Say why.")), Length(max=300)])
