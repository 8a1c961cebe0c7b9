"""Shapes of input for a site's own fields."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length


class FieldForm(FlaskForm):
    """A new field."""

    label = StringField(_l("Label"), validators=[InputRequired(_l("Give the field a label.")), Length(max=60)])
    kind = SelectField(
        _l("Kind"), choices=[SelectChoice("text", _l("Text")), SelectChoice("choice", _l("One of a list"))]
    )
    choices = TextAreaField(_l("Choices, one a line"), validators=[Length(max=2000)])
