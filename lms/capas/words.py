"""The words people read for the codes of actions."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "capa_kind": {
        "corrective": _l("Corrective: removes the cause"),
        "preventive": _l("Preventive: before it happens"),
        "training": _l("Training: a module for those who do the work"),
    },
    "capa_state": {
        "open": _l("Open"),
        "implemented": _l("In place"),
        "returned": _l("Back with its owner"),
        "closed": _l("Closed"),
        "cancelled": _l("Cancelled"),
    },
    "capa_verdict": {
        "effective": _l("Effective"),
        "not_effective": _l("Not effective"),
        "not_demonstrable": _l("Not demonstrable"),
    },
    "notification": {
        "capa_opened": _l("%(number)s is yours: %(title)s"),
        "capa_returned": _l("%(number)s is back with you: it did not keep the deviation away"),
        "capa_cancelled": _l("%(number)s was cancelled: %(reason)s"),
    },
}
