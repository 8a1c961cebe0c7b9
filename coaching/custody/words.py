"""The words people read for the codes of the custodian's pages."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "custody_act": {
        "looked": _l("Looked before a release"),
        "rehearsed": _l("Rehearsed: the file opens and is the registered key"),
        "released": _l("Released a month"),
        "destroyed": _l("Key destroyed after its quarter"),
        "given_up": _l("Given up: answers destroyed unread"),
    },
    "custody_cause": {
        "lost": _l("The key file is lost"),
        "forgotten": _l("The passphrase is forgotten"),
        "seen": _l("Somebody else may have had file and passphrase"),
    },
    "notification": {
        "survey_destroy_due": _l("The survey key of %(period)s is to be destroyed, here and with you."),
    },
}
