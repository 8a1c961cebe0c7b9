"""Shapes of input for packs."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from lms.identity.forms import SigningForm
from lms.patient_data.forms import NoPatientForm


class SignPackForm(NoPatientForm, SigningForm):
    """The signature of quality assurance, with what the review concluded."""

    reason = TextAreaField(
        _l("Conclusion of the review"),
        validators=[InputRequired(_l("Say in a sentence what the review concluded.")), Length(max=2000)],
    )
