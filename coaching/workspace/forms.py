"""Forms of a review: shape of the input only; what may be agreed is decided by the rules."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, FieldList, Form, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from coaching.reviews.rules import COMMITMENTS, Agreed
from lms.identity.forms import SigningForm


class OwnAccountForm(FlaskForm):
    """The operator's side, first."""

    own_account = TextAreaField(
        _l("What happened, from your side"),
        validators=[InputRequired(_l("Write a sentence or two.")), Length(max=4000)],
    )


class CommitmentForm(Form):
    """One commitment; left empty it does not count."""

    text = StringField(_l("What will be done"), validators=[Length(max=500)])
    shown_by = StringField(_l("Shown by"), validators=[Length(max=500)])
    due_on = DateField(_l("Due"), validators=[Optional()])


class HoldForm(FlaskForm):
    """What was said and agreed."""

    coach_account = TextAreaField(
        _l("What you saw and heard"), validators=[InputRequired(_l("Write what you saw and heard.")), Length(max=4000)]
    )
    barrier = TextAreaField(_l("What in the system stood in the way"), validators=[Length(max=2000)])
    support_owed = StringField(_l("Support the site owes"), validators=[Length(max=500)])
    support_due_on = DateField(_l("By"), validators=[Optional()])
    commitments = FieldList(FormField(CommitmentForm), min_entries=COMMITMENTS, max_entries=COMMITMENTS)
    follow_up_on = DateField(
        _l("Look at it again on"), validators=[InputRequired(_l("Choose a day to look at it again."))]
    )
    version = HiddenField()

    def agreed(self) -> list[Agreed]:
        """Return the commitments that were filled in; a missing due day is the follow-up day."""
        fallback = self.follow_up_on.data
        return [
            Agreed(entry["text"], entry["shown_by"] or "", entry["due_on"] or fallback)
            for entry in self.commitments.data
            if (entry["text"] or "").strip()
        ]


class AgreeForm(SigningForm):
    """The signature under a review."""


class VerifyForm(FlaskForm):
    """What became of a commitment."""

    state = SelectField(_l("What became of it"))
    done_on = DateField(_l("Done on"), validators=[Optional()])
    note = StringField(_l("Note"), validators=[Length(max=500)])


class DoneForm(FlaskForm):
    """The operator's word that a commitment is done."""

    done_on = DateField(_l("Done on"), validators=[InputRequired(_l("Give the day."))])
