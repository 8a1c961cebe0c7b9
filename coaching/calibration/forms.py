"""Shapes of input of a calibration."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length


class AskForm(FlaskForm):
    """Which run is rated by which checklist, and who else rates it."""

    about = StringField(
        _l("Recording or run"),
        validators=[InputRequired(_l("Say which recording or run you both rate.")), Length(max=160)],
    )
    checklist = SelectField(_l("Checklist"))
    second = SelectField(_l("Other coach"))


class RateForm(FlaskForm):
    """One mark for each point; the points are those of the checklist, so they are read as they came."""

    marks = StringField()

    def given(self, sent: Mapping[str, str]) -> dict[str, str]:
        """Return position -> mark of everything that was sent for a point."""
        return {name.removeprefix("point-"): mark for name, mark in sent.items() if name.startswith("point-")}
