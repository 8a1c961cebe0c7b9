"""The form of a note."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from coaching.notes.rules import LONGEST


class NoteForm(FlaskForm):
    """A new note, with who reads it."""

    text = TextAreaField(_l("Note"), validators=[InputRequired(_l("Write the note first.")), Length(max=LONGEST)])
    readers = RadioField(_l("Who reads it"))


class RewriteForm(FlaskForm):
    """The text of one's own note, put right."""

    version = HiddenField()
    text = TextAreaField(_l("Note"), validators=[InputRequired(_l("Write the note first.")), Length(max=LONGEST)])
