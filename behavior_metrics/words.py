"""The words of the linkage: one sentence for every key the statistics can give. None of them says "caused"."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

#: What both outcomes say together; ``self`` and ``independent`` are whole percent.
JOINT: Mapping[str, Words] = {
    "self_more_independent_fewer": _l(
        "When a team’s climate rose by one point, independently detected recurrences were about %(independent)s %% lower "
        "a quarter later, and self-reported ones %(self)s %% higher."
    ),
    "self_fewer_independent_fewer": _l(
        "When a team’s climate rose by one point, independently detected recurrences were about %(independent)s %% lower "
        "a quarter later, and self-reported ones %(self)s %% lower."
    ),
    "self_untold_independent_fewer": _l(
        "When a team’s climate rose by one point, independently detected recurrences were about %(independent)s %% lower "
        "a quarter later. Self-reported ones cannot be told apart from unchanged."
    ),
    "self_unknown_independent_fewer": _l(
        "When a team’s climate rose by one point, independently detected recurrences were about %(independent)s %% lower "
        "a quarter later. Of self-reported ones there are too few to say."
    ),
    "self_more_independent_more": _l(
        "When a team’s climate rose by one point, independently detected recurrences were about %(independent)s %% higher "
        "a quarter later, and self-reported ones %(self)s %% higher."
    ),
    "self_fewer_independent_more": _l(
        "When a team’s climate rose by one point, independently detected recurrences were about %(independent)s %% higher "
        "a quarter later, and self-reported ones %(self)s %% lower."
    ),
    "self_untold_independent_more": _l(
        "When a team’s climate rose by one point, independently detected recurrences were about %(independent)s %% higher "
        "a quarter later. Self-reported ones cannot be told apart from unchanged."
    ),
    "self_unknown_independent_more": _l(
        "When a team’s climate rose by one point, independently detected recurrences were about %(independent)s %% higher "
        "a quarter later. Of self-reported ones there are too few to say."
    ),
    "self_more_independent_untold": _l(
        "When a team’s climate rose by one point, self-reported recurrences were about %(self)s %% higher a quarter later. "
        "Independently detected ones cannot be told apart from unchanged."
    ),
    "self_fewer_independent_untold": _l(
        "When a team’s climate rose by one point, self-reported recurrences were about %(self)s %% lower a quarter later. "
        "Independently detected ones cannot be told apart from unchanged."
    ),
    "self_untold_independent_untold": _l(
        "Neither independently detected nor self-reported recurrences can be told apart from unchanged a quarter after a "
        "team’s climate rose."
    ),
    "self_unknown_independent_untold": _l(
        "Independently detected recurrences cannot be told apart from unchanged a quarter after a team’s climate rose. Of "
        "self-reported ones there are too few to say."
    ),
    "self_more_independent_unknown": _l(
        "When a team’s climate rose by one point, self-reported recurrences were about %(self)s %% higher a quarter later. "
        "Of independently detected ones there are too few to say."
    ),
    "self_fewer_independent_unknown": _l(
        "When a team’s climate rose by one point, self-reported recurrences were about %(self)s %% lower a quarter later. "
        "Of independently detected ones there are too few to say."
    ),
    "self_untold_independent_unknown": _l(
        "Self-reported recurrences cannot be told apart from unchanged a quarter after a team’s climate rose. Of "
        "independently detected ones there are too few to say."
    ),
    "self_unknown_independent_unknown": _l("Cannot tell yet."),
}

_PATTERN = _l("People raising more while less goes wrong again is the pattern this analysis set out to look for.")
_SILENCE = _l("Fewer self-reports alone may also be silence: read the share raised first beside it.")
_SPEAKING = _l(
    "More self-reports alone may also be people speaking up: read what was detected independently beside it."
)
_AGAINST = _l("That is not the pattern this analysis set out to look for. Look at what else changed in these teams.")
_OPEN = _l("“Cannot be told apart” is not “no difference”: the interval says how much is still possible either way.")

#: What to think of it, by the same keys.
MEANING: Mapping[str, Words] = {
    key: (
        _PATTERN
        if key == "self_more_independent_fewer"
        else _AGAINST
        if key.endswith("independent_more")
        else _SILENCE
        if key.startswith("self_fewer")
        else _SPEAKING
        if key.startswith("self_more")
        else _OPEN
    )
    for key in JOINT
}

#: One outcome's sentences; the keys are those of ``stats.readings.reading``.
SENTENCES: Mapping[str, Words] = {
    "within_fewer": _l("%(percent)s %% fewer per point of climate (between %(percent_low)s and %(percent_high)s %%)"),
    "within_more": _l("%(percent)s %% more per point of climate (between %(percent_low)s and %(percent_high)s %%)"),
    "within_untold": _l(
        "not told apart from unchanged: from %(percent_fewer)s %% fewer to %(percent_more)s %% more is possible"
    ),
    "smallest_visible": _l(
        "a fall of %(percent)s %% would usually have been found (80 %% power); r beyond %(r)s if the %(cells)s cells were "
        "independent, which they are not"
    ),
    "rests_on_site": _l("rests on %(site)s: without it the answer is not the same"),
    "stands_without_any_site": _l("stays the same whichever site is left out; least clear without %(site)s"),
    "between_fewer": _l("teams of one site with a better climate on average have fewer"),
    "between_more": _l("teams of one site with a better climate on average have more"),
    "between_untold": _l("teams of one site that differ in climate cannot be told apart"),
    "between_not_told": _l("no site has two teams that differ in climate"),
    "calibrated": _l(
        "corrected for the rounding of the cells: %(ratio)s (%(low)s–%(high)s); %(reliability)s %% is signal"
    ),
    "mostly_noise": _l("most of what varies between the cells is rounding, so no correction is made"),
    "cannot_tell_yet": _l("cannot tell yet"),
    "missing_sites": _l("%(short)s more sites with usable climate are needed (%(have)s of %(need)s)"),
    "missing_teams": _l("%(short)s more teams with usable climate are needed (%(have)s of %(need)s)"),
    "missing_quarters": _l("%(short)s more quarters are needed (%(have)s of %(need)s)"),
    "missing_cells": _l("%(short)s more team-quarters are needed (%(have)s of %(need)s)"),
    "missing_events": _l("%(short)s more recurrences are needed (%(have)s of %(need)s)"),
    "missing_bearing_sites": _l(
        "%(short)s more sites with a recurrence and a climate that changed are needed (%(have)s of %(need)s)"
    ),
    "only_beyond_r": _l("With %(cells)s points, only a correlation beyond %(r)s could be told from chance."),
}

#: Lines of the gate.
GATE: Mapping[str, Words] = {
    "sites": _l("Sites with usable climate"),
    "teams": _l("Teams with usable climate"),
    "quarters": _l("Quarters with a climate before them"),
    "cells": _l("Team-quarters in all"),
    "events": _l("Recurrences in them"),
    "bearing_sites": _l("Sites with a recurrence and a climate that changed"),
}

OUTCOMES: Mapping[str, Words] = {
    "independent": _l("Independently detected or at least major"),
    "self_reported": _l("Self-reported"),
}

#: The estimates that are made, all declared before the data.
TESTS: Mapping[str, Words] = {
    "within": _l("Within teams, one quarter later"),
    "between": _l("Between teams of one site"),
    "by_team": _l("Teams instead of sites as clusters"),
    "calibrated": _l("Corrected for rounding of the cells"),
    "weakest": _l("Leave one site out, least clear"),
    "lag_0": _l("Same quarter"),
    "lag_2": _l("Two quarters later"),
    "major": _l("At least major only, however detected"),
    "settled": _l("Without the first two quarters of a new site"),
    "unsuppressed": _l("As if nothing had been withheld"),
    "negative_binomial": _l("Negative binomial instead of Poisson"),
    "redrawn": _l("Sites drawn anew 1,000 times"),
}

#: What the withheld cells could change of the main estimate.
WITHHELD: Mapping[str, Words] = {
    "none": _l("Nothing was withheld: each team-quarter with batches has a released climate."),
    "unknown": _l(
        "%(cells)s team-quarters with batches have no released climate, and how far they could move the estimate cannot be "
        "worked out from these data."
    ),
    "keeps": _l(
        "%(cells)s team-quarters with batches have no released climate. With them the estimate of %(value)s would lie "
        "between %(low)s and %(high)s, whatever the withheld cells were (%(lowest)s to %(highest)s): its direction stays. "
        "If they lay within what was released (%(least)s to %(greatest)s), between %(low_alike)s and %(high_alike)s."
    ),
    "keeps_alike": _l(
        "%(cells)s team-quarters with batches have no released climate. With them the estimate of %(value)s would lie "
        "between %(low)s and %(high)s, whatever the withheld cells were (%(lowest)s to %(highest)s): its direction could "
        "turn. If they lay within what was released (%(least)s to %(greatest)s), it would stay, between %(low_alike)s and "
        "%(high_alike)s."
    ),
    "turns": _l(
        "%(cells)s team-quarters with batches have no released climate. With them the estimate of %(value)s would lie "
        "between %(low)s and %(high)s, whatever the withheld cells were (%(lowest)s to %(highest)s), and between "
        "%(low_alike)s and %(high_alike)s if they lay within what was released (%(least)s to %(greatest)s): its direction "
        "could turn in either case."
    ),
    "untold": _l(
        "%(cells)s team-quarters with batches have no released climate. With them the estimate of %(value)s would lie "
        "between %(low)s and %(high)s, whatever the withheld cells were (%(lowest)s to %(highest)s), and between "
        "%(low_alike)s and %(high_alike)s if they lay within what was released (%(least)s to %(greatest)s)."
    ),
}

#: One outcome's result in a sentence, chosen and filled by rules.
PLAIN: Mapping[str, Words] = {
    "independent_fewer": _l(
        "A team climate one point better is associated with %(percent)s %% fewer independently detected recurrences one "
        "quarter later; anything from %(percent_low)s to %(percent_high)s %% fewer agrees with the data."
    ),
    "independent_more": _l(
        "A team climate one point better is associated with %(percent)s %% more independently detected recurrences one "
        "quarter later; anything from %(percent_low)s to %(percent_high)s %% more agrees with the data."
    ),
    "independent_untold": _l(
        "Whether team climate is associated with independently detected recurrences one quarter later cannot be told: "
        "anything from %(percent_fewer)s %% fewer to %(percent_more)s %% more agrees with the data."
    ),
    "independent_unknown": _l(
        "Whether team climate is associated with independently detected recurrences cannot be told yet."
    ),
    "self_reported_fewer": _l(
        "It is associated with %(percent)s %% fewer self-reported ones; anything from %(percent_low)s to "
        "%(percent_high)s %% fewer agrees with the data."
    ),
    "self_reported_more": _l(
        "It is associated with %(percent)s %% more self-reported ones; anything from %(percent_low)s to "
        "%(percent_high)s %% more agrees with the data."
    ),
    "self_reported_untold": _l(
        "For self-reported ones, anything from %(percent_fewer)s %% fewer to %(percent_more)s %% more agrees with the data."
    ),
    "self_reported_unknown": _l("Of self-reported ones there are too few to say."),
}

#: Bands of released climate, declared beforehand.
BANDS: Mapping[str, Words] = {
    "low": _l("Climate below 4.5"),
    "middle": _l("Climate 4.5 to below 5.5"),
    "high": _l("Climate 5.5 and above"),
}

#: Why a team-quarter takes no part.
REASONS: Mapping[str, Words] = {
    "no_batches": _l("No batches in the quarter"),
    "switched_off": _l("The survey is off at the site"),
    "pooled": _l("Too few answers in the quarter before: given together with other small teams"),
    "before_first": _l("Before the team’s first released figure"),
    "withheld": _l("No released figure for the quarter before, though the team has others"),
    "never": _l("No released figure of the team yet"),
}

#: What the reporting of a team or of all of them did between two ends of the window.
PARADOX: Mapping[str, Words] = {
    "more_less": _l("reports more and recurs less"),
    "more_more": _l("reports more and recurs more"),
    "less_less": _l("reports less and recurs less"),
    "less_more": _l("reports less and recurs more"),
    "unmoved": _l("neither moved beyond chance"),
    "unknown": _l("too little to say"),
}

#: How an estimate stands to the declared one.
VERDICTS: Mapping[str, Words] = {
    "declared": _l("clear of 1"),
    "holds": _l("same direction"),
    "touches": _l("interval holds 1"),
    "against": _l("other direction"),
    "unknown": _l("cannot tell"),
    "no_such": _l("does not apply"),
}

#: Lists behind figures.
FIGURES: Mapping[str, Words] = {
    "recurrences": _l("Confirmed recurrences"),
    "self_reported": _l("Recurrences, self-reported"),
    "independent": _l("Recurrences, independently detected or at least major"),
    "good_catches": _l("Good catches"),
    "to_be_raised": _l("Raised by the team, or found later by a supervisor, batch review or audit"),
    "raised_first": _l("Raised by the team first"),
    "raised_in_time": _l("Raised by the team within 24 hours"),
    "human_causes": _l("Classified as human performance"),
    "other_causes": _l("Classified with another cause"),
    "recorded_later": _l("Recorded after the quarter was over, and more than 24 hours after it happened"),
    "after_action": _l("Came back after an action that was in place"),
    "recorded": _l("Recorded"),
    "late": _l("Recorded more than 24 hours after it happened"),
    "classified": _l("Classified"),
    "not_determined": _l("Classified without a cause that could be determined"),
    "without_team": _l("Recorded without a team"),
    "detected": _l("Found independently: in process, at batch review, by QC, an alarm, an audit or the clinic"),
}

#: By what a list is limited, and the tables of the recurrence page.
FACETS: Mapping[str, Words] = {
    "all": _l("All"),
    "team": _l("By team"),
    "process_step": _l("By process step"),
    "category": _l("By category"),
    "root_cause_class": _l("By cause"),
    "severity": _l("By severity"),
    "detection_channel": _l("By who found it"),
    "product": _l("By product"),
    "delay": _l("By hours until it was recorded"),
}

#: The same as the first column's heading.
FACET_HEADS: Mapping[str, Words] = {
    "process_step": _l("Process step"),
    "category": _l("Category"),
    "root_cause_class": _l("Cause"),
    "product": _l("Product"),
}

#: Words of the funnel.
COMPARABILITY: Mapping[str, Words] = {
    "across": _l("batches made"),
    "up": _l("confirmed recurrences per 100 batches"),
    "centre": _l("all"),
    "plain": _l("95 % limits of chance alone"),
    "widened": _l("95 % limits with what differs between sites"),
    "outside": _l("outside: ask there"),
    "title": _l("Sites within the funnel"),
    "see_table": _l("Every number stands in the table below the picture."),
}

#: Words of the points of coaching.
DOSE: Mapping[str, Words] = {
    "across": _l("reviews held per 100 batches of a quarter"),
    "up": _l("recurrences per 100 batches of the quarter after"),
    "beyond": _l("interval goes on"),
    "title": _l("Reviews held and recurrences a quarter later"),
    "see_table": _l("Every number stands in the table below the picture."),
}

#: Words of the charts of recurrence.
RECURRENCE: Mapping[str, Words] = {
    "rate": _l("confirmed recurrences per 100 batches, exact 95 % interval"),
    "all_network": _l("Network"),
    "all_sites": _l("All your sites"),
    "centre": _l("centre"),
    "limits": _l("limits"),
    "outside": _l("outside the limits"),
    "beyond": _l("interval goes on"),
    "waiting": _l("not enough yet"),
    "no_exposure": _l("no batches"),
    "see_table": _l("Every number stands in the table below the picture."),
    "control_title": _l("Recurrences per 100 batches by quarter within their limits"),
    "gap": _l("batches from one to the next"),
    "gap_title": _l("Batches between recurrences of a rare category"),
    "growth": _l("recurrences so far, on average"),
    "growth_title": _l("Mean cumulative recurrences"),
    "band": _l("95 % band"),
    "mean": _l("mean"),
}


#: Words inside and beside the charts.
CHARTS: Mapping[str, Words] = {
    "climate": _l("Team climate"),
    "climate_note": _l("released cells, 1 to 7"),
    "follow_through": _l("Follow-through"),
    "follow_through_note": _l("share with 95 % interval, from five cases on"),
    "kept": _l("Commitments kept"),
    "raised_first": _l("Raised first"),
    "raised_in_time": _l("Raised in time"),
    "rate": _l("Recurrences per 100 batches"),
    "rate_note": _l("confirmed, exact 95 % interval"),
    "independent": _l("Independent or major"),
    "self_reported": _l("Self-reported"),
    "all": _l("All confirmed"),
    "forest_independent": _l("Independently detected or at least major"),
    "forest_self_reported": _l("Self-reported recurrences"),
    "waiting": _l("not enough yet"),
    "no_exposure": _l("nothing to count from"),
    "band": _l("what rounding leaves open"),
    "beyond": _l("interval goes on"),
    "human_causes": _l("Human performance"),
    "other_causes": _l("All other causes"),
    "causes_note": _l("per 100 batches, exact 95 % interval"),
    "causes_title": _l("Root causes per 100 batches by quarter"),
    "see_table": _l("Every number stands in the table below the picture."),
    "sites_title": _l("Recurrences per 100 batches by site and quarter"),
    "self_note": _l("expected to rise when people speak up"),
    "independent_note": _l("primary outcome"),
    "figure": _l("rate ratio (95 % interval)"),
    "fewer": _l("fewer"),
    "more": _l("more"),
    "forest_title": _l("Change in recurrence per +1 point of team climate"),
    "grid_title": _l("Team-quarters the answer rests on"),
    "grid_first": _l("Shown are the first %(shown)s of %(all)s teams by name; the file has all of them."),
    "scatter_title": _l("Team climate and recurrences a quarter later"),
    "scatter_across": _l("team climate of the quarter before (1 to 7)"),
    "curves_title": _l("Mean recurrences per team by climate of the quarter before"),
    "curves_across": _l("quarters spent in the band"),
    "curves_short": _l("too few teams"),
    "scatter_up": _l("independent recurrences per 100 batches"),
}

#: What became of a team-quarter.
CELLS: Mapping[str, Words] = {
    "used": _l("used"),
    "waiting": _l("without a released climate"),
    "no_exposure": _l("without batches"),
}

#: How far the answer to the primary outcome carries.
STRENGTHS: Mapping[str, Words] = {
    "firm": _l("interval clear of 1 whichever site is left out"),
    "one_site": _l("interval clear of 1, but one site matters"),
    "open": _l("interval holds 1"),
}

#: Words of the coaching programme's chart.
PROGRAMME: Mapping[str, Words] = {
    "title": _l("The coaching programme by month"),
    "held": _l("Held of planned"),
    "held_note": _l("share with 95 % interval, cancelled ones counted as planned"),
    "system": _l("Led to the system"),
    "system_note": _l("reviews held that opened a system action for a barrier"),
    "kept": _l("Commitments kept"),
    "kept_note": _l("by the day agreed, of those due"),
    "waiting": _l("fewer than five people"),
    "no_exposure": _l("nothing due"),
    "beyond": _l("interval goes on"),
    "see_table": _l("Every number stands in the table below the picture."),
}

DOSE_GATE: Mapping[str, Words] = {
    "clusters": _l("sites with coaching that is told"),
    "events": _l("recurrences"),
    "events per effect": _l("recurrences for each figure"),
}

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "dose_gate": DOSE_GATE,
    "linkage_headline": JOINT,
    "linkage_meaning": MEANING,
    "linkage_sentence": SENTENCES,
    "linkage_gate": GATE,
    "linkage_outcome": OUTCOMES,
    "linkage_test": TESTS,
    "linkage_withheld": WITHHELD,
    "linkage_plain": PLAIN,
    "linkage_band": BANDS,
    "linkage_reason": REASONS,
    "linkage_paradox": PARADOX,
    "linkage_verdict": VERDICTS,
    "linkage_cell": CELLS,
    "linkage_strength": STRENGTHS,
    "behavior_figure": FIGURES,
    "behavior_chart": CHARTS,
    "behavior_facet": FACETS,
    "behavior_facet_head": FACET_HEADS,
    "comparability_chart": COMPARABILITY,
    "dose_chart": DOSE,
    "recurrence_chart": RECURRENCE,
    "programme_chart": PROGRAMME,
}
