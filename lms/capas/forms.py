"""Shapes of input for actions."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.capas.rules import Kind
from lms.identity.forms import SigningForm
from lms.patient_data.forms import NoPatientForm
from lms.web import labels
from lms.web.labels import Words
from lms.web.typed import DateField

REASON = 2000


class CapaForm(NoPatientForm):
    """A new action."""

    kind = SelectField(_l("What it is for"))
    title = StringField(
        _l("What is to be done"),
        validators=[InputRequired(_l("Say in a few words what is to be done.")), Length(max=200)],
    )
    description = TextAreaField(_l("How, and what it is meant to change"), validators=[Length(max=4000)])
    owner = SelectField(_l("Owner"))
    due_on = DateField(_l("Due"), validators=[InputRequired(_l("Give the day by which it is to be in place."))])

    def offer(self, owners: list[tuple[str, str]]) -> None:
        """Fill the lists to choose from. Training has a form of its own, in the room that assigns it."""
        kinds = [(code, words) for code, words in labels.choices("capa_kind") if code != Kind.TRAINING]
        self.kind.choices, self.owner.choices = kinds, owners


class InPlaceForm(NoPatientForm):
    """That an action is in place, and what shows it."""

    version = HiddenField()
    implemented_on = DateField(_l("In place since"), validators=[InputRequired(_l("Give the day."))])
    evidence = TextAreaField(
        _l("What shows it"), validators=[InputRequired(_l("Say what shows that it is in place.")), Length(max=REASON)]
    )


class ExtendForm(NoPatientForm, SigningForm):
    """A later due day, with reason, risk and signature."""

    extended_to = DateField(_l("New due day"), validators=[InputRequired(_l("Give the new due day."))])
    reason = TextAreaField(
        _l("Why it takes longer"),
        validators=[
            InputRequired(_l("Say why it takes longer: the reason is part of what you sign.")),
            Length(max=REASON),
        ],
    )
    risk = TextAreaField(
        _l("Risk meanwhile, and what holds it off"),
        validators=[InputRequired(_l("Say what may happen meanwhile and what holds it off.")), Length(max=REASON)],
    )


class PlanForm(NoPatientForm):
    """How it will be told whether the action worked."""

    version = HiddenField()
    criterion = TextAreaField(
        _l("What would show that it worked"),
        validators=[InputRequired(_l("Say in words what would show that it worked.")), Length(max=REASON)],
    )
    process_step = SelectField(_l("Step counted"), validators=[Optional()])
    category = SelectField(_l("Category counted"), validators=[Optional()])
    root_cause_class = SelectField(_l("Cause counted"), validators=[Optional()])
    baseline_days = IntegerField(_l("Days before"), validators=[InputRequired(_l("Give a whole number of days."))])
    window_days = IntegerField(_l("Days after"), validators=[InputRequired(_l("Give a whole number of days."))])
    window_batches = IntegerField(_l("Batches after"), validators=[InputRequired(_l("Give a number of batches."))])
    reduction_percent = IntegerField(
        _l("Fall of the rate, percent"), validators=[InputRequired(_l("Give a whole number of percent."))]
    )
    grace_days = IntegerField(_l("Days of grace"), validators=[InputRequired(_l("Give a whole number of days, or 0."))])

    def offer(self) -> None:
        """Fill the lists to choose from."""
        anything: tuple[str, Words] = ("", _l("any"))
        for name in ("process_step", "category", "root_cause_class"):
            self[name].choices = [anything, *labels.choices(name)]


class LookForm(NoPatientForm, SigningForm):
    """How QA reads the counts; the verdict follows from them."""

    remark = TextAreaField(
        _l("How you read it"),
        validators=[
            InputRequired(_l("Say in a sentence how you read it: it is part of what you sign.")),
            Length(max=REASON),
        ],
    )


class CancelForm(NoPatientForm):
    """Why an action is not needed any more."""

    version = HiddenField()
    reason = StringField(
        _l("Why it is not needed"),
        validators=[InputRequired(_l("Say why it is not needed any more.")), Length(max=500)],
    )
