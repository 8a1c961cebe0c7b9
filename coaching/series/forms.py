"""Shapes of input for a series."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectField, StringField, TimeField
from wtforms.validators import InputRequired, Length

from coaching.meeting_rules.rules import ONSITE, VIDEO
from coaching.reviews.guides import OF_SERIES
from lms.web.labels import label
from lms.web.typed import DateField


class SeriesForm(FlaskForm):
    """With whom, how often, when and how."""

    coachee = SelectField(_l("With whom"))
    every_weeks = IntegerField(_l("Every so many weeks"), validators=[InputRequired(_l("Give a number of weeks."))])
    first_on = DateField(_l("First day"), validators=[InputRequired(_l("Give the first day."))])
    at = TimeField(_l("At, on the operator's clock"), validators=[InputRequired(_l("Give the time, such as 10:00."))])
    kind = SelectField(_l("Why you meet"), default="scheduled")
    mode = RadioField(_l("How"))
    place = StringField(_l("Room or link"), validators=[Length(max=200)])

    def offer(self, people: list[tuple[str, str]]) -> None:
        """Fill the lists to choose from."""
        self.coachee.choices = people
        self.kind.choices = [(kind, label(kind, "review_kind")) for kind in OF_SERIES]
        self.mode.choices = [(mode, label(mode, "review_mode")) for mode in (VIDEO, ONSITE)]

    @property
    def minute(self) -> int:
        """Minutes after midnight."""
        return int(self.at.data.hour * 60 + self.at.data.minute)


class EndForm(FlaskForm):
    """Why a series ends."""

    reason = StringField(_l("Why"), validators=[InputRequired(_l("Say why: the operator is told.")), Length(max=200)])
