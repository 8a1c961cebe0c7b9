"""Shape of input for a signed study."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.identity.forms import SigningForm
from lms.patient_data.forms import NoPatientForm


class SnapshotForm(NoPatientForm, SigningForm):
    """How the signer reads the study, and the signature on it as shown."""

    shown = HiddenField()
    remark = TextAreaField(
        _l("How you read it"),
        validators=[
            InputRequired(_l("Say how you read the study: it is part of what you sign.")),
            Length(max=2000),
        ],
    )
