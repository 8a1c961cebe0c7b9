"""Pages of proposals: the coach decides, whoever answers for the site finds a coach, QA proposes by hand. And of rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from coaching.matching.rules import FIRM, Fit, Kept, ranked
from coaching.occasions.queries import asked, facts_for
from coaching.occasions.rules import WAITS_FOR, Firing, Rule, Trigger, would_have_fired
from coaching.triggers import commands, exports, queries, rules
from coaching.triggers.forms import DeclineForm, MergeForm, ReassignForm, RuleForm, form_for
from lms import clock
from lms.exports.download import download
from lms.identity.queries import names_of
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.labels import label
from lms.web.refused import blame, version_of
from lms.web.times import local_day, show_moment, start_of_day

bp = Blueprint("proposals", __name__, template_folder="../templates", url_prefix="/reviews/proposals")
rules_bp = Blueprint("triggers", __name__, template_folder="../templates", url_prefix="/reviews/rules")


# -- proposals ---------------------------------------------------------------------------------------------------------


@bp.get("")
@requires(Permission.REVIEW_ASSIGN)
def waiting() -> ResponseReturnValue:
    """List the proposals for which no coach was free."""
    rows = queries.without_coach(viewer())
    return render_template("coaching/triggers/waiting.html", rows=rows[: queries.MOST], total=len(rows), today=_today())


@bp.get("/export.<any(csv, xlsx):file_type>")
@requires(Permission.REVIEW_ASSIGN)
def export(file_type: str) -> Response:
    """Hand out that list."""
    rows = queries.without_coach(viewer())
    return download(file_type, "proposals", exports.WAITING_HEADINGS, exports.waiting(rows))


@bp.get("/<uuid:proposal_id>")
@requires(Permission.REVIEW_COACH)
def page(proposal_id: UUID) -> ResponseReturnValue:
    """Show a proposal to its coach: why, with whom, by when, and why to them."""
    return _page(proposal_id)


def _page(proposal_id: UUID, refused: FlaskForm | None = None, status: int = 200) -> ResponseReturnValue:
    proposal = queries.proposal_of(viewer(), proposal_id)
    if proposal is None:
        raise NotFound("There is no such proposal for you.")
    targets = queries.targets_of(proposal.id, proposal.coachee_id) if proposal.state == "open" else []
    return (
        render_template(
            "coaching/proposal.html",
            proposal=proposal,
            form=refused if isinstance(refused, DeclineForm) else DeclineForm(None),
            merge=refused if isinstance(refused, MergeForm) else MergeForm(None),
            targets=targets,
            taken_in=queries.taken_into(proposal.id),
            **_why_this_coach(proposal),
        ),
        status,
    )


def _why_this_coach(proposal: queries.ProposalRow) -> dict[str, Any]:
    """Return what the proposal keeps of the choice, with names. Who has a conflict is shown to nobody but QA."""
    kept: Mapping[str, Any] = proposal.matching or {}
    chosen = Kept.of(kept["chosen"]) if kept.get("chosen") else None
    shows_conflicts = viewer().may(Permission.REVIEW_PROPOSE, proposal.site_id)
    passed = [one for one in map(Kept.of, kept.get("passed", ())) if shows_conflicts or one.why_not != "conflict"]
    people = {one.coach_id for one in (*passed, *((chosen,) if chosen else ()))}
    return {"chosen": chosen, "passed": passed, "names": names_of(people), "span": _span}


def _span(common: tuple[Any, Any]) -> str:
    """Return ``13:00–16:00 CET`` in the reader's zone."""
    begin, end = (show_moment(at, viewer().zone)[len("22-Nov-2026 ") :] for at in common)
    return f"{begin[:5]}–{end}"


@bp.post("/<uuid:proposal_id>/accept")
@requires(Permission.REVIEW_COACH)
def accept(proposal_id: UUID) -> ResponseReturnValue:
    """Accept, and go on to finding a time."""
    review = run(commands.accept_proposal, viewer(), "", proposal_id)
    flash(_("Accepted. Find a time that suits you both."))
    return redirect(url_for("scheduling.choose", review_id=review.id))


@bp.post("/<uuid:proposal_id>/decline")
@requires(Permission.REVIEW_COACH)
def decline(proposal_id: UUID) -> ResponseReturnValue:
    """Decline with a reason."""
    form = DeclineForm()
    if form.validate_on_submit():
        run(commands.decline_proposal, viewer(), form.reason.data or "", proposal_id, reason=form.reason.data or "")
        flash(_("Declined. QA sees your reason."))
        return redirect(url_for("reviews.coaching"))
    return _page(proposal_id, form, 422)


