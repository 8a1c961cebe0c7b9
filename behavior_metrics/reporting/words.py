"""Words of the panel on reporting."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

#: What was said and what went wrong, by the keys of ``rules.verdict``.
VERDICTS: Mapping[str, Words] = {
    "more_fewer": _l("More was said, and less went wrong."),
    "more_not_more": _l("More was said, not more went wrong."),
    "more_untold": _l("More was said. Whether more went wrong as well: cannot tell yet."),
    "more_more": _l("More was said, and more went wrong too."),
    "untold_fewer": _l("Less went wrong. Whether more or less was said: cannot tell yet."),
    "untold_not_more": _l("Not more went wrong. Whether more or less was said: cannot tell yet."),
    "untold_untold": _l("Cannot tell yet: neither can be told apart from what it was."),
    "untold_more": _l("More went wrong. Whether more or less was said: cannot tell yet."),
    "fewer_fewer": _l("Less was said, and less went wrong."),
    "fewer_not_more": _l("Less was said; not more went wrong."),
    "fewer_untold": _l("Less was said: that may be silence. Whether more went wrong: cannot tell yet."),
    "fewer_more": _l("Less was said while more went wrong: fewer records would be silence, not improvement."),
}

#: What to do with it.
MEANINGS: Mapping[str, Words] = {
    "more": _l("A count of all records rises with this by itself. Read what was found independently, not the total."),
    "fewer": _l("A count of all records falls with this by itself. Ask the teams before you call it improvement."),
    "untold": _l("“Cannot tell” is not “no change”: the intervals below say how much is still possible either way."),
    "not_more": _l("A count of all records may still move with candour. Read the two beside each other."),
}

MOVED: Mapping[str, Words] = {
    "rose": _l("Reporting rose"),
    "fell": _l("Reporting fell"),
    "steady": _l("Reporting steady"),
}

OUTCOMES: Mapping[str, Words] = {
    "raised": _l("Raised by the team first"),
    "detected": _l("Found independently"),
}

CHART: Mapping[str, Words] = {
    "title": _l("What was raised and what was found, by quarter"),
    "rates": _l("Per 100 batches"),
    "rates_note": _l("classified records, exact 95 % interval"),
    "raised": _l("Raised first"),
    "detected": _l("Found"),
    "hours": _l("Hours until it was raised"),
    "hours_note": _l("median with exact 95 % interval, whole hours, cut off at a week"),
    "waiting": _l("fewer than six"),
    "no_exposure": _l("no batches"),
    "beyond": _l("interval goes on"),
    "see_table": _l("Every number stands in the table below the picture."),
}

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "reporting_verdict": VERDICTS,
    "reporting_meaning": MEANINGS,
    "reporting_moved": MOVED,
    "reporting_outcome": OUTCOMES,
    "reporting_chart": CHART,
}
