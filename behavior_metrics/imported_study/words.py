"""What the analyses of a study are called."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

ANALYSES: dict[str, Words] = {
    "andersen_gill": _l("Andersen-Gill: rate ratio of recurrent events"),
    "within_between": _l("The same, within units over time and between units"),
    "pwp_total_time": _l("Prentice-Williams-Peterson, total time: ratio for the next event given those before"),
    "pwp_gap_time": _l("Prentice-Williams-Peterson, gap time: the clock begins anew at each event"),
    "gamma_frailty": _l("Gamma frailty: ratio within units that differ for reasons not measured"),
    "proportional_hazards": _l("Does the ratio hold all the time? (a small p says that it changes)"),
    "bootstrap": _l("Clusters drawn anew: the middle 95 % of a thousand estimates"),
    "rate_poisson": _l("Events per time at risk: Poisson regression, errors for few clusters"),
    "rate_negative_binomial": _l("Events per time at risk, where rows differ more than chance: negative binomial"),
    "mean_cumulative_count": _l("Mean number of events of a unit over time"),
    "time_to_first": _l("When the first event came (Kaplan-Meier)"),
    "log_rank": _l("Did the first event come as soon in each group? (log-rank test; a small p says that it did not)"),
}

#: What a curve shows.
MEAN_COUNT: Words = _l("Mean number of events of a unit by then, with 95 % limits")
FIRST: Words = _l("Share of units with an event by then, with 95 % limits")
ACROSS: Words = _l("time, in the file’s own unit")
SHORT: Words = _l("too little to draw")