@bp.post("/<uuid:proposal_id>/merge")
@requires(Permission.REVIEW_COACH)
def merge(proposal_id: UUID) -> ResponseReturnValue:
    """Take the proposal into another one, or into a review, of the same person."""
    proposal = queries.proposal_of(viewer(), proposal_id)
    if proposal is None:
        raise NotFound("There is no such proposal for you.")
    form = MergeForm()
    form.offer((str(one.proposal_id), "") for one in queries.targets_of(proposal.id, proposal.coachee_id))
    status = 422
    if form.validate_on_submit():
        try:
            run(commands.merge_proposal, viewer(), "", proposal_id, into_id=UUID(form.into.data))
        except NotAllowed as refusal:
            status = blame(form, refusal, "into")
        else:
            flash(_("Taken into the other one. What it was proposed for stands there too."))
            return redirect(url_for("reviews.coaching"))
    return _page(proposal_id, form, status)


@bp.route("/<uuid:proposal_id>/coach", methods=["GET", "POST"])
@requires(Permission.HOME_SEE)
def reassign(proposal_id: UUID) -> ResponseReturnValue:
    """Give a proposal to another coach: who fits, who does not and why, and the choice with its reason."""
    assigns = viewer().may(Permission.REVIEW_ASSIGN)
    proposal = queries.proposal_to_assign(viewer(), proposal_id) if assigns else None
    if proposal is None and viewer().may(Permission.REVIEW_COACH):
        proposal = queries.proposal_of(viewer(), proposal_id)
        assigns = False
    if proposal is None or proposal.state != "open":
        raise NotFound("There is no such proposal for you.")
    today = local_day(clock.now(), proposal.zone)
    case = queries.case_of(proposal.coachee_id, proposal.site_id, today, deviation_id=proposal.deviation_id)
    found = queries.candidates_at([proposal.site_id], today)[proposal.site_id]
    fits = [one for one in ranked(found, case) if one.coach.person_id != proposal.coach_id]
    form = ReassignForm(version=str(proposal.version))
    form.offer((str(one.coach.person_id), _choice(one)) for one in fits if _may_be_asked(one, assigns=assigns))
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            run(
                commands.reassign_proposal,
                viewer(),
                form.reason.data,
                proposal_id,
                version=version_of(form),
                coach_id=UUID(form.coach.data),
                reason=form.reason.data,
            )
        except NotAllowed as refusal:
            status = blame(form, refusal, "coach")
        else:
            flash(_("The coach is told."))
            return redirect(url_for("proposals.waiting" if assigns else "reviews.coaching"))
    shows_conflicts = viewer().may(Permission.REVIEW_PROPOSE, proposal.site_id)
    kept = [Kept.of(one.as_record()) for one in fits if shows_conflicts or one.hindrance != "conflict"]
    shown = render_template(
        "coaching/triggers/reassign.html",
        proposal=proposal,
        form=form,
        kept=kept,
        names={one.coach.person_id: one.coach.name for one in fits},
        span=_span,
        assigns=assigns,
        today=today,
    )
    return shown, status


def _may_be_asked(one: Fit, *, assigns: bool) -> bool:
    return one.hindrance is None or (assigns and one.hindrance not in FIRM)


def _choice(one: Fit) -> str:
    if one.hindrance is None:
        return one.coach.name
    return f"{one.coach.name} ({label(one.hindrance, 'matching_hindrance')})"


@bp.post("/for/<uuid:deviation_id>")
@requires(Permission.REVIEW_PROPOSE)
def propose(deviation_id: UUID) -> ResponseReturnValue:
    """Propose a review about a deviation by hand, with one of the people involved."""
    involved = queries.people_involved(deviation_id)
    chosen = request.form.get("coachee", "")
    coachee_id = next(
        (person_id for person_id in involved if str(person_id) == chosen), involved[0] if involved else None
    )
    if coachee_id is None:
        raise NotFound("Nobody is named on this deviation. Name who was at the bench first.")
    proposal = run(commands.propose_review, viewer(), "proposed by hand", deviation_id, coachee_id=coachee_id)
    if proposal.coach_id is None:
        flash(_("Proposed, but no coach is free: the site lead is told and finds one."))
    else:
        flash(_("Proposed. The coach accepts or declines."))
    return redirect(url_for("deviations.record", deviation_id=deviation_id))


@bp.post("/useful/<uuid:review_id>")
@requires(Permission.REVIEW_COACH)
def useful(review_id: UUID) -> ResponseReturnValue:
    """Keep whether it was useful that a review was proposed: one tap after closing it."""
    run(commands.rate_proposal, viewer(), "", review_id, useful=request.form.get("useful") == "yes")
    flash(_("Thank you. It counts for the rule, never for a person."))
    return redirect(url_for("reviews.page", review_id=review_id))


# -- rules -------------------------------------------------------------------------------------------------------------


def _today() -> Any:  # noqa: ANN401 - a day
    return local_day(clock.now(), viewer().zone)


@rules_bp.get("")
@requires(Permission.TRIGGER_SEE)
def index() -> ResponseReturnValue:
    """List the rules: what proposes, how it fared, what still waits for its fact."""
    return render_template("coaching/triggers/rules.html", rows=_rows(), waits=WAITS_FOR, interval=rules.exact_interval)


