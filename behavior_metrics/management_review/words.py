"""The words of a pack: titles, headings, sentences, definitions. None of them says "caused", and none names a person."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from lms.web.labels import Words

STATES: Mapping[str, Words] = {
    "asked": _l("asked for"),
    "counted": _l("counted, being printed"),
    "printed": _l("printed, workbook being filled"),
    "made": _l("ready"),
}

SECTIONS: Mapping[str, Words] = {
    "changes": _l("What changed since last quarter"),
    "decisions": _l("What quality assurance must decide"),
    "raised": _l("Deviations and good catches raised"),
    "recurrence": _l("Recurrence by site"),
    "actions": _l("Corrective and preventive actions"),
    "closure": _l("Closing of deviations"),
    "training": _l("Training currency"),
    "coaching": _l("Coaching"),
    "survey": _l("Team climate survey"),
    "coding": _l("Agreement of two codings"),
    "linkage": _l("Do climate and recurrence go together?"),
    "comparability": _l("Comparability of sites"),
}

HEADINGS: Mapping[str, Words] = {
    "what": _l("What"),
    "site": _l("Site"),
    "before": _l("Last quarter"),
    "now": _l("This quarter"),
    "ratio": _l("Ratio (95 %% interval)"),
    "reading": _l("Reading"),
    "number": _l("How many"),
    "where": _l("Where to decide"),
    "batches": _l("Batches"),
    "raised": _l("Raised"),
    "self": _l("Self-reported"),
    "independent": _l("Independently detected"),
    "otherwise": _l("Found otherwise"),
    "severe": _l("Major or critical"),
    "good_catches": _l("Good catches"),
    "catch_share": _l("Good-catch ratio (95\u00a0%%)"),
    "delay": _l("Raise delay, median h"),
    "recurrences": _l("Recurrences (R1)"),
    "rate": _l("R1 per 100 batches (95\u00a0%%)"),
    "self_rate": _l("Self-reported (95\u00a0%%)"),
    "independent_rate": _l("Independent or major (95\u00a0%%)"),
    "expected": _l("Expected"),
    "z": _l("z"),
    "due": _l("Due"),
    "on_time": _l("In place on time"),
    "on_time_share": _l("On time (95\u00a0%%)"),
    "extended": _l("Extended"),
    "came_back": _l("Came back after an action (R3)"),
    "effective": _l("Effective"),
    "not_effective": _l("Not effective"),
    "not_demonstrable": _l("Not demonstrable"),
    "late": _l("Overdue on the as-of date"),
    "closed": _l("Closed"),
    "median": _l("Days, median"),
    "p90": _l("Days, 90 %%"),
    "held": _l("Held"),
    "planned": _l("Planned"),
    "held_share": _l("Held of planned (95\u00a0%%)"),
    "system_share": _l("Led to a system action (95\u00a0%%)"),
    "kept_share": _l("Commitments kept (95\u00a0%%)"),
    "first": _l("Days to first review, median"),
    "place": _l("Team or pool"),
    "months": _l("Months"),
    "score": _l("Score, 1 to 7"),
    "rounding": _l("Within ±"),
    "people": _l("People"),
    "response": _l("Answered, %%"),
    "instrument": _l("Instrument"),
    "alpha": _l("Alpha"),
    "omega": _l("Omega"),
    "icc1": _l("ICC(1)"),
    "icc2": _l("ICC(2)"),
    "rwg": _l("Median r_wg(j)"),
    "hold": _l("Team means may be read"),
    "field": _l("Field"),
    "twice": _l("Coded twice"),
    "alike": _l("Coded alike"),
    "kappa": _l("Kappa (95\u00a0%%)"),
    "share": _l("Share (95\u00a0%%)"),
    "others": _l("Site to all others (90\u00a0%%)"),
}

TABLES: Mapping[str, Words] = {
    "changes": _l("Per 100 batches, this quarter beside the last"),
    "shares": _l("Shares, this quarter beside the last"),
    "decisions": _l("Open on the as-of date"),
    "raised": _l("By the site and the day it happened"),
    "quarter_rates": _l("R1 in the quarter, per 100 batches"),
    "funnel": _l("Sites side by side over four quarters"),
    "due": _l("Actions whose original due day lay in the quarter"),
    "verdicts": _l("What was found out about actions in the quarter"),
    "closure": _l("Closed in the quarter, and overdue on the as-of date"),
    "currency": _l("Operators over all tasks asked of them"),
    "expiries": _l("Qualifications that end ahead"),
    "coaching": _l("Reviews of the quarter, by site"),
    "cells": _l("Released climate"),
    "reliability": _l("How reliably the instrument measured"),
    "kappa": _l("Cohen’s kappa by field"),
    "comparability": _l("Each site beside all others together, four quarters"),
}

ROWS: Mapping[str, Words] = {
    "all": _l("All together"),
    "r1": _l("Recurrences (R1), all confirmed"),
    "r1_self": _l("Recurrences, self-reported"),
    "r1_independent": _l("Recurrences, independently detected or at least major"),
    "raised_self": _l("Deviations, self-reported"),
    "raised_independent": _l("Deviations, independently detected"),
    "catches": _l("Good-catch ratio"),
    "on_time": _l("Actions in place on time"),
    "held": _l("Coaching reviews held of planned"),
    "kept": _l("Coaching commitments kept"),
    "undecided": _l("Matches that wait for a decision whether it is the same one again"),
    "deviations_late": _l("Deviations whose triage or closing is overdue"),
    "actions_late": _l("Actions past their due day, extensions counted"),
    "actions_returned": _l("Actions that did not work and are back with their owner"),
    "unsettled": _l("Second codings that differ and are not settled"),
    "qualified": _l("Qualified for every task asked of them"),
    "not_qualified": _l("Restricted, in training, lapsed, paused or withdrawn"),
    "ends_30": _l("Within 30 days"),
    "ends_60": _l("Within 60 days"),
    "ends_90": _l("Within 90 days"),
    "pool_site": _l("%(site)s: small teams together"),
    "pool_network": _l("Network: small teams together"),
}

READINGS: Mapping[str, Words] = {
    "cannot": _l("cannot tell yet"),
    "few": _l("fewer than 5 people"),
    "nothing_due": _l("nothing due"),
    "no_batches": _l("no batches"),
    "fewer": _l("fewer than before"),
    "more": _l("more than before"),
    "open": _l("cannot be told apart from unchanged"),
    "compare": _l("compare the intervals"),
    "speaking": _l("more self-reports can be people speaking up: read it beside what was detected independently"),
    "inside": _l("within limits"),
    "above": _l("above the limits: look into it"),
    "below": _l("below the limits: is everything reported?"),
    "comparable": _l("comparable"),
    "not_comparable": _l("not comparable"),
    "waits": _l("too few answers: waits"),
    "released": _l("released"),
    "<50": _l("below 50"),
    "50-74": _l("50 to 74"),
    ">=75": _l("75 and more"),
    "enough": _l("at least .60"),
    "not_enough": _l("below .60: decide nothing by this code"),
    "yes": _l("yes"),
    "no": _l("no"),
    "not_published": _l("not published"),
}

SAID: Mapping[str, Words] = {
    "changes": _l(
        "A ratio above 1 is more than last quarter. Where its interval holds 1, the two quarters cannot be told apart, which "
        "is not the same as no difference."
    ),
    "no_decisions": _l("Nothing waits for a decision."),
    "decisions": _l("%(number)s records wait for a decision of quality assurance."),
    "raised": _l(
        "Self-reported and independently detected move in opposite directions when people speak up, so they are never "
        "added into one trend. A rise of records alone is no sign of more errors."
    ),
    "recurrence": _l(
        "%(recurrences)s confirmed recurrences in %(batches)s batches. Sites are never ranked; they stand by name."
    ),
    "funnel_few": _l("Limits for sites side by side: cannot tell yet. At least five sites with batches are needed."),
    "actions": _l(
        "On time means in place by the original due day; extensions stand apart and do not count as on time."
    ),
    "closure": _l("Median and 90 %% from five and from ten closed ones on; below that, cannot tell yet."),
    "training": _l("As figures of the whole scope only. Status is the worst over all tasks asked of an operator."),
    "coaching": _l(
        "A figure behind which fewer than five people stand is not said. A review that leads to a system action found a "
        "cause that no operator can remove."
    ),
    "survey": _l(
        "%(cells)s figures were released for the quarter, each from at least five people and rounded at random; %(waiting)s "
        "teams had too few answers of their own and wait. Answered is a band of those asked, told from ten asked on."
    ),
    "survey_none": _l("Nothing has been released for this quarter."),
    "coding": _l(
        "Two people code a fixed share alone. Below .60, or while it cannot be told, charts of causes are not to be read."
    ),
    "no_run": _l("Cannot tell yet: the analysis has not been computed for these records."),
    "linkage_cannot": _l("Cannot tell yet."),
    "linkage_caution": _l(
        "An association in team figures. It does not show what brought the change about, and it says nothing of any one "
        "person."
    ),
    "linkage_run": _l("Computed %(made)s, input SHA-256 %(hash)s."),
    "linkage_outdated": _l("Records have changed since that run."),
    "comparability": _l(
        "Comparable: the 90 %% interval of the ratio of R1 rates lies wholly between 1/1.5 and 1.5 (two one-sided tests at 5 %%). "
        "Not comparable: it lies wholly outside. Anything else cannot be told yet."
    ),
    "comparability_one": _l("Cannot tell yet: a comparison needs other sites. It stands in the network’s pack."),
}

DEFINITIONS: Mapping[str, Words] = {
    "quarter": _l("Quarter"),
    "quarter_said": _l(
        "A calendar quarter at the site: it begins and ends at midnight there. A record belongs to the day it happened."
    ),
    "raised": _l("Raised"),
    "raised_said": _l("Every deviation and good catch but duplicates, whoever raised it."),
    "self": _l("Self-reported"),
    "self_said": _l("Told by whoever did the work, or by a colleague."),
    "independent": _l("Independently detected"),
    "independent_said": _l(
        "In-process control, batch record review, QC or monitoring result, alarm, audit or clinical site: found whoever wants "
        "it found or not. A supervisor’s finding is neither and stands as found otherwise."
    ),
    "catch": _l("Good-catch ratio"),
    "catch_said": _l("Good catches over all raised, with Wilson’s 95 %% interval, from five raised on."),
    "delay": _l("Raise delay"),
    "delay_said": _l("Hours from what happened to its record, of self-reported ones; the median, from five on."),
    "r1": _l("R1"),
    "r1_said": _l(
        "Same site, process step, category and root cause class within 365 days, confirmed by quality assurance; counted in "
        "the quarter of the later one. Who did it is never part of the match."
    ),
    "r3": _l("R3"),
    "r3_said": _l("A confirmed recurrence after an action that should have kept it away."),
    "rate": _l("Rate"),
    "rate_said": _l(
        "Events per 100 batches started, with the exact Poisson interval (Garwood 1936). Ratios of two rates: exact "
        "conditional interval (Clopper and Pearson 1934)."
    ),
    "funnel": _l("Funnel"),
    "funnel_said": _l(
        "Observed beside expected at the rate of all sites together; z allows for over-dispersion (Spiegelhalter 2005). Beyond "
        "±3 is outside. The picture’s lines are exact 95 %% and 99.8 %% Poisson limits."
    ),
    "verdict": _l("Verdicts"),
    "verdict_said": _l(
        "Effective: the declared criterion is met and one-sided exact p < .05. Not effective: it came back, something "
        "critical happened, or the rate did not fall. Not demonstrable: anything else."
    ),
    "closing": _l("Closing"),
    "closing_said": _l(
        "Days from record to closing; overdue is triage or closing past its due moment, extensions counted."
    ),
    "kept": _l("Commitments kept"),
    "kept_said": _l(
        "Of commitments due in the quarter, those done by their day and looked at. Withdrawn ones are left out."
    ),
    "cannot": _l("Cannot tell yet"),
    "cannot_said": _l("Too little stands behind a figure to say one. It is an answer; it is not zero and not a pass."),
    "people": _l("People"),
    "people_said": _l("No figure is about one person, and no name stands here but those of signers."),
    "change": _l("Records changed since"),
    "change_said": _l(
        "Each night the figures on the closed quarter are counted anew for the same as-of date. The pack stays as it was "
        "signed; the page names the sections that would read otherwise today."
    ),
}

DOCUMENT: Mapping[str, Words] = {
    "title": _l("Management review"),
    "network": _l("Network"),
    "scope": _l("Scope"),
    "quarter": _l("Quarter"),
    "revision": _l("Revision"),
    "as_of": _l("As known on"),
    "method": _l("Method version"),
    "content": _l("SHA-256 of the figures"),
    "basis": _l("Basis"),
    "basis_said": _l("ICH Q10, 3.2.4 and 4: management review of process performance and of the quality system"),
    "made_by": _l("Made by"),
    "made_by_said": _l("the scheduler of this installation, from the records; nothing is typed by hand"),
    "signature": _l("Signature"),
    "unsigned": _l("Not signed when printed. Signatures stand on the record and on its signed copy."),
    "signed": _l("%(name)s, %(meaning)s, %(at)s: %(reason)s"),
    "foot": _l("Printed copy, uncontrolled unless stamped"),
    "demonstration": _l("Demonstration: not for GMP use"),
    "empty": _l("None in this quarter."),
    "definitions": _l("Definitions and methods"),
    "picture": _l("Recurrences (R1) per 100 batches by batches started, four quarters, with 95 %% and 99.8 %% limits"),
    "picture_words": _l(
        "Funnel: recurrences per 100 batches of each site against its batches over four quarters, with exact 95 and 99.8 percent "
        "limits around %(rate)s for all sites together. Every number stands in the tables."
    ),
    "picture_across": _l("batches started in four quarters"),
    "picture_up": _l("R1 per 100 batches"),
    "readme": _l(
        "Every sheet shows the same figures as the PDF. Shares run from 0 to 1; limits are 95 %% unless said."
    ),
    "low": _l("low"),
    "high": _l("high"),
}

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "pack_state": STATES,
    "pack_section": SECTIONS,
    "pack_heading": HEADINGS,
    "pack_table": TABLES,
    "pack_row": ROWS,
    "pack_reading": READINGS,
    "pack_said": SAID,
    "pack_definition": DEFINITIONS,
    "pack_document": DOCUMENT,
}
