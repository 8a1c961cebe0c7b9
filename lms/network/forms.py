"""Forms of the network."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length


class SiteForm(FlaskForm):
    """A new site."""

    code = StringField(_l("Code"), validators=[InputRequired(_l("Give a short code.")), Length(max=20)])
    name = StringField(_l("Name"), validators=[InputRequired(_l("Give the site's name.")), Length(max=160)])
    zone = StringField(
        _l("Time zone"), validators=[InputRequired(_l("Give a zone such as Europe/Lisbon.")), Length(max=60)]
    )


class TeamForm(FlaskForm):
    """A new team."""

    site = SelectField(_l("Site"))
    name = StringField(_l("Name of the team"), validators=[InputRequired(_l("Give the team a name.")), Length(max=80)])


class RenameForm(FlaskForm):
    """Another name for a team."""

    team = SelectField(_l("Team"), validators=[InputRequired(_l("Choose the team."))])
    name = StringField(_l("New name"), validators=[InputRequired(_l("Give the team a name.")), Length(max=80)])
    reason = StringField(_l("Why"), validators=[InputRequired(_l("Say why: it stands in the trail.")), Length(max=200)])


class MemberForm(FlaskForm):
    """Somebody joins a team."""

    team = SelectField(_l("Team"))
