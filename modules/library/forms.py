"""Shapes of input: a module, the words of a part."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange


class ModuleForm(FlaskForm):
    """A new module for an SOP."""

    code = StringField(_l("Code"), validators=[InputRequired(_l("Give the module a code.")), Length(max=60)])
    title = StringField(_l("Title"), validators=[InputRequired(_l("Give the module a title.")), Length(max=200)])
    document = SelectField(_l("Teaches"), validators=[InputRequired(_l("Choose the SOP it teaches."))])
    minutes = IntegerField(
        _l("Minutes"), default=20, validators=[NumberRange(1, 600, _l("A module takes from 1 to 600 minutes."))]
    )


class ModuleWordsForm(FlaskForm):
    """The title and the minutes of a module."""

    version = HiddenField()
    title = StringField(_l("Title"), validators=[InputRequired(_l("Give the module a title.")), Length(max=200)])
    minutes = IntegerField(_l("Minutes"), validators=[NumberRange(1, 600, _l("A module takes from 1 to 600 minutes."))])


class PartForm(FlaskForm):
    """The words of a part."""

    version = HiddenField()
    title = StringField(_l("Title"), validators=[InputRequired(_l("Give the part a title.")), Length(max=200)])
    statement = TextAreaField(_l("Sentence that is signed"), validators=[Length(max=600)])
