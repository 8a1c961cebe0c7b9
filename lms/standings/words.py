"""The words people read for the codes of standings."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

#: State -> tone of its tag and its shape.
TONES: Mapping[str, tuple[str, str]] = {
    "onboarding": ("info", "half"),
    "active": ("ok", "ok"),
    "paused": ("warn", "pause"),
    "suspended": ("bad", "lock"),
    "ceased": ("mut", "slash"),
}

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "standing_act": {
        "activate": _l("Activated"),
        "pause": _l("Paused"),
        "suspend": _l("Suspended"),
        "lift": _l("Lifted"),
        "cease": _l("Ceased"),
        "to_pause": _l("Pause: a precaution, until the control site lifts it"),
        "to_suspend": _l("Suspend: until what led to it is put right"),
        "to_cease": _l("Cease: for good"),
    },
    "standing_subject": {"site": _l("Site"), "team": _l("Team"), "person": _l("Person")},
    "notification": {
        "standing_pause": _l("%(name)s is paused: %(reason)s"),
        "standing_suspend": _l("%(name)s is suspended: %(reason)s"),
        "standing_lift": _l("%(name)s works again: %(reason)s"),
        "standing_cease": _l("%(name)s has ceased: %(reason)s"),
    },
}
