"""Shapes of input: uploading an SOP, writing one, approving one, sending one back."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.identity.forms import SigningForm
from lms.web.labels import choices
from lms.web.typed import DateField

WORDS = 4000
TEXT = 2_000_000


class UploadForm(FlaskForm):
    """One Markdown file and the pictures it shows."""

    files = MultipleFileField(_l("Markdown file and its pictures"))


class StartForm(FlaskForm):
    """What a new SOP needs before its text is written."""

    code = StringField(_l("Number"), validators=[InputRequired(_l("Give the SOP's number.")), Length(max=60)])
    title = StringField(_l("Title"), validators=[InputRequired(_l("Give the SOP's title.")), Length(max=200)])
    process_step = SelectField(_l("Process step"), validators=[Optional()])

    def offer(self) -> None:
        """Fill the list to choose from."""
        self.process_step.choices = [("", _l("None")), *choices("process_step")]


class DraftForm(FlaskForm):
    """The text of a draft and what its readers are told about it."""

    version = HiddenField()
    title = StringField(_l("Title"), validators=[InputRequired(_l("Give the SOP's title.")), Length(max=200)])
    source = TextAreaField(_l("Text, in Markdown"), validators=[Length(max=TEXT)])
    change_summary = TextAreaField(_l("What changed"), validators=[Length(max=WORDS)])
    change_reason = TextAreaField(_l("Why"), validators=[Length(max=WORDS)])
    affected = TextAreaField(_l("Whom it concerns"), validators=[Length(max=WORDS)])
    risk_class = SelectField(_l("The change asks for"))
    pictures = MultipleFileField(_l("Add pictures"))

    def offer(self) -> None:
        """Fill the list to choose from."""
        self.risk_class.choices = choices("risk_class")


class ApproveForm(SigningForm):
    """The day from which a version holds, and the signature."""

    sha256 = HiddenField()
    effective_on = DateField(_l("Holds from"), validators=[InputRequired(_l("Choose the day from which it holds."))])


class ReturnForm(FlaskForm):
    """What the author should change."""

    reason = TextAreaField(
        _l("What should be changed"),
        validators=[InputRequired(_l("Say what the author should change.")), Length(max=WORDS)],
    )
