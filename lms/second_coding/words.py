"""The words people read for second coding."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "coded_field": {
        "process_step": _l("Process step"),
        "category": _l("Category"),
        "root_cause_class": _l("Root cause"),
        "severity": _l("Severity"),
    },
    "notification": {
        "second_coding_differs": _l("%(number)s was coded differently a second time: look at it together"),
        "settlement_proposed": _l("How %(number)s is coded: a proposal waits for you"),
    },
}
