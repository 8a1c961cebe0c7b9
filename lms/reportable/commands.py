"""Changes of duties to report and of what was decided under them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from lms.calendars.queries import free_days
from lms.deviations.models import Deviation
from lms.deviations.rules import CLASSIFIED
from lms.extensions import db
from lms.network.queries import zone_of
from lms.permissions import Permission
from lms.refusals import NoPermission, NotAllowed, NotFound, StaleForm
from lms.reportable import rules
from lms.reportable.models import ReportAssessment, ReportingRule
from lms.reportable.queries import keeps_rules
from lms.scope import get_scoped
from lms.unit_of_work import Work, command
from lms.web.times import local_day


@command(needs=Permission.REPORTING_RULE_MANAGE)
def take_over_standard_rules(work: Work) -> int:
    """Take over the duties that a network begins with, where they are not written down yet; return how many are new."""
    _check_control_site(work)
    known = {(row[0], row[1]) for row in db.session.execute(select(ReportingRule.authority, ReportingRule.what))}
    new = [duty for duty in rules.STANDARD if (duty.authority, duty.what) not in known]
    for duty in new:
        work.add(ReportingRule(**_columns(duty), is_active=True))
    return len(new)


@command(needs=Permission.REPORTING_RULE_MANAGE)
def keep_rule(
    work: Work, rule_id: UUID | None, *, duty: rules.Duty, is_active: bool = True, version: int = 0
) -> ReportingRule:
    """Write down a duty, or change one. What was decided under it keeps its day. Only QA of the control site may."""
    _check_control_site(work)
    rules.check_duty(duty)
    same = select(ReportingRule.id).where(
        ReportingRule.authority == duty.authority.strip(), ReportingRule.what == duty.what.strip()
    )
    if db.session.scalar(same) not in {None, rule_id}:
        raise NotAllowed("This is written down already. Change that one.", field="what")
    if rule_id is None:
        rule = ReportingRule(**_columns(duty), is_active=is_active)
        work.add(rule)
        return rule
    found = db.session.get(ReportingRule, rule_id)
    if found is None:
        raise NotFound("There is no such reporting rule.")
    if found.version != version:
        raise StaleForm("Somebody changed this rule meanwhile. Compare and send again.")
    for name, value in {**_columns(duty), "is_active": is_active}.items():
        setattr(found, name, value)
    return found


@command(needs=Permission.DEVIATION_TRIAGE)
def assess_report(
    work: Work, deviation_id: UUID, *, rule_id: UUID, version: int, is_reportable: bool, reason: str
) -> ReportAssessment:
    """Say whether a classified deviation is reportable under a rule, and why. A yes sets the day by which.

    ``version`` is that of the decision shown, 0 if there was none. Raises ``NotAllowed`` for what is not classified, and
    for taking back a report that was made.
    """
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.DEVIATION_TRIAGE)
    rule = db.session.get(ReportingRule, rule_id)
    if rule is None:
        raise NotFound("There is no such reporting rule.")
    if deviation.state not in CLASSIFIED:
        message = f"{deviation.number} is not classified. Triage it first."
        raise NotAllowed(message)
    if not reason.strip():
        raise NotAllowed("Say why.", field="reason")
    of_pair = select(ReportAssessment).where(
        ReportAssessment.deviation_id == deviation_id, ReportAssessment.rule_id == rule_id
    )
    made = db.session.scalar(of_pair)
    if (made.version if made is not None else 0) != version:
        raise StaleForm("Somebody decided on this meanwhile. Look again before you decide.")
    if made is not None and made.submitted_on is not None:
        raise NotAllowed("The report was made. What is wrong with it is told to the authority, not taken back here.")
    due = _due(deviation, rule) if is_reportable else None
    if made is None:
        made = ReportAssessment(deviation_id=deviation_id, site_id=deviation.site_id, rule_id=rule_id, reference="")
        work.add(made)
    made.is_reportable, made.reason, made.due_at = is_reportable, reason.strip(), due
    made.decided_at, made.decided_by_id = work.at, work.actor.person_id
    return made


@command(needs=Permission.DEVIATION_TRIAGE)
def note_report(
    work: Work, assessment_id: UUID, *, version: int, submitted_on: date, reference: str
) -> ReportAssessment:
    """Note that the report was made: on which day, and under which number the authority knows it."""
    made = get_scoped(ReportAssessment, assessment_id, work.actor, Permission.DEVIATION_TRIAGE)
    if made.version != version:
        raise StaleForm("Somebody changed this meanwhile. Look again.")
    if not made.is_reportable:
        raise NotAllowed("QA said that it is not reportable. Decide anew first.")
    zone = zone_of(made.site_id)
    today = local_day(work.at, zone)
    rules.check_submission(submitted_on, reference, local_day(made.decided_at, zone), today)
    made.submitted_on, made.reference = submitted_on, reference.strip()
    return made


def _due(deviation: Deviation, rule: ReportingRule) -> datetime:
    moments = rules.Moments(deviation.occurred_at, deviation.detected_at, deviation.triaged_at)
    start, zone = rules.start_of(rule.starts_from, moments), zone_of(deviation.site_id)
    return rules.due_at(start, rule.days, rule.day_kind, zone, free_days(deviation.site_id, local_day(start, zone)))


def _columns(duty: rules.Duty) -> dict[str, object]:
    given = asdict(duty)
    words = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
    return {**words, "kinds": " ".join(duty.kinds), "severities": " ".join(duty.severities)}


def _check_control_site(work: Work) -> None:
    if not keeps_rules(work.actor):
        raise NoPermission("Reporting rules are the same for all sites: QA of the control site keeps them.")
