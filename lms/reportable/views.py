"""Pages of reports to authorities: what is due, the duties of the network, and the decisions about one deviation."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms import clock
from lms.deviations.queries import deviation
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.reportable import commands, exports, forms, queries
from lms.reportable.rules import Duty
from lms.unit_of_work import run
from lms.web.parts import render_part
from lms.web.refused import blame, version_of
from lms.web.times import local_day

bp = Blueprint("reportable", __name__, template_folder="../templates")


@bp.get("/reportable")
@requires(Permission.DEVIATION_SEE)
def index() -> ResponseReturnValue:
    """List what is to be reported, least time left first; ``?state=open`` or ``made`` narrows it."""
    return render_template(
        "lms/reportable/list.html",
        rows=queries.reports(viewer(), is_open=_narrowed()),
        state=request.args.get("state", ""),
        at=clock.now(),
        left=left,
    )


@bp.get("/reportable.<any(csv, xlsx):file_type>")
@requires(Permission.DEVIATION_SEE)
def export(file_type: str) -> ResponseReturnValue:
    """Hand out the list as on the page."""
    rows = queries.reports(viewer(), is_open=_narrowed())
    return download(file_type, "reports", exports.HEADINGS, exports.cells(rows))


def _narrowed() -> bool | None:
    return {"open": True, "made": False}.get(request.args.get("state", ""))


def left(due: datetime, at: datetime) -> str:
    """Return how much time is left, in whole days, or in hours on the last one."""
    hours = int((due - at).total_seconds() // 3600)
    if due < at:
        return str(_("overdue"))
    if hours < 48:
        return str(ngettext("%(num)s h left", "%(num)s h left", hours))
    return str(ngettext("%(num)s day left", "%(num)s days left", hours // 24))


# -- the duties of the network -----------------------------------------------------------------------------------------


@bp.get("/reportable/rules")
@requires(Permission.DEVIATION_SEE)
def rules() -> ResponseReturnValue:
    """Show the duties to report, the same for all sites."""
    may_keep = queries.keeps_rules(viewer())
    return render_template("lms/reportable/rules.html", rows=queries.reporting_rules(), may_keep=may_keep)


@bp.post("/reportable/rules/standard")
@requires(Permission.REPORTING_RULE_MANAGE)
def take_over() -> ResponseReturnValue:
    """Take over the duties that a network begins with."""
    new = run(commands.take_over_standard_rules, viewer(), "standard rules")
    flash(ngettext("%(num)s rule is new. Check it against its clause.", "%(num)s rules are new. Check them.", new))
    return redirect(url_for("reportable.rules"))


@bp.route("/reportable/rules/new", methods=["GET", "POST"])
@requires(Permission.REPORTING_RULE_MANAGE)
def new_rule() -> ResponseReturnValue:
    """Write down a duty."""
    return _rule(None)


@bp.route("/reportable/rules/<uuid:rule_id>", methods=["GET", "POST"])
@requires(Permission.REPORTING_RULE_MANAGE)
def rule(rule_id: UUID) -> ResponseReturnValue:
    """Change a duty."""
    return _rule(queries.reporting_rule(rule_id))


def _rule(known: queries.RuleRow | None) -> ResponseReturnValue:
    if not queries.keeps_rules(viewer()):
        abort(403)
    form = forms.RuleForm()
    form.offer()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        duty = Duty(
            form.authority.data,
            form.what.data,
            form.source.data or "",
            form.days.data,
            form.day_kind.data,
            form.starts_from.data,
            tuple(form.kinds.data or ()),
            tuple(form.severities.data or ()),
        )
        try:
            run(
                commands.keep_rule,
                viewer(),
                f"rule {duty.authority}: {duty.what}"[:300],
                known.id if known else None,
                duty=duty,
                is_active=form.is_active.data,
                version=version_of(form),
            )
            flash(_("Kept. What was decided before keeps its day."))
            return redirect(url_for("reportable.rules"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "what")
    elif request.method == "GET" and known is not None:
        for name in ("version", "authority", "what", "source", "days", "day_kind", "starts_from", "is_active"):
            form[name].data = getattr(known, name)
        form.kinds.data, form.severities.data = known.kinds.split(), known.severities.split()
    return render_template("lms/reportable/rule.html", form=form, known=known), status


# -- one deviation -----------------------------------------------------------------------------------------------------


@bp.get("/deviations/<uuid:deviation_id>/reportable/standing")
@requires(Permission.DEVIATION_SEE)
def standing(deviation_id: UUID) -> ResponseReturnValue:
    """Give the record's page how the deviation stands under each duty, fetched beside the page."""
    facts = deviation(viewer(), deviation_id)
    return render_part(
        "lms/reportable/_standing.html",
        _("To which authority"),
        (url_for("deviations.record", deviation_id=deviation_id), facts.number),
        d=facts,
        standings=queries.of_deviation(viewer(), deviation_id),
        may_decide=bool(facts.severity) and viewer().may(Permission.DEVIATION_TRIAGE, facts.site_id),
        at=clock.now(),
    )


