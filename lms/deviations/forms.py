"""Shapes of input: the report at the bench, triage, decision, duplicate, closing, naming."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.coding.forms import CodingFields
from lms.identity.forms import SigningForm
from lms.patient_data.forms import NoPatientForm
from lms.web import labels
from lms.web.typed import DateTimeLocalField

STORY = 8000
REASON = 2000


def _choices(vocabulary: str, *, none: object = None) -> list[tuple[str, object]]:
    words: list[tuple[str, object]] = list(labels.choices(vocabulary))
    return words if none is None else [("", none), *words]


class FurtherFields(NoPatientForm):
    """What may be said further, folded away: where exactly, who found it by role, what it means for patient and batch."""

    area = StringField(_l("Room or grade of the area"), validators=[Length(max=80)])
    detected_at = DateTimeLocalField(_l("When was it found?"), format="%Y-%m-%dT%H:%M", validators=[Optional()])
    detected_by_role = SelectField(_l("Found by, as a role"), validators=[Optional()])

    def offer_further(self) -> None:
        """Fill the lists of what may be said further."""
        self.detected_by_role.choices = _choices("role", none=_l("Not said"))


class RaiseForm(FurtherFields):
    """One sentence at the bench; the rest is there for those who have several sites, or record for somebody else."""

    description = TextAreaField(
        _l("What happened?"), validators=[InputRequired(_l("Say in a sentence what happened.")), Length(max=STORY)]
    )
    process_step = RadioField(_l("Where in the process?"), validators=[Optional()], default="")
    occurred_at = DateTimeLocalField(
        _l("When?"),
        format="%Y-%m-%dT%H:%M",
        validators=[InputRequired(_l("Give the day and time at which it happened."))],
    )
    immediate_action = TextAreaField(_l("What was done?"), validators=[Length(max=STORY)])
    late_reason = TextAreaField(_l("Why is it recorded only now?"), validators=[Length(max=REASON)])
    #: The draft that the reporter's device keeps until this report has its receipt.
    draft = HiddenField()
    site = SelectField(_l("Site"), validators=[Optional()])
    kind = SelectField(_l("What is it?"), validators=[Optional()])
    detection_channel = SelectField(_l("How was it found?"), validators=[Optional()])

    def offer(self, sites: list[tuple[str, str]]) -> None:
        """Fill the lists to choose from."""
        self.process_step.choices = _choices("process_step", none=_l("Not sure"))
        self.kind.choices, self.detection_channel.choices = _choices("kind"), _choices("detection_channel")
        self.site.choices = sites
        self.offer_further()


class TriageForm(FurtherFields, CodingFields):
    """What QA says about a report."""

    version = HiddenField()
    process_step = SelectField(_l("Process step"))
    category = SelectField(_l("Category"))
    kind = SelectField(_l("Kind"))
    detection_channel = SelectField(_l("How it was found"))
    severity = RadioField(_l("Severity"), validators=[InputRequired(_l("Choose a severity."))])
    severity_rationale = TextAreaField(
        _l("Why this severity"),
        validators=[
            InputRequired(_l("Say why it has this severity: impact, and how it was or could be found.")),
            Length(max=REASON),
        ],
    )
    root_cause_class = SelectField(_l("Root cause, provisional"))
    team = SelectField(_l("Team"), validators=[Optional()])
    batch = StringField(_l("Batch number"), validators=[Length(max=40)])
    answer = TextAreaField(_l("Your answer to whoever raised it"), validators=[Length(max=300)])
    subcategory = StringField(_l("Subcategory"), validators=[Length(max=80)])
    patient_impact = TextAreaField(_l("What it may mean for the patient"), validators=[Length(max=REASON)])
    batch_disposition = SelectField(_l("What became of the batch"), validators=[Optional()])

    def offer(self, teams: list[tuple[str, str]]) -> None:
        """Fill the lists to choose from."""
        for vocabulary in ("process_step", "category", "root_cause_class"):
            self[vocabulary].choices = _choices(vocabulary, none=_l("Choose"))
            self[vocabulary].validators = [InputRequired(_l("Choose one from the list."))]
        self.kind.choices, self.detection_channel.choices = _choices("kind"), _choices("detection_channel")
        self.severity.choices = _choices("severity")
        self.offer_coding()
        self.team.choices = [("", _l("None, or not known")), *teams]
        self.batch_disposition.choices = _choices("batch_disposition", none=_l("Not said"))
        self.offer_further()


class DecisionForm(NoPatientForm, SigningForm):
    """Confirm or overrule a match; the pressed button says which."""

    reason = TextAreaField(
        _l("Reason"),
        validators=[InputRequired(_l("Say why: the reason is part of what you sign.")), Length(max=REASON)],
    )
    decision = HiddenField()


class DuplicateForm(FlaskForm):
    """The number under which the same event is recorded already."""

    version = HiddenField()
    of_number = StringField(
        _l("Number of the record that stays"), validators=[InputRequired(_l("Give its number.")), Length(max=60)]
    )


class CloseForm(NoPatientForm, SigningForm):
    """The root cause, confirmed, and a signature; of a minor one that is not investigated, why."""

    root_cause_class = SelectField(_l("Root cause, confirmed"))
    reason = TextAreaField(_l("Why it needs no investigation"), validators=[Length(max=REASON)])

    def offer(self) -> None:
        """Fill the list to choose from."""
        self.root_cause_class.choices = _choices("root_cause_class")


class PersonForm(NoPatientForm):
    """Somebody who was at the bench, and why it has to be known."""

    person = SelectField(_l("Who was at the bench"))
    reason = StringField(
        _l("Why it has to be known"),
        validators=[InputRequired(_l("Give the reason; it stands in the trail.")), Length(max=300)],
    )
