"""Shape of what is signed about gates."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from lms.identity.forms import SigningForm
from lms.patient_data.forms import NoPatientForm


class GateForm(NoPatientForm, SigningForm):
    """What shows that a gate is done, or that it is not."""

    evidence = StringField(_l("What shows it"), validators=[InputRequired(_l("Say what shows it.")), Length(max=1000)])


class ActivationForm(SigningForm):
    """The signature that all gates are done."""