@bp.get("/deviations/<uuid:deviation_id>/reportable")
@requires(Permission.DEVIATION_TRIAGE)
def assess(deviation_id: UUID) -> ResponseReturnValue:
    """Show the duties for one deviation, with what QA decided."""
    return _assess(deviation_id)


@bp.post("/deviations/<uuid:deviation_id>/reportable/<uuid:rule_id>")
@requires(Permission.DEVIATION_TRIAGE)
def decide(deviation_id: UUID, rule_id: UUID) -> ResponseReturnValue:
    """Say whether it is reportable under one duty."""
    form = forms.AssessForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.assess_report,
                viewer(),
                form.reason.data,
                deviation_id,
                rule_id=rule_id,
                version=version_of(form),
                is_reportable=form.reportable.data == "1",
                reason=form.reason.data,
            )
            flash(_("Noted."))
            return redirect(url_for("reportable.assess", deviation_id=deviation_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reason")
    return _assess(deviation_id, status, on=rule_id, assessing=form)


@bp.post("/deviations/<uuid:deviation_id>/reports/<uuid:assessment_id>")
@requires(Permission.DEVIATION_TRIAGE)
def made(deviation_id: UUID, assessment_id: UUID) -> ResponseReturnValue:
    """Note that a report was made."""
    form = forms.ReportForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.note_report,
                viewer(),
                f"reported as {form.reference.data}",
                assessment_id,
                version=version_of(form),
                submitted_on=form.submitted_on.data,
                reference=form.reference.data,
            )
            flash(_("Noted."))
            return redirect(url_for("reportable.assess", deviation_id=deviation_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "reference")
    return _assess(deviation_id, status, on=assessment_id, reporting=form)


def _assess(
    deviation_id: UUID,
    status: int = 200,
    *,
    on: UUID | None = None,
    assessing: forms.AssessForm | None = None,
    reporting: forms.ReportForm | None = None,
) -> ResponseReturnValue:
    facts = deviation(viewer(), deviation_id, Permission.DEVIATION_TRIAGE)
    standings = queries.of_deviation(viewer(), deviation_id)
    today = local_day(clock.now(), facts.zone)
    assess_forms, report_forms = {}, {}
    for standing in standings:
        known = None if standing.is_reportable is None else str(int(standing.is_reportable))
        fresh = forms.AssessForm(None, reportable=known, reason=standing.reason)
        assess_forms[standing.rule.id] = assessing if assessing is not None and on == standing.rule.id else fresh
        assess_forms[standing.rule.id].version.data = standing.version
        if standing.assessment_id is not None:
            submitted = reporting if reporting is not None and on == standing.assessment_id else None
            report = submitted or forms.ReportForm(None, submitted_on=today)
            report.version.data = standing.version
            report_forms[standing.assessment_id] = report
    page = render_template(
        "lms/reportable/assess.html",
        d=facts,
        standings=standings,
        assess_forms=assess_forms,
        report_forms=report_forms,
        at=clock.now(),
        left=left,
    )
    return page, status
