"""Shapes of input: the text of a bulletin with its questions and sites, and the words of each step."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.identity.forms import SigningForm
from lms.patient_data.forms import NoPatientForm
from lms.web.typed import DateField
from modules.bulletins.rules import MOST_QUESTIONS, Question, Text

LONG = 3000


class BulletinForm(NoPatientForm):
    """Everything a bulletin says, and where it goes. The rules say what is missing."""

    version = HiddenField()
    title = StringField(_l("Title"), validators=[Length(max=160)])
    what_happened = TextAreaField(_l("What happened"), validators=[Length(max=LONG)])
    why = TextAreaField(_l("Why it happened"), validators=[Length(max=LONG)])
    what_changed = TextAreaField(_l("What was changed"), validators=[Length(max=LONG)])
    look_for = TextAreaField(_l("What to look for at the bench"), validators=[Length(max=LONG)])
    question_1 = TextAreaField(_l("First question"), validators=[Length(max=1000)])
    question_2 = TextAreaField(_l("Second question"), validators=[Length(max=1000)])
    question_3 = TextAreaField(_l("Third question"), validators=[Length(max=1000)])
    due_on = DateField(_l("Due"), validators=[InputRequired(_l("Give the day by which it is to be studied."))])
    sites = SelectMultipleField(_l("Sites"))
    site_reason = TextAreaField(_l("Why you decided otherwise than the facts"), validators=[Length(max=500)])

    def text(self) -> Text:
        """Return what was typed. A question is a block: the question, ``+`` the right answer, ``-`` wrong ones, ``=`` why."""
        blocks = [self[f"question_{number}"].data or "" for number in range(1, MOST_QUESTIONS + 1)]
        return Text(
            self.title.data or "",
            self.what_happened.data or "",
            self.why.data or "",
            self.what_changed.data or "",
            self.look_for.data or "",
            tuple(question_of(block) for block in blocks if block.strip()),
        )

    def show(self, text: Text) -> None:
        """Put a text into the fields."""
        for name in ("title", "what_happened", "why", "what_changed", "look_for"):
            self[name].data = getattr(text, name)
        for number, one in enumerate(text.questions, 1):
            self[f"question_{number}"].data = block_of(one)


def question_of(block: str) -> Question:
    """Return a question from its block of lines; what is missing stays empty and is refused by the rules."""
    stem, right, wrong, why = [], "", [], []
    for line in map(str.strip, block.splitlines()):
        match line[:1]:
            case "+" if not right:
                right = line[1:].strip()
            case "+" | "-":
                wrong.append(line[1:].strip())
            case "=":
                why.append(line[1:].strip())
            case "":
                continue
            case _:
                stem.append(line)
    return Question(" ".join(stem), right, tuple(wrong), " ".join(why))


def block_of(question: Question) -> str:
    """Return a question as a block of lines."""
    return "\n".join(
        [question.stem, f"+ {question.right}", *(f"- {one}" for one in question.wrong), f"= {question.why}"]
    )


class StepForm(FlaskForm):
    """A step without words: the version that was shown."""

    version = HiddenField()


class ReasonForm(NoPatientForm):
    """A step with its reason."""

    version = HiddenField()
    reason = TextAreaField(_l("Reason"), validators=[InputRequired(_l("Give the reason.")), Length(max=1000)])


class ApproveForm(SigningForm):
    """The signature of a trainer."""
