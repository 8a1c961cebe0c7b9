"""Shape of what is sent about checklists: writing one, approving it, giving it back."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, FormField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from assessments.observations.rules import LONGEST_POINT, MOST_POINTS
from lms.identity.forms import SigningForm

#: Empty rows offered for points; those left empty are left out.
SPARE_ROWS = 5


class PointForm(FlaskForm):
    """One observable behaviour."""

    class Meta:
        csrf = False  # the checklist's own form carries the token

    text = TextAreaField(_l("Point"), validators=[Optional(), Length(max=LONGEST_POINT)])
    critical = BooleanField(_l("Critical"))


class ChecklistForm(FlaskForm):
    """A new checklist: the task it is for, a code to know it by, and what an assessor watches for."""

    code = StringField(_l("Code"), validators=[InputRequired(_l("Give it a code.")), Length(max=60)])
    task = SelectField(_l("Task"), validators=[InputRequired(_l("Choose the task."))])
    title = StringField(_l("Title"), validators=[InputRequired(_l("Give it a title.")), Length(max=200)])
    points = FieldList(FormField(PointForm), min_entries=SPARE_ROWS, max_entries=MOST_POINTS, label=_l("Points"))
    reason = StringField(_l("Reason"), validators=[InputRequired(_l("Say why.")), Length(max=500)])

    #: The row in which an author who asked for more of them goes on typing.
    goes_on_in: int | None = None

    def add_rows(self) -> None:
        """Add empty rows at the end; nothing typed is lost."""
        self.goes_on_in = len([row for row in self.points if row.form.text.data])
        for _row in range(min(SPARE_ROWS, self.points.max_entries - len(self.points))):
            self.points.append_entry()

    def add_row_above(self, row: int) -> None:
        """Add an empty row above another, counted from 0, unless there are as many as may be."""
        typed = self.points.data
        if len(typed) == self.points.max_entries:
            return
        self.goes_on_in = min(max(row, 0), len(typed))
        typed.insert(self.goes_on_in, {})
        while self.points.entries:
            self.points.pop_entry()
        for one in typed:
            self.points.append_entry(one)

    def written(self) -> list[tuple[str, bool]]:
        """Return the points typed, as text and whether critical, without empty rows."""
        rows = ((" ".join((row.form.text.data or "").split()), bool(row.form.critical.data)) for row in self.points)
        return [(text, critical) for text, critical in rows if text]


class NextChecklistForm(ChecklistForm):
    """The next version: code and task stay."""

    code = None
    task = None
    #: The version that the author read.
    version = HiddenField()


class ApproveForm(SigningForm):
    """The approver's signature."""


class ReturnForm(FlaskForm):
    """What the author should change."""

    reason = TextAreaField(
        _l("What should be changed"),
        validators=[InputRequired(_l("Say what the author should change.")), Length(max=500)],
    )
