"""Shapes of input for the weights."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, TextAreaField
from wtforms.validators import InputRequired, Length

from behavior_metrics.follow_through.words import PARTS
from behavior_metrics.stats import followthrough
from lms.identity.forms import SigningForm

_ASKED = _l("Type a whole number of percent.")


class ProposeForm(FlaskForm):
    """The five weights in whole percent, and why."""

    raised_first = IntegerField(PARTS["raised_first"], validators=[InputRequired(_ASKED)])
    raised_in_time = IntegerField(PARTS["raised_in_time"], validators=[InputRequired(_ASKED)])
    commitments_kept = IntegerField(PARTS["commitments_kept"], validators=[InputRequired(_ASKED)])
    actions_on_time = IntegerField(PARTS["actions_on_time"], validators=[InputRequired(_ASKED)])
    currency_owned = IntegerField(PARTS["currency_owned"], validators=[InputRequired(_ASKED)])
    reason = TextAreaField(
        _l("Why these weights"), validators=[InputRequired(_l("Say why the weights should change.")), Length(max=2000)]
    )

    def percents(self) -> dict[str, int]:
        """Return the weights by part."""
        return {part: self[part].data for part in followthrough.PARTS}


class SignWeightsForm(SigningForm):
    """A signature under a proposed version."""


class WithdrawForm(FlaskForm):
    """Taking a proposed version back."""

    version = HiddenField()
