"""The words people read for the codes of reporting rules."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "day_kind": {"calendar": _l("calendar days"), "working": _l("working days of the site")},
    "starts_from": {
        "occurred": _l("when it happened"),
        "detected": _l("when it was found"),
        "triaged": _l("when QA classified it"),
    },
}
