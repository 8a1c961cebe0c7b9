"""The words people read for the codes of this room."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from assessments.qualifications.rules import Decision, Later, Status
from lms.web.labels import Words, label

VOCABULARIES: Mapping[str, Mapping[str, Words]] = {
    "qualification_status": {
        "qualified": _l("Qualified"),
        "restricted": _l("Restricted"),
        "in_training": _l("In training"),
        "lapsed": _l("Lapsed"),
        "paused": _l("Paused"),
        "withdrawn": _l("Disqualified"),
        "not_started": _l("Not started"),
    },
    "qualification_reason": {
        "qualified": _l("Qualified, and trained on every version in force."),
        "newer_version": _l(
            "Under supervision only: %(sop)s v%(version)s is in force and “%(module)s” is not completed in it."
        ),
        "training_ran_out": _l(
            "Under supervision only: the training “%(module)s” on %(sop)s v%(version)s has run out."
        ),
        "module_missing": _l("Under supervision only: “%(module)s” on %(sop)s v%(version)s is not completed."),
        "in_training": _l(
            "In training: %(done)s of %(modules)s modules completed, %(passed)s of %(runs)s observed runs passed in a row."
        ),
        "lapsed": _l("The qualification has run out."),
        "paused": _l("Paused: %(why)s"),
        "withdrawn": _l("The qualification was withdrawn: %(why)s"),
        "not_started": _l("Training for this task has not begun."),
        "left": _l("The person did not work there any more."),
    },
    "module_state": {
        "done": _l("completed in this version"),
        "older_version": _l("completed in an older version only"),
        "ran_out": _l("completed, has run out"),
        "missing": _l("not completed"),
    },
    "later": {
        "version_effective": _l("%(name)s came into force"),
        "module_completed": _l("%(name)s was completed"),
        "run_passed": _l("an observed run was signed as passed (%(name)s)"),
        "run_not_passed": _l("an observed run was signed as not passed (%(name)s)"),
        "granted": _l("a qualification was granted %(name)s"),
        "withdrawn": _l("the qualification was withdrawn: %(name)s"),
        "ran_out": _l("the qualification ran out %(name)s"),
        "paused": _l("a pause began: %(name)s"),
        "pause_lifted": _l("a pause was lifted: %(name)s"),
    },
    "runs_out": {"run": _l("Observed run"), "module": _l("Training"), "grant": _l("The qualification's own term")},
    "assessor_by": {"qualification": _l("qualified for the task"), "role": _l("assessor of the site")},
    "pause_kind": {
        "absence": _l("Long absence"),
        "investigation": _l("Precaution during an investigation"),
        "monitoring": _l("Trend in personnel monitoring"),
        "other": _l("Other"),
    },
    "grant_missing": {
        "paused": _l("paused at present"),
        "no_modules": _l("no training is tied to this task"),
        "module": _l("“%(module)s” is not completed in version %(version)s"),
        "runs": _l("%(passed)s of %(runs)s observed runs passed in a row"),
        "not_yet": _l("it holds; renewal opens 60 days before its end"),
    },
    "checklist_state": {
        "in_review": _l("Waiting for approval"),
        "in_force": _l("In force"),
        "superseded": _l("Superseded"),
        "ended": _l("Not approved"),
    },
    "point_change": {
        "same": _l("as before"),
        "added": _l("new"),
        "removed": _l("taken out"),
        "now_critical": _l("now critical"),
        "no_longer_critical": _l("no longer critical"),
    },
    "shown": {"yes": _l("Shown"), "no": _l("Not shown"), "not_applicable": _l("Not applicable")},
    "item_kind": {"single": _l("One answer"), "multiple": _l("Several answers")},
    "notification": {
        "qualified": _l("You are qualified for %(task)s"),
        "rostered": _l("You are planned for %(number)s: %(task)s"),
        "run_signed": _l("Your observed run for %(task)s was signed"),
        "checklist_approved": _l("Your checklist %(code)s v%(number)s was approved"),
        "checklist_returned": _l("Your checklist %(code)s v%(number)s was given back: %(reason)s"),
    },
}

#: Shape and tint of each status; the word is never left out.
TONES: Mapping[str, tuple[str, str]] = {
    Status.QUALIFIED: ("ok", "ok"),
    Status.RESTRICTED: ("warn", "lock"),
    Status.IN_TRAINING: ("info", "half"),
    Status.LAPSED: ("bad", "bad"),
    Status.PAUSED: ("warn", "pause"),
    Status.WITHDRAWN: ("bad", "slash"),
    Status.NOT_STARTED: ("mut", "circle"),
}


def reason_of(decision: Decision) -> str:
    """Return the sentence that says why the decision is as it is."""
    return sentence(str(decision.reason), "qualification_reason", decision.arguments)


def sentence(code: str, vocabulary: str, names: Mapping[str, object]) -> str:
    """Return the sentence of a code with its names filled in."""
    return label(code, vocabulary) % names


def later_words(event: Later) -> str:
    """Return what came later, in words."""
    return sentence(event.what, "later", {"name": event.name})


def answer_of(decision: Decision, *, name: str, task: str, site: str, now: bool = False) -> str:
    """Return the one sentence that answers: may this person do this task alone there, then or now."""
    names = {"name": name, "task": task, "site": site}
    if now and decision.allowed:
        return str(_("Yes. %(name)s is qualified for “%(task)s” at %(site)s.", **names))
    if now:
        return str(_("No. %(name)s is not qualified to do “%(task)s” alone at %(site)s.", **names))
    if decision.allowed:
        return str(_("Yes. %(name)s was qualified for “%(task)s” at %(site)s.", **names))
    return str(_("No. %(name)s was not qualified to do “%(task)s” alone at %(site)s.", **names))
