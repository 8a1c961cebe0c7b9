"""Shape of input for a baseline."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from behavior_metrics.months.rules import Month
from lms.identity.forms import SigningForm

_ASKED = _l("Choose a month.")


class FreezeForm(SigningForm):
    """First and last month, why these, and the signature. `version` is the number of the baseline that is shown."""

    first = SelectField(_l("First month"), validators=[InputRequired(_ASKED)])
    last = SelectField(_l("Last month"), validators=[InputRequired(_ASKED)])
    reason = TextAreaField(
        _l("Why these months are the usual"),
        validators=[InputRequired(_l("Say why these months are the usual.")), Length(max=2000)],
    )

    def offer(self, months: list[Month]) -> None:
        """Offer the months that are over, newest first."""
        choices = [(str(month), month.words) for month in reversed(months)]
        self.first.choices = self.last.choices = choices
