"""The shape of a study on its way in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import Length


class StudyForm(FlaskForm):
    """A file, and which of its columns are the covariates."""

    file = FileField(_l("File (CSV, XLSX or JSON)"), validators=[FileRequired(_l("Choose a file."))])
    covariates = StringField(_l("Covariates, the declared one first"), validators=[Length(max=400)])
