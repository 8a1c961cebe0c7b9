"""Shape of a roster's entry."""

from __future__ import annotations

from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, SelectField
from wtforms.validators import InputRequired

from lms.refusals import NotAllowed


class RosterForm(FlaskForm):
    """A person and the task they are planned for."""

    person = SelectField(_l("Person"), validate_choice=False, validators=[InputRequired(_l("Choose a person."))])
    task = SelectField(_l("Task"), validate_choice=False, validators=[InputRequired(_l("Choose a task."))])


def id_of(field: Field) -> UUID:
    """Return the id that was chosen. Raises ``NotAllowed`` for what is none."""
    try:
        return UUID(field.data)
    except ValueError:
        raise NotAllowed("Choose from the list.", field=field.name) from None
