"""Forms of a proposal."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length


class DeclineForm(FlaskForm):
    """Why a proposal is declined."""

    reason = StringField(
        _l("Why you decline"), validators=[InputRequired(_l("Say why you decline: QA reads it.")), Length(max=500)]
    )


class ProposeForm(FlaskForm):
    """Whom a review should be held with."""

    coachee = SelectField(_l("With whom"))
