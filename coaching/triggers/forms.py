"""Forms of a proposal and of a rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from coaching.occasions.rules import LIMITS, Rule
from coaching.triggers.rules import ALERTED
from lms.web.labels import choices, label

REASON = 500


class DeclineForm(FlaskForm):
    """Why a proposal is declined."""

    reason = StringField(
        _l("Why you decline"), validators=[InputRequired(_l("Say why you decline: QA reads it.")), Length(max=REASON)]
    )


class MergeForm(FlaskForm):
    """Into which proposal or review a proposal is taken."""

    into = RadioField(_l("Take it into"), validators=[InputRequired(_l("Choose one of them."))])

    def offer(self, targets: Iterable[tuple[str, str]]) -> None:
        """Offer these proposals and reviews."""
        self.into.choices = list(targets)


class ReassignForm(FlaskForm):
    """To whom a proposal goes, and why."""

    coach = SelectField(_l("Coach"), validators=[InputRequired(_l("Choose a coach."))])
    reason = StringField(
        _l("Why this coach"),
        validators=[InputRequired(_l("Say why this coach: it stands on the proposal.")), Length(max=REASON)],
    )
    version = HiddenField()

    def offer(self, coaches: Iterable[tuple[str, str]]) -> None:
        """Offer these coaches, whoever fits best first."""
        self.coach.choices = list(coaches)


class RuleForm(FlaskForm):
    """What every rule has; the figures of its condition are added by ``form_for``."""

    is_on = BooleanField(_l("This rule proposes reviews"))
    cool_down_days = IntegerField(_l("Cool-down in days"), validators=[InputRequired(_l("Give a whole number."))])
    alerts = SelectField(_l("Told when no coach is free"))
    reason = StringField(_l("Why the rule changes"), validators=[Length(max=REASON)])
    #: The version that the form was made from, and the figures with which the rule was tried.
    number = HiddenField()
    tried = HiddenField()

    def figures(self, rule: Rule) -> Mapping[str, int]:
        """Return the figures of the condition as typed."""
        return {name: int(self[name].data or 0) for name in rule.figures}

    def digest(self, rule: Rule) -> str:
        """Return the figures as one text, by which it is known whether these were tried."""
        return ",".join(f"{value}" for value in (*self.figures(rule).values(), self.cool_down_days.data))


def form_for(rule: Rule) -> RuleForm:
    """Return the form of a rule, with a field for each of its figures, filled from the rule."""
    needed = _l("Give a whole number.")
    fields = {
        name: BooleanField(label(name, "trigger_figure"))
        if LIMITS[name] == (0, 1)
        else IntegerField(label(name, "trigger_figure"), validators=[InputRequired(needed)])
        for name in rule.figures
    }
    values = {**rule.figures, "is_on": rule.is_on, "cool_down_days": rule.cool_down_days}
    form: RuleForm = type("RuleFormOfOne", (RuleForm,), fields)(**values, alerts=rule.alerts, number=str(rule.number))
    form.alerts.choices = [choice for choice in choices("role") if choice[0] in ALERTED]
    return form
