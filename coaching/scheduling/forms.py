"""Forms of an appointment."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length


class CancelForm(FlaskForm):
    """Why a review is cancelled."""

    reason = StringField(_l("Why"), validators=[InputRequired(_l("Say why.")), Length(max=500)])