@rules_bp.get("/export.<any(csv, xlsx):file_type>")
@requires(Permission.TRIGGER_SEE)
def export_rules(file_type: str) -> Response:
    """Hand out that list."""
    return download(file_type, "rules", exports.RULE_HEADINGS, exports.rules_of(_rows()))


def _rows() -> list[tuple[Rule, queries.Worth]]:
    worth = queries.worth_of_rules(viewer())
    return [(rule, worth.get(rule.code, queries.Worth())) for rule in queries.rules_in_force().values()]


def _code(code: str) -> Trigger:
    if code not in set(Trigger):
        raise NotFound("There is no such rule.")
    return Trigger(code)


@rules_bp.get("/<code>")
@requires(Permission.TRIGGER_SEE)
def rule(code: str) -> ResponseReturnValue:
    """Show a rule: its figures, its versions, how it fared."""
    return _rule(_code(code))


def _rule(
    trigger: Trigger, form: RuleForm | None = None, tried: list[Firing] | None = None, status: int = 200
) -> ResponseReturnValue:
    versions = queries.versions_of(trigger)
    shown = versions[0].rule
    names, sites = _names(tried) if tried is not None else ({}, {})
    page = render_template(
        "coaching/triggers/rule.html",
        rule=shown,
        versions=versions,
        worth=queries.worth_of_rules(viewer()).get(trigger, queries.Worth()),
        form=form or form_for(shown),
        tried=tried,
        names=names,
        sites=sites,
        days=rules.TRIED_DAYS,
        waits=WAITS_FOR.get(trigger),
        interval=rules.exact_interval,
        may_change=viewer().sites_for(Permission.TRIGGER_MANAGE) is None,
        most=queries.MOST,
    )
    return page, status


def _names(tried: list[Firing]) -> tuple[dict[UUID, str], dict[UUID, str]]:
    """Return the names of those with whom it would have been, where the reader may know them, and those of the sites."""
    seen = tried[: queries.MOST]
    knows = {one.person_id for one in seen if viewer().may(Permission.REVIEW_PROPOSE, one.site_id)}
    return names_of(knows), queries.sites_by_name(viewer())


@rules_bp.post("/<code>/try")
@requires(Permission.TRIGGER_SEE)
def try_on_history(code: str) -> ResponseReturnValue:
    """Show what the rule, with the figures typed, would have proposed. Nothing is saved."""
    trigger = _code(code)
    in_force = queries.rules_in_force()[trigger]
    form = form_for(in_force)
    if not form.validate_on_submit():
        return _rule(trigger, form, status=422)
    try:
        tried = _tried(_as_typed(in_force, form))
    except NotAllowed as refusal:
        return _rule(trigger, form, status=blame(form, refusal, "reason"))
    if request.form.get("as") == "csv":
        names, sites = _names(tried)
        rows = exports.firings_of(tried, sites, names, lambda one: _(label(one.trigger, "review_trigger")))
        return download("csv", f"rule-{trigger}", exports.FIRING_HEADINGS, rows)
    form.tried.data = form.digest(in_force)
    return _rule(trigger, form, tried)


@rules_bp.post("/<code>")
@requires(Permission.TRIGGER_MANAGE)
def change(code: str) -> ResponseReturnValue:
    """Put the rule into a new version, once these very figures were tried."""
    trigger = _code(code)
    in_force = queries.rules_in_force()[trigger]
    form = form_for(in_force)
    if not form.validate_on_submit():
        return _rule(trigger, form, status=422)
    tried = None
    try:
        if form.tried.data != form.digest(in_force):
            raise NotAllowed("Try the rule on history with these figures first.", field="reason")  # noqa: TRY301 - one way out
        tried = _tried(_as_typed(in_force, form))
        run(
            commands.change_trigger_rule,
            viewer(),
            form.reason.data or "",
            code,
            number=int(form.number.data) if str(form.number.data).isdecimal() else 0,
            is_on=form.is_on.data,
            figures=form.figures(in_force),
            cool_down_days=form.cool_down_days.data,
            alerts=form.alerts.data,
            reason=form.reason.data or "",
            would_have_fired=len(tried),
        )
    except NotAllowed as refusal:
        return _rule(trigger, form, tried, blame(form, refusal, "reason"))
    flash(_("The rule holds from now on. What was proposed stays."))
    return redirect(url_for("triggers.rule", code=code))


def _as_typed(in_force: Rule, form: RuleForm) -> Rule:
    """Return the rule with the figures typed, refused if they are out of bounds; nothing needs to have changed."""
    return rules.with_figures(in_force, figures=form.figures(in_force), cool_down_days=form.cool_down_days.data or 0)


def _tried(typed: Rule) -> list[Firing]:
    now = clock.now()
    until = local_day(now, viewer().zone)
    since = until.fromordinal(until.toordinal() - rules.TRIED_DAYS)
    question = asked(start_of_day(since, viewer().zone), now, viewer().sites_for(Permission.TRIGGER_SEE))
    return would_have_fired(typed, facts_for(typed.code, question), since, until)
