"""Words of what went with the start of coaching."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

OUTCOMES: Mapping[str, Words] = {
    "independent": _l("Independent or major"),
    "self_reported": _l("Self-reported"),
}

#: What may be said of the network, by verdict.
NETWORK: Mapping[str, Words] = {
    "fewer": _l("Coaching that has begun is associated with fewer recurrences than at sites still waiting."),
    "more": _l("Coaching that has begun is associated with more recurrences than at sites still waiting."),
    "untold": _l("Cannot be told apart from no association."),
}

#: The same of one site, whose series has nothing to be compared with.
SITE: Mapping[str, Words] = {
    "fewer": _l("lower than before the start"),
    "more": _l("higher than before the start"),
    "untold": _l("not told apart from before"),
}

GATE: Mapping[str, Words] = {
    "months_before": _l("months with batches before the start"),
    "months_after": _l("months with batches since the start"),
    "events": _l("recurrences"),
    "sites": _l("sites with batches"),
    "starts": _l("different quarters in which sites began"),
}

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "rollout_outcome": OUTCOMES,
    "rollout_network": NETWORK,
    "rollout_site": SITE,
    "rollout_gate": GATE,
}
