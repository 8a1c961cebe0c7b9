"""Shapes of input: a file, and the redaction of one."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from lms.identity.forms import SigningForm
from lms.patient_data.forms import NoPatientForm


class FileForm(FlaskForm):
    """A file to add."""

    file = FileField(_l("Photo or file"), validators=[FileRequired(_l("Choose a file."))])


class RedactFileForm(NoPatientForm, SigningForm):
    """Why the content of a file is taken out."""

    reason = TextAreaField(
        _l("Reason"),
        validators=[
            InputRequired(_l("Say why it is taken out: the reason is part of what you sign.")),
            Length(max=2000),
        ],
    )
