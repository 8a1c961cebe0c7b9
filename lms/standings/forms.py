"""Shape of what is signed about a standing."""

from __future__ import annotations

from uuid import UUID

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.identity.forms import SigningForm
from lms.patient_data.forms import NoPatientForm
from lms.refusals import NotAllowed


class StandingForm(NoPatientForm, SigningForm):
    """Whom it is about, as ``kind:id:state seen``, what is done, and why."""

    subject = SelectField(_l("Whom"), validate_choice=False)
    act = SelectField(_l("What is done"), validate_choice=False)
    reason = TextAreaField(
        _l("Reason"),
        validators=[InputRequired(_l("Give the reason: it is part of what you sign.")), Length(max=2000)],
    )

    def about(self) -> tuple[str, UUID, str]:
        """Return kind, id and the state that the signer saw. Raises ``NotAllowed`` for what is not understood."""
        kind, _, rest = (self.subject.data or "").partition(":")
        subject_id, _, seen = rest.partition(":")
        try:
            return kind, UUID(subject_id), seen
        except ValueError:
            raise NotAllowed("Choose whom it is about.", field="subject") from None
