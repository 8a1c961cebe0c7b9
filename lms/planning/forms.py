"""Shapes of input for planned batches and counted work."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from lms.web import labels
from lms.web.typed import DateTimeLocalField, MonthField


class PlannedForm(FlaskForm):
    """A batch to be made. Times are those of the site."""

    number = StringField(_l("Batch number"), validators=[InputRequired(_l("Give the batch number.")), Length(max=40)])
    site = SelectField(_l("Site"))
    team = SelectField(_l("Team"), validators=[Optional()])
    product = StringField(_l("Product"), validators=[InputRequired(_l("Name the product.")), Length(max=80)])
    process_name = StringField(_l("Process"), validators=[InputRequired(_l("Name the process.")), Length(max=80)])
    process_version = StringField(_l("Process version"), validators=[Length(max=20)])
    starts_at = DateTimeLocalField(
        _l("Planned start"), format="%Y-%m-%dT%H:%M", validators=[InputRequired(_l("Give the planned start."))]
    )
    ends_at = DateTimeLocalField(
        _l("Planned end"), format="%Y-%m-%dT%H:%M", validators=[InputRequired(_l("Give the planned end."))]
    )


class StepForm(FlaskForm):
    """Starting or cancelling what is planned."""

    version = HiddenField()
    reason = StringField(_l("Why"), validators=[Length(max=500)])


class ExposureForm(FlaskForm):
    """The work of a site or team in a month."""

    site = SelectField(_l("Site"))
    team = SelectField(_l("Team"), validators=[Optional()])
    month = MonthField(_l("Month"), validators=[InputRequired(_l("Give the month."))])
    unit = SelectField(_l("What is counted"))
    count = IntegerField(_l("How many"), validators=[InputRequired(_l("Give a whole number, 0 or more."))])

    def offer(self, sites: list[tuple[str, str]], teams: list[tuple[str, str]]) -> None:
        """Fill the lists to choose from."""
        self.site.choices, self.team.choices = sites, teams
        self.unit.choices = labels.choices("exposure_unit")
