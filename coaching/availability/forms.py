"""Shapes of input for one's own times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, StringField
from wtforms.validators import InputRequired, Length

from coaching.availability.rules import EXTRA, OTHER, line_of, spans_of
from coaching.scheduling.rules import Hours
from lms.web.labels import label
from lms.web.typed import DateField

_LINE = [Length(max=120)]


class WeekForm(FlaskForm):
    """The hours of a week, a line for each day."""

    day_0 = StringField(_l("Monday"), validators=_LINE)
    day_1 = StringField(_l("Tuesday"), validators=_LINE)
    day_2 = StringField(_l("Wednesday"), validators=_LINE)
    day_3 = StringField(_l("Thursday"), validators=_LINE)
    day_4 = StringField(_l("Friday"), validators=_LINE)
    day_5 = StringField(_l("Saturday"), validators=_LINE)
    day_6 = StringField(_l("Sunday"), validators=_LINE)

    @property
    def lines(self) -> list[StringField]:
        """The fields of the days, Monday first."""
        return [self[f"day_{weekday}"] for weekday in range(7)]

    def show(self, hours: Hours) -> None:
        """Fill the lines with a week."""
        for weekday, line in enumerate(self.lines):
            line.data = line_of(hours.get(weekday, ()))

    def week(self) -> Mapping[int, Sequence[tuple[int, int]]]:
        """Return the spans of each day. Raises ``NotAllowed`` for a line that is not understood."""
        return {weekday: spans_of(line.data or "", field=line.name) for weekday, line in enumerate(self.lines)}


class AbsenceForm(FlaskForm):
    """Whole days away."""

    first_day = DateField(_l("First day away"), validators=[InputRequired(_l("Give the first day."))])
    last_day = DateField(_l("Last day away"), validators=[InputRequired(_l("Give the last day."))])


class TimeForm(FlaskForm):
    """Some hours of one day."""

    kind = RadioField(_l("On this day I am"), default=OTHER)
    day = DateField(_l("Day"), validators=[InputRequired(_l("Give the day."))])
    hours = StringField(
        _l("From, to"), validators=[InputRequired(_l("Give the time, such as 13:00-15:00.")), Length(max=120)]
    )

    def offer(self) -> None:
        """Fill the list to choose from."""
        self.kind.choices = [(kind, label(kind, "own_time")) for kind in (OTHER, EXTRA)]


class LimitsForm(FlaskForm):
    """What a coach takes on."""

    buffer_minutes = IntegerField(
        _l("Minutes between two reviews"), validators=[InputRequired(_l("Give a number of minutes."))]
    )
    a_day = IntegerField(_l("Reviews a day, at most"), validators=[InputRequired(_l("Give a number."))])
    a_week = IntegerField(_l("Reviews a week, at most"), validators=[InputRequired(_l("Give a number."))])
