"""The words of the page: its chart, what may be said of an association, and the check of the index."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

CHARTS: Mapping[str, Words] = {
    "climate": _l("Team climate"),
    "climate_note": _l("released cells, 1 to 7"),
    "index": _l("Follow-through index"),
    "index_note": _l("0 to 100, 90 % interval, unvalidated"),
    "rate": _l("Recurrences (R1) per 100 batches"),
    "rate_note": _l("confirmed, exact 95 % interval"),
    "waiting": _l("not enough yet"),
    "nothing": _l("unknown: nothing to count from"),
    "band": _l("what rounding leaves open"),
    "beyond": _l("interval goes on"),
    "see_table": _l("Every number stands in the table below the picture."),
}

ASSOCIATIONS: Mapping[str, Words] = {
    "climate_follow": _l("Climate → follow-through, a quarter later"),
    "follow_recurrence": _l("Follow-through → recurrence, a quarter later"),
    "climate_recurrence": _l("Climate → recurrence, a quarter later"),
}

#: In which unit each is said.
UNITS: Mapping[str, Words] = {
    "climate_follow": _l("points of the index per +1 point of climate"),
    "follow_recurrence": _l("rate ratio per +10 points of the index"),
    "climate_recurrence": _l("rate ratio per +1 point of climate"),
}

READINGS: Mapping[str, Words] = {
    "climate_follow_higher": _l("A better climate than a team’s own average is associated with a higher index."),
    "climate_follow_lower": _l("A better climate than a team’s own average is associated with a lower index."),
    "climate_follow_untold": _l("The interval holds 0: cannot be told apart from no difference."),
    "follow_recurrence_fewer": _l(
        "More follow-through than a team’s own average is associated with fewer recurrences."
    ),
    "follow_recurrence_more": _l("More follow-through than a team’s own average is associated with more recurrences."),
    "follow_recurrence_untold": _l("The interval holds 1: cannot be told apart from no difference."),
    "climate_recurrence_fewer": _l("A better climate than a team’s own average is associated with fewer recurrences."),
    "climate_recurrence_more": _l("A better climate than a team’s own average is associated with more recurrences."),
    "climate_recurrence_untold": _l("The interval holds 1: cannot be told apart from no difference."),
    "gate": _l("Cannot tell yet."),
    "not_estimable": _l("Cannot tell yet: site, quarter and the measure cannot be told apart in these data."),
}

#: Lines of the gate, whatever stands before and after.
GATE: Mapping[str, Words] = {
    "sites": _l("sites"),
    "teams": _l("teams"),
    "quarters": _l("quarters"),
    "cells": _l("team-quarters that have both"),
    "events": _l("recurrences in them"),
    "bearing_sites": _l("sites where something changed"),
}

REWEIGHTED: Mapping[str, Words] = {
    "equal": _l("Equal weights"),
    "without_raised_first": _l("Without “raised by us first”"),
    "without_raised_in_time": _l("Without “raised in time”"),
    "without_commitments_kept": _l("Without “commitments kept”"),
    "without_actions_on_time": _l("Without “actions on time”"),
    "without_currency_owned": _l("Without “training kept current”"),
}

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "sentence_chart": CHARTS,
    "sentence_association": ASSOCIATIONS,
    "sentence_unit": UNITS,
    "sentence_gate": GATE,
    "sentence_reading": READINGS,
    "index_reweighted": REWEIGHTED,
}
