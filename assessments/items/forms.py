"""Shape of what authors send about questions and knowledge checks."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from assessments.items.rules import ItemText, OptionText

#: Rows offered for answers; empty ones are left out.
ANSWER_ROWS = 6


class OptionForm(FlaskForm):
    """One answer."""

    class Meta:
        csrf = False  # the question's own form carries the token

    text = StringField(_l("Answer"), validators=[Optional(), Length(max=500)])
    correct = BooleanField(_l("Right"))


class ItemForm(FlaskForm):
    """What a version of a question says."""

    code = StringField(_l("Code"), validators=[Optional(), Length(max=60)])
    document = SelectField(_l("SOP"), validators=[Optional()])
    section = StringField(_l("Clause of the SOP"), validators=[Optional(), Length(max=40)])
    critical = BooleanField(_l("Must be right to pass"))
    kind = SelectField(_l("Kind"), validators=[InputRequired()])
    stem = TextAreaField(_l("Question"), validators=[InputRequired(_l("Write the question.")), Length(max=4000)])
    options = FieldList(FormField(OptionForm), min_entries=ANSWER_ROWS, max_entries=ANSWER_ROWS, label=_l("Answers"))
    why = TextAreaField(
        _l("Why the right answer is right"),
        validators=[InputRequired(_l("Say why: it is shown after the result.")), Length(max=4000)],
    )
    version = HiddenField()

    def text(self) -> ItemText:
        """Return what was typed, without empty rows."""
        why = (self.why.data or "").strip()
        offered = [(row.form.text.data or "", bool(row.form.correct.data)) for row in self.options]
        return ItemText(
            self.kind.data,
            (self.stem.data or "").strip(),
            tuple(OptionText(text.strip(), right, why if right else "") for text, right in offered if text.strip()),
        )


class QuizForm(FlaskForm):
    """How a knowledge check draws, how long it lasts and what passes."""

    title = StringField(_l("Title"), validators=[InputRequired(_l("Give it a title.")), Length(max=200)])
    draw = IntegerField(_l("Questions drawn"), validators=[InputRequired(), NumberRange(1, 100)])
    pass_percent = IntegerField(_l("Pass mark in percent"), validators=[InputRequired(), NumberRange(1, 100)])
    minutes = IntegerField(_l("Minutes"), validators=[InputRequired(), NumberRange(1, 240)])
    attempts = IntegerField(_l("Attempts before a trainer is asked"), validators=[InputRequired(), NumberRange(1, 10)])
    items = SelectMultipleField(_l("Questions"), validators=[InputRequired(_l("Choose the questions it draws from."))])
    reason = StringField(_l("Reason for the change"), validators=[InputRequired(_l("Say why.")), Length(max=500)])
