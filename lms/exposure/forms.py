"""Shapes of input for batches."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from lms.web import labels
from lms.web.typed import DateField


class BatchForm(FlaskForm):
    """A batch that was started."""

    site = SelectField(_l("Site"))
    number = StringField(_l("Batch number"), validators=[InputRequired(_l("Give the batch number.")), Length(max=40)])
    product = StringField(_l("Product"), validators=[InputRequired(_l("Name the product.")), Length(max=80)])
    process_version = StringField(_l("Process version"), validators=[Length(max=20)])
    started_on = DateField(_l("First day"), validators=[InputRequired(_l("Give the first day."))])
    team = SelectField(_l("Team"), validators=[Optional()])


class FinishForm(FlaskForm):
    """The last day and what became of it."""

    version = HiddenField()
    finished_on = DateField(_l("Last day"), validators=[InputRequired(_l("Give the last day."))])
    disposition = SelectField(_l("What became of it"))

    def offer(self) -> None:
        """Fill the list to choose from."""
        self.disposition.choices = labels.choices("disposition")
