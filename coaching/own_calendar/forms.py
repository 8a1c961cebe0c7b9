"""Shapes of input for one's own calendar."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import InputRequired, Length


class OwnCalendarForm(FlaskForm):
    """A file that was exported from a calendar."""

    name = StringField(
        _l("What you call this calendar"),
        validators=[InputRequired(_l("Give the calendar a name, such as “Outlook at work”.")), Length(max=60)],
    )
    file = FileField(_l("File (.ics)"), validators=[FileRequired(_l("Choose a file."))])
