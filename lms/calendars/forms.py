"""Shapes of input for site calendars."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from lms.web.typed import DateField


class HolidayForm(FlaskForm):
    """One holiday."""

    day = DateField(_l("Day"), validators=[InputRequired(_l("Give the day."))])
    name = StringField(
        _l("Holiday"),
        validators=[InputRequired(_l("Give the holiday's name in at most 80 characters.")), Length(max=80)],
    )


class HolidayFileForm(FlaskForm):
    """A file of holidays."""

    file = FileField(_l("File (CSV, XLSX or ICS)"), validators=[FileRequired(_l("Choose a file."))])


class FoundForm(FlaskForm):
    """The holidays that were found in a calendar file, to be confirmed."""

    days = HiddenField()
