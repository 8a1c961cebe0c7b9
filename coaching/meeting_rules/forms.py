"""The form of a site's rules for remote reviews."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from coaching.meeting_rules.rules import Permitted
from lms.web.labels import choices


class MeetingRulesForm(FlaskForm):
    """What a site permits, and why that changes."""

    version = HiddenField()
    video_allowed = BooleanField(_l("Reviews by video are allowed"))
    camera_in_gmp_area = SelectField(_l("Camera in a GMP area"))
    recording = SelectField(_l("Recording"))
    retention_class = StringField(_l("Retention class of a recording"), validators=[Length(max=80)])
    usual_link = StringField(_l("The site's usual video room"), validators=[Length(max=200)])
    reason = StringField(
        _l("Why the rules are changed"),
        validators=[InputRequired(_l("Say why the rules are changed.")), Length(max=500)],
    )

    def offer(self) -> None:
        """Fill the lists to choose from."""
        self.camera_in_gmp_area.choices = choices("camera_rule")
        self.recording.choices = choices("recording_rule")

    def permitted(self) -> Permitted:
        """Return what was entered."""
        return Permitted(
            self.video_allowed.data,
            self.camera_in_gmp_area.data,
            self.recording.data,
            (self.retention_class.data or "").strip(),
            (self.usual_link.data or "").strip(),
        )
