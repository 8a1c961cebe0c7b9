"""Forms of a review: shape of the input only; what may be agreed is decided by the rules."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from coaching.barriers.rules import BARRIERS, DUE_DAYS, Asked, Kind
from coaching.reviews.rules import COMMITMENTS, Agreed
from lms.identity.forms import SigningForm
from lms.refusals import NotAllowed
from lms.web.typed import DateField


class OwnAccountForm(FlaskForm):
    """The operator's side, first."""

    went_well = TextAreaField(_l("What went well"), validators=[Length(max=4000)])
    own_account = TextAreaField(
        _l("What happened, from your side"),
        validators=[InputRequired(_l("Write a sentence or two.")), Length(max=4000)],
    )


class CommitmentForm(FlaskForm):
    """One commitment; left empty it does not count."""

    class Meta:
        csrf = False  # the review's own form carries the token

    text = StringField(_l("What will be done"), validators=[Length(max=500)])
    why = StringField(_l("What it is good for"), validators=[Length(max=500)])
    shown_by = StringField(_l("Shown by"), validators=[Length(max=500)])
    due_on = DateField(_l("Due"), validators=[Optional()])


class BarrierForm(FlaskForm):
    """One thing the site is asked for; left empty it does not count."""

    class Meta:
        csrf = False  # the review's own form carries the token

    what = StringField(_l("What is to change at the site"), validators=[Length(max=500)])
    owner = SelectField(_l("Owner"), validate_choice=False)
    due_on = DateField(_l("Due"), validators=[Optional()])


class HoldForm(FlaskForm):
    """What was said and agreed."""

    went_well = TextAreaField(_l("What went well"), validators=[Length(max=4000)])
    coach_account = TextAreaField(
        _l("What you saw and heard"), validators=[InputRequired(_l("Write what you saw and heard.")), Length(max=4000)]
    )
    barrier = TextAreaField(_l("What in the system stood in the way"), validators=[Length(max=2000)])
    support_owed = StringField(_l("Support the site owes"), validators=[Length(max=500)])
    support_owner = SelectField(_l("Owed by"), validate_choice=False)
    support_due_on = DateField(_l("By"), validators=[Optional()])
    barriers = FieldList(FormField(BarrierForm), min_entries=BARRIERS, max_entries=BARRIERS)
    commitments = FieldList(FormField(CommitmentForm), min_entries=COMMITMENTS, max_entries=COMMITMENTS)
    follow_up_on = DateField(
        _l("Look at it again on"), validators=[InputRequired(_l("Choose a day to look at it again."))]
    )
    version = HiddenField()

    def agreed(self) -> list[Agreed]:
        """Return the commitments that were filled in; a missing due day is the follow-up day."""
        fallback = self.follow_up_on.data
        return [
            Agreed(entry["text"], entry["shown_by"] or "", entry["due_on"] or fallback, entry["why"] or "")
            for entry in self.commitments.data
            if (entry["text"] or "").strip()
        ]

    def offer(self, owners: list[tuple[str, str]]) -> None:
        """Fill the lists of owners."""
        choices = [("", "–"), *owners]
        self.support_owner.choices = choices
        for entry in self.barriers:
            entry.form.owner.choices = choices

    def asked(self, held_on: date) -> list[Asked]:
        """Return what the site is asked for; without a day it is due when usual. Raises ``NotAllowed`` without an owner."""
        usual = held_on + timedelta(days=DUE_DAYS)
        wanted = [
            (Kind.BARRIER, entry["what"], entry["owner"], entry["due_on"] or usual)
            for entry in self.barriers.data
            if (entry["what"] or "").strip()
        ]
        if (self.support_owed.data or "").strip() and self.support_owner.data:
            due = self.support_due_on.data or usual
            wanted.append((Kind.SUPPORT, self.support_owed.data, self.support_owner.data, due))
        return [Asked(kind, what, _owner(what, owner), "", due) for kind, what, owner, due in wanted]


def _owner(what: str, owner: str | None) -> UUID:
    try:
        return UUID(owner or "")
    except ValueError:
        message = f"Choose who at the site sees to “{what.strip()[:60]}”."
        raise NotAllowed(message, field="barriers") from None


class GuideForm(FlaskForm):
    """The model whose prompts both are shown."""

    guide = SelectField(_l("Model"))


class CloseForm(SigningForm):
    """The coach's signature, with what would show that the review helped."""

    clean_batches = IntegerField(_l("Batches without it"), validators=[Optional()])
    clean_days = IntegerField(_l("or days without it"), validators=[Optional()])


class AgreeForm(SigningForm):
    """The signature under a review."""


class VerifyForm(FlaskForm):
    """What became of a commitment."""

    state = SelectField(_l("What became of it"))
    done_on = DateField(_l("Done on"), validators=[Optional()])
    evidence = StringField(_l("What shows it"), validators=[Length(max=2000)])
    evidence_link = StringField(_l("or the page that shows it"), validators=[Length(max=300)])


class DoneForm(FlaskForm):
    """The operator's word that a commitment is done."""

    done_on = DateField(_l("Done on"), validators=[InputRequired(_l("Give the day."))])


class WaitForm(FlaskForm):
    """On what a commitment waits."""

    waits_on = StringField(
        _l("It waits on"), validators=[InputRequired(_l("Say on what it waits, and why.")), Length(max=500)]
    )


class DecideWaitForm(FlaskForm):
    """The coach's answer to a wait."""

    accepted = HiddenField()
    refusal = StringField(_l("Why its clock goes on"), validators=[Length(max=500)])
