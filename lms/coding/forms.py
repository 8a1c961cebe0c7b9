"""Fields of the triage desk that say how a deviation is coded."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.coding.queries import CodingFacts
from lms.coding.rules import DETECTABILITIES, IMPACTS, SYSTEM_CAUSES, Coding, suggested_severity
from lms.web import labels
from lms.web.labels import Words

_REASON = Length(max=2000)


def cell(impact: str, detectability: str) -> str:
    """Return the value of a cell of the rubric in the form."""
    return f"{impact}.{detectability}"


class CodingFields(FlaskForm):
    """A cell of the severity rubric, and for human performance how each system cause was excluded."""

    rubric = RadioField(
        _l("Impact and detectability"),
        validators=[InputRequired(_l("Choose impact and detectability: a cell of the rubric."))],
    )
    departure = TextAreaField(_l("Why it differs from the rubric, if it does"), validators=[_REASON])
    human_error_type = SelectField(_l("Type of error"), validators=[Optional()])
    excluded_process = TextAreaField(_l("Process or procedure"), validators=[_REASON])
    excluded_equipment = TextAreaField(_l("Equipment"), validators=[_REASON])
    excluded_material = TextAreaField(_l("Material"), validators=[_REASON])
    excluded_environment = TextAreaField(_l("Environment"), validators=[_REASON])
    excluded_organisation = TextAreaField(_l("Organisation and planning"), validators=[_REASON])
    excluded_design = TextAreaField(_l("Design or automation"), validators=[_REASON])

    def offer_coding(self) -> None:
        """Fill the lists to choose from."""
        none: tuple[str, Words] = ("", _l("Choose"))
        cells = [cell(impact, found) for impact in IMPACTS for found in DETECTABILITIES]
        self.rubric.choices = [(value, value) for value in cells]
        self.human_error_type.choices = [none, *labels.choices("human_error_type")]

    @property
    def rubric_rows(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The rubric as a table: impact, then for each detectability the severity that it suggests."""
        return [
            (impact, [(found, suggested_severity(impact, found)) for found in DETECTABILITIES]) for impact in IMPACTS
        ]

    @property
    def exclusions(self) -> list[TextAreaField]:
        """The fields of the system causes, in their order."""
        return [self[f"excluded_{cause}"] for cause in SYSTEM_CAUSES]

    @property
    def coding(self) -> Coding:
        """What was typed."""
        impact, _, detectability = (self.rubric.data or "").partition(".")
        return Coding(
            impact,
            detectability,
            self.departure.data or "",
            self.human_error_type.data or "",
            {cause: self[f"excluded_{cause}"].data or "" for cause in SYSTEM_CAUSES},
        )


def coded(facts: CodingFacts) -> dict[str, Any]:
    """Return the fields' values of a record as it stands."""
    return {
        "rubric": cell(facts.impact, facts.detectability) if facts.rubric_version is not None else None,
        "departure": facts.departure,
        "human_error_type": facts.human_error_type,
        **{f"excluded_{cause}": text for cause, text in facts.excluded.items()},
    }
