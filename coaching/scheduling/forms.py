"""Forms of an appointment."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length, Optional

from coaching.meeting_rules.rules import Permitted
from lms.refusals import NotAllowed
from lms.web.labels import label
from lms.web.times import is_meant
from lms.web.typed import DateTimeLocalField

NO_SLOT = _l("Choose one of the free times.")


class MoveForm(FlaskForm):
    """Another of the free times, and why."""

    starts_at = StringField(_l("Free times"), validators=[InputRequired(NO_SLOT)])
    why = StringField(_l("Why it is moved"), validators=[Length(max=200)])

    def moment(self) -> datetime:
        """Return the chosen slot. Raises ``NotAllowed`` for what is no moment with an offset."""
        return moment_of(self.starts_at.data or "")


class ScheduleForm(FlaskForm):
    """One of the free times, or another that both agreed on; how and where."""

    starts_at = StringField(_l("Free times"))
    mode = RadioField(_l("How"))
    place = StringField(_l("Room or link"), validators=[Length(max=200)])
    why = StringField(_l("Why it is moved"), validators=[Length(max=200)])
    other_time = DateTimeLocalField(
        _l("Another time, in your zone"), format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], validators=[Optional()]
    )
    agreed_beyond = StringField(_l("What you agreed on"), validators=[Length(max=500)])

    def offer(self, permitted: Permitted) -> None:
        """Fill the list of ways to meet with those that the site permits."""
        self.mode.choices = [(mode, label(mode, "review_mode")) for mode in permitted.modes]
        # a mode that the site forbids is refused by the rule, which names the site
        self.mode.validate_choice = False

    def moment(self, zone: str) -> datetime:
        """Return the time asked for: the other one if it is filled in, which needs words, or else the chosen slot."""
        if self.other_time.data is None:
            return moment_of(self.starts_at.data or "")
        if not (self.agreed_beyond.data or "").strip():
            raise NotAllowed("Say what you both agreed on: it stands beside the time.", field="agreed_beyond")
        other: datetime = self.other_time.data
        return other.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)

    @property
    def beyond(self) -> str:
        """What was agreed on, if another time than the free ones is asked for."""
        return (self.agreed_beyond.data or "").strip() if self.other_time.data is not None else ""


class CancelForm(FlaskForm):
    """Why a review is cancelled, or its time called off."""

    reason = StringField(_l("Why"), validators=[InputRequired(_l("Say why: the other side is told.")), Length(max=200)])


def moment_of(text: str) -> datetime:
    """Return the moment of a chosen slot. Raises ``NotAllowed`` for what is no moment with an offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotAllowed("Choose one of the free times.", field="starts_at") from None
    if moment.tzinfo is None or not is_meant(moment):
        raise NotAllowed("Choose one of the free times.", field="starts_at")
    return moment.astimezone(UTC)
