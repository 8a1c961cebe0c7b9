"""The severity rubric, and human performance only after the system's causes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lms.coding import rules
from lms.coding.rules import DETECTABILITIES, IMPACTS, RUBRICS, SYSTEM_CAUSES, Coding, suggested_severity
from lms.coding.words import VOCABULARIES
from lms.deviations.taxonomy import ROOT_CAUSE_CLASSES, SEVERITIES
from lms.refusals import NotAllowed

EXCLUDED = dict.fromkeys(SYSTEM_CAUSES, "Looked at and found in order.")
CODING = Coding("direct", "by_chance")
JUSTIFIED = replace(CODING, human_error_type="slip", excluded=EXCLUDED)


@pytest.mark.parametrize("version", RUBRICS)
def test_more_impact_or_less_chance_to_find_it_never_makes_it_less_severe(version: int) -> None:
    rank = SEVERITIES.index
    for impact in IMPACTS:
        found = [rank(suggested_severity(impact, one, version)) for one in DETECTABILITIES]
        assert found == sorted(found)
    for one in DETECTABILITIES:
        found = [rank(suggested_severity(impact, one, version)) for impact in IMPACTS]
        assert found == sorted(found)


@pytest.mark.parametrize("found", DETECTABILITIES)
def test_no_impact_is_minor_and_harm_to_the_patient_critical_however_it_was_found(found: str) -> None:
    assert suggested_severity("none", found) == "minor"
    assert suggested_severity("patient", found) == "critical"
    assert suggested_severity("direct", found) != "minor"


def test_a_version_that_was_used_stays_as_it_was() -> None:
    """The first rubric to the letter: records say “version 1” and mean this."""
    assert RUBRICS[1] == {
        "none": ("minor", "minor", "minor"),
        "indirect": ("minor", "major", "major"),
        "direct": ("major", "major", "critical"),
        "patient": ("critical", "critical", "critical"),
    }
    assert max(RUBRICS) == rules.RUBRIC_VERSION


def test_another_severity_than_the_rubrics_needs_its_own_reason() -> None:
    rules.check_severity("major", CODING)
    for severity in ("minor", "critical"):
        with pytest.raises(NotAllowed) as refused:
            rules.check_severity(severity, CODING)
        assert refused.value.field == "departure"
        rules.check_severity(severity, replace(CODING, departure="Seen in two units, neither of which was used."))
    with pytest.raises(NotAllowed):
        rules.check_severity("minor", replace(CODING, departure="   "))


@pytest.mark.parametrize("coding", [Coding("", ""), Coding("direct", ""), Coding("huge", "by_chance")])
def test_a_severity_needs_a_cell_of_the_rubric(coding: Coding) -> None:
    with pytest.raises(NotAllowed) as refused:
        rules.check_severity("major", coding)
    assert refused.value.field == "rubric"


@pytest.mark.parametrize("missing", SYSTEM_CAUSES)
@pytest.mark.parametrize("text", ["", "   ", "n/a"])
def test_human_performance_is_refused_while_one_system_cause_is_not_excluded(missing: str, text: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        rules.check_cause("human", replace(JUSTIFIED, excluded={**EXCLUDED, missing: text}))
    assert refused.value.field == f"excluded_{missing}"


def test_human_performance_needs_the_type_of_error() -> None:
    rules.check_cause("human", JUSTIFIED)
    for wrong in ("", "carelessness"):
        with pytest.raises(NotAllowed) as refused:
            rules.check_cause("human", replace(JUSTIFIED, human_error_type=wrong))
        assert refused.value.field == "human_error_type"


@pytest.mark.parametrize("cause", [cause for cause in ROOT_CAUSE_CLASSES if cause != "human"])
def test_every_other_cause_asks_for_nothing_more(cause: str) -> None:
    rules.check_cause(cause, CODING)


def test_every_code_has_its_words() -> None:
    codes = {
        "impact": IMPACTS,
        "detectability": DETECTABILITIES,
        "system_cause": SYSTEM_CAUSES,
        "human_error_type": rules.HUMAN_ERROR_TYPES,
    }
    assert {name: tuple(words) for name, words in VOCABULARIES.items()} == codes
