"""Shapes of input for a team's meeting."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from coaching.reviews.guides import OF_TEAMS
from lms.web.labels import label


class TeamForm(FlaskForm):
    """Who meets, why, and what about."""

    subject = StringField(
        _l("What the team looks at"),
        validators=[InputRequired(_l("Say in a few words what the team looks at.")), Length(max=200)],
    )
    kind = SelectField(_l("Why you meet"), default="scheduled")
    coachees = SelectMultipleField(_l("Who takes part"))

    def offer(self, people: list[tuple[str, str]]) -> None:
        """Fill the lists to choose from."""
        self.coachees.choices = people
        self.kind.choices = [(kind, label(kind, "review_kind")) for kind in OF_TEAMS]
