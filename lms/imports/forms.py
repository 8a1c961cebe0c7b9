"""Shapes of input for taking a file in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

KINDS = [
    SelectChoice("deviations", _l("Deviations")),
    SelectChoice("batches", _l("Batches")),
    SelectChoice("planned-batches", _l("Planned batches")),
    SelectChoice("exposure", _l("Work counted by month")),
    SelectChoice("people", _l("People")),
]


class UploadForm(FlaskForm):
    """A file, and what its lines are."""

    kind = SelectField(_l("What its lines are"), choices=KINDS)
    file = FileField(_l("File (CSV, XLSX or JSON)"), validators=[FileRequired(_l("Choose a file."))])


class ColumnsForm(FlaskForm):
    """How the file writes its days; the columns themselves are read from the request, one select per field."""

    dates = StringField(_l("Other ways in which it writes days"), validators=[Length(max=200)])
    times_in = StringField(_l("Time zone of its times"), validators=[Length(max=60)])
    ids = StringField(_l("Id put together of columns"), validators=[Length(max=200)])
    codes = TextAreaField(_l("Its words for our codes"), validators=[Length(max=8000)])
    source_name = StringField(_l("Keep these choices as"), validators=[Length(max=80)])
    site = SelectField(_l("Offered to"), validators=[Optional()])


class TakeInForm(FlaskForm):
    """What to do with lines that have errors, and the answer about what looks like a patient."""

    no_patient = StringField()

    lines = RadioField(
        _l("If lines have errors"),
        choices=[
            SelectChoice("all", _l("Take in nothing until every line is good")),
            SelectChoice("good", _l("Take in the good lines and leave the others out")),
        ],
        default="all",
    )
