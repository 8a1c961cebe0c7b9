"""Shapes of input of the just-culture step."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from coaching.just_culture.rules import ANSWERS, QUESTIONS
from lms.identity.forms import SigningForm
from lms.patient_data.forms import NoPatientForm
from lms.web import labels

LONGEST = 2000


class ConcernForm(NoPatientForm, SigningForm):
    """Whom a concern is about, what it is, and who else looks at it."""

    subject = SelectField(_l("About"))
    second = SelectField(_l("Second assessor"))
    concern = TextAreaField(
        _l("The concern"), validators=[InputRequired(_l("State the concern.")), Length(max=LONGEST)]
    )


class AnswersForm(NoPatientForm):
    """One assessor's answers. The questions are those of the case's version."""

    intended = RadioField(validate_choice=False)
    health = RadioField(validate_choice=False)
    departed = RadioField(validate_choice=False)
    substitution = RadioField(validate_choice=False)
    mitigating = RadioField(validate_choice=False)
    route = RadioField(_l("What should follow"), validate_choice=False)
    reason = TextAreaField(
        _l("Why"), validators=[InputRequired(_l("Say why: the person reads it.")), Length(max=LONGEST)]
    )

    def offer(self, version: int) -> None:
        """Give each question its words and answers."""
        words = dict(labels.choices("just_culture_question"))
        answers = labels.choices("just_culture_answer")
        for question in QUESTIONS[version]:
            self[question].label.text = words[f"{version}.{question}"]
            self[question].choices = [choice for choice in answers if choice[0] in ANSWERS]
        self.route.choices = labels.choices("just_culture_route")

    def given(self, version: int) -> dict[str, str]:
        """Return the answers by question."""
        return {question: self[question].data or "" for question in QUESTIONS[version]}


class SettleForm(NoPatientForm):
    """The route that two who differed agreed on."""

    version = HiddenField()
    route = RadioField(_l("What should follow"), validate_choice=False)
    reason = TextAreaField(
        _l("Why, as you two see it now"),
        validators=[InputRequired(_l("Say why: the person reads it.")), Length(max=LONGEST)],
    )

    def offer(self) -> None:
        """Give the routes."""
        self.route.choices = labels.choices("just_culture_route")


class WordsForm(NoPatientForm):
    """What the person says to it."""

    words = TextAreaField(_l("In your own words"), validators=[Length(max=4000)])
