"""Shapes of input: the words to take out, and why."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.identity.forms import SigningForm
from lms.patient_data.forms import NoPatientForm


class RedactForm(NoPatientForm, SigningForm):
    """Words to take out, which are kept nowhere, and the reason, which is kept for good."""

    words = StringField(
        _l("Words to take out"), validators=[InputRequired(_l("Type the words to take out.")), Length(max=190)]
    )
    reason = TextAreaField(
        _l("Reason"),
        validators=[
            InputRequired(_l("Say why it is taken out: the reason is part of what you sign.")),
            Length(max=2000),
        ],
    )
