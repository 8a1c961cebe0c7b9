"""The form of what matching asks of a person."""

from __future__ import annotations

from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField

from lms.web.labels import choices


class ProfileForm(FlaskForm):
    """Share of work, languages, subjects; for whoever keeps the people of the site also the line manager."""

    share = SelectField(_l("Coaches"))
    languages = SelectMultipleField(_l("Languages of a review"))
    subjects = SelectMultipleField(_l("Process steps they know"))
    line_manager = SelectField(_l("Line manager"))

    def offer(self, people: list[tuple[UUID, str]] | None) -> None:
        """Offer the codes by their words, and these people as line manager; None: the line manager is not asked."""
        self.share.choices = choices("coaching_share")
        self.languages.choices = sorted(choices("language"), key=lambda choice: str(choice[1]))
        self.subjects.choices = choices("process_step")
        if people is None:
            del self.line_manager
        else:
            named = [(str(person_id), name) for person_id, name in people]
            self.line_manager.choices = [("", _l("not named")), *named]
