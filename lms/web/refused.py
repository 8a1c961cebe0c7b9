"""What a view does with a refused form: the sentence at its field, and the status that says why."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_wtf import FlaskForm

from lms.refusals import NotAllowed, NotFound, StaleForm

#: Digits that no version of a record has.
_LONGEST = 10


def blame(form: FlaskForm, refusal: NotAllowed, otherwise: str) -> int:
    """Put the refusal's sentence at its field, or at the field ``otherwise``; return the status.

    What does not exist stays a 404: ``NotFound`` is raised again.
    """
    if isinstance(refusal, NotFound):
        raise refusal
    form[refusal.field if refusal.field in form else otherwise].errors = [_(str(refusal))]
    return 409 if isinstance(refusal, StaleForm) else 422


def version_of(form: FlaskForm) -> int:
    """Return the version of the record that the form was made from; 0, which is never current, if it says none."""
    sent = str(form.version.data)
    return int(sent) if sent.isdecimal() and len(sent) < _LONGEST else 0
