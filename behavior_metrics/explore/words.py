"""The words of exploring: measures, splits, and what is said of one point wherever it is pointed at."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

MEASURES: Mapping[str, Words] = {
    "recurrences": _l("Recurred (R1)"),
    "self_reported": _l("Recurred, self-reported"),
    "independent": _l("Recurred, independent or major"),
    "after_action": _l("Came back after an action (R3)"),
    "classified": _l("Classified deviations"),
    "batches": _l("Batches"),
    "climate": _l("Released climate"),
}

SPLITS: Mapping[str, Words] = {
    "all": _l("all together"),
    "site": _l("by site"),
    "team": _l("by team"),
    "process_step": _l("by process step"),
    "category": _l("by category"),
    "root_cause_class": _l("by cause"),
    "product": _l("by product"),
}

#: Heading of the first column of the table.
HEADS: Mapping[str, Words] = {
    "all": _l("Of"),
    "site": _l("Site"),
    "team": _l("Team"),
    "process_step": _l("Process step"),
    "category": _l("Category"),
    "root_cause_class": _l("Cause"),
    "product": _l("Product"),
}

PERS: Mapping[str, Words] = {"rate": _l("per 100 batches"), "count": _l("as counts")}

VIEWS: Mapping[str, Words] = {"lines": _l("Lines"), "heat": _l("Heat map")}

UNITS: Mapping[str, Words] = {
    "rate": _l("per 100 batches, exact 95 % interval"),
    "count": _l("number in the quarter"),
    "climate": _l("released cells, 1 to 7; the band is what rounding leaves open"),
}

#: What is said of one point.
SAID: Mapping[str, Words] = {
    "rate_told": _l("%(value)s per 100 batches (95 %% interval %(low)s–%(high)s): %(n)s in %(batches)s batches"),
    "rate_untold": _l(
        "%(value)s per 100 batches (95 %% interval %(low)s–%(high)s): %(n)s in %(batches)s batches. Cannot tell yet: so few "
        "batches say little"
    ),
    "rate_no_batches": _l("no batches, so no rate (counted: %(n)s)"),
    "count_told": _l("%(n)s"),
    "climate_told": _l("%(value)s (%(low)s–%(high)s left open by rounding), at least %(n)s answered"),
    "climate_waiting": _l("too few answered, waits"),
}

WORDS: Mapping[str, Words] = {
    "all_network": _l("Network"),
    "all_sites": _l("All your sites"),
    "without_team": _l("%(site)s: without a team"),
    "without_batch": _l("without a batch"),
    "not_classified": _l("not classified"),
    "small_teams": _l("%(site)s: small teams together"),
    "so_far": _l("so far"),
    "no_batches": _l("no batches"),
    "waiting": _l("too few answered, waits"),
    "untold": _l("cannot tell yet"),
    "beyond": _l("goes on beyond the scale"),
    "band": _l("what rounding leaves open"),
    "click": _l("Press to open the list"),
    "point": _l("%(at)s of %(all)s: %(said)s"),
    "nothing_on": _l("No line is switched on."),
    "outside": _l("outside the limits"),
    "centre": _l("centre"),
    "limits": _l("limits"),
    "see_table": _l("Every number stands in the table below the picture."),
}

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "explore_measure": MEASURES,
    "explore_split": SPLITS,
    "explore_head": HEADS,
    "explore_per": PERS,
    "explore_view": VIEWS,
    "explore_unit": UNITS,
    "explore_said": SAID,
    "explore_word": WORDS,
}
