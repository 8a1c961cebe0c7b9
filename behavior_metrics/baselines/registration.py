"""Baselines join the application: their pages and words."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask
from flask_babel import lazy_gettext as _l

from behavior_metrics.baselines.views import bp
from lms.web import labels
from lms.web.labels import Words

OUTCOMES: Mapping[str, Words] = {
    "independent": _l("Independent or major"),
    "self_reported": _l("Self-reported"),
}

#: What the months since the baseline say, by the keys of ``watching.State``.
STATES: Mapping[str, Words] = {
    "not_watched": _l("Cannot tell: fewer than five in the baseline, so its usual rate is not known."),
    "waiting": _l("Cannot tell yet: no month with batches is over since the baseline."),
    "steady": _l("No drift from the baseline is shown."),
    "risen": _l("The rate has risen above the baseline."),
    "had_risen": _l("The rate had risen above the baseline; the evidence has gone back since."),
    "fallen": _l("The rate has fallen below the baseline."),
}

CAUTIONS: Mapping[str, Words] = {
    "few_points": _l("Fewer than 20 months: the limits may lie elsewhere."),
    "few_expected": _l("Fewer than five expected in some month: read the evidence, not single months outside."),
}

CHART: Mapping[str, Words] = {
    "limits_title": _l("Recurrences per 100 batches by month within the limits of the baseline"),
    "rate": _l("confirmed recurrences per 100 batches, exact 95 % interval"),
    "centre": _l("usual"),
    "limits": _l("limits"),
    "threshold": _l("threshold"),
    "outside": _l("outside the limits"),
    "alarm": _l("alarm"),
    "beyond": _l("interval goes on"),
    "no_exposure": _l("no batches"),
    "evidence_title": _l("Evidence of a rise by half since the baseline"),
    "evidence": _l("evidence of a rise by half (log-likelihood)"),
    "see_table": _l("Every number stands in the table below the picture."),
}

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "baseline_outcome": OUTCOMES,
    "baseline_state": STATES,
    "baseline_caution": CAUTIONS,
    "baseline_chart": CHART,
}


def register(app: Flask) -> None:
    """Register everything that baselines bring."""
    app.register_blueprint(bp)
    labels.register("record", {"rate_baseline": _l("baseline of a rate")})
    for vocabulary, words in VOCABULARIES.items():
        labels.register(vocabulary, words)
