"""Every code of the core taxonomy has its line in the mapping to the ontology, and no line names a term that is not there."""

from __future__ import annotations

import csv
from collections import Counter

from lms.deviations import taxonomy
from tests.docs.reference import DOCS

CONSTRUCT = "https://spec.industrialontologies.org/ontology/construct/"
#: Every class of the Biopharma Deviation Management Ontology, version 202602, with its label, as read in its RDF file.
CLASSES = {
    "CorrectiveAction": "corrective action",
    "CorrectiveActionPreventiveActionEffectivenessCheck": "corrective action preventive action effectiveness check",
    "CorrectiveActionPreventiveActionPlanSpecification": "corrective action preventive action plan specification",
    "CriticalDeviationEventClassifier": "critical deviation event classifier",
    "DeviationContainmentProcess": "deviation containment process",
    "DeviationDescription": "deviation description",
    "DeviationEvent": "deviation event",
    "DeviationEventClassifier": "deviation event classifier",
    "DeviationImpactAssessment": "deviation impact assessment",
    "DeviationImpactAssessmentResult": "deviation impact assessment result",
    "DeviationInvestigationProcess": "deviation investigation process",
    "DeviationInvestigationReport": "deviation investigation report",
    "DeviationManagementPlanSpecification": "deviation management plan specification",
    "DeviationManagementProcess": "deviation management process",
    "DeviationRootCauseDescription": "deviation root cause description",
    "DeviationRootCauseInvestigation": "deviation root cause investigation",
    "MajorDeviationEventClassifier": "major deviation event classifier",
    "MinorDeviationEventClassifier": "minor deviation event classifier",
    "PreventiveAction": "preventive action",
    "ProcessExcursion": "process excursion",
}


def lines() -> list[dict[str, str]]:
    with (DOCS / "iof-mapping.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_core_code_has_one_line_and_no_line_a_code_that_is_gone() -> None:
    given = Counter((line["vocabulary"], line["code"]) for line in lines() if line["vocabulary"] != "record")
    assert given == Counter((name, code) for name, codes in taxonomy.CODES.items() for code in codes)


def test_a_line_names_a_term_that_exists_or_says_why_there_is_none() -> None:
    for line in lines():
        assert line["relation"] in {"exact", "close", "none"}, line
        assert line["note"], line
        assert "BiopharmaDeviationManagement.rdf at " in line["source"], line
        if line["relation"] == "none":
            assert (line["iri"], line["label"]) == ("", ""), line
        else:
            assert line["iri"].startswith(CONSTRUCT), line
            assert CLASSES[line["iri"].removeprefix(CONSTRUCT)] == line["label"], line
