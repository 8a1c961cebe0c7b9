"""The words people read for the rubric and for human performance."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "impact": {
        "none": _l("None on patient, product, data or validated state"),
        "indirect": _l("Only if something else had failed too"),
        "direct": _l("Did or could change a quality attribute, data integrity or validated state"),
        "patient": _l("Harm to the patient, lost identity, sterility, falsified data: likely or real"),
    },
    "detectability": {
        "before_release": _l("Sure to be found before release"),
        "by_chance": _l("Found by chance"),
        "not_found": _l("Would not have been found"),
    },
    "system_cause": {
        "process": _l("Process or procedure"),
        "equipment": _l("Equipment"),
        "material": _l("Material"),
        "environment": _l("Environment"),
        "organisation": _l("Organisation and planning"),
        "design": _l("Design or automation"),
    },
    "human_error_type": {
        "slip": _l("Slip: meant right, done wrong"),
        "lapse": _l("Lapse: a step forgotten"),
        "rule_based": _l("Mistake: a rule that did not fit"),
        "knowledge_based": _l("Mistake: a new situation misjudged"),
        "routine": _l("Usual practice beside the procedure"),
        "situational": _l("The procedure could not be followed as things were"),
        "exceptional": _l("A departure in an exceptional situation"),
    },
}
