"""Changes of actions: open, extend, put in place, plan how to tell whether it worked, look, cancel."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from lms import signals
from lms.capas import rules
from lms.capas.counting import seen
from lms.capas.models import Capa, CapaExtension, EffectivenessCheck, EffectivenessLook
from lms.capas.rules import Plan, State, Verdict
from lms.capas.settling import settle, tell_owner
from lms.deviations.models import Deviation
from lms.deviations.numbering import CAPAS, NumberGiver
from lms.deviations.rules import CLASSIFIED, with_action
from lms.deviations.taxonomy import CORE, is_known
from lms.extensions import db
from lms.facts import CapaCancelled, CapaExtended, CapaImplemented
from lms.identity.models import Person
from lms.network.models import Site
from lms.network.queries import zone_of
from lms.permissions import Permission
from lms.recurrences.reconciling import key_of, reconcile
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.scope import get_scoped
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command
from lms.web.times import local_day


@command(needs=Permission.CAPA_MANAGE)
def open_capa(
    work: Work,
    deviation_id: UUID,
    *,
    kind: str,
    title: str,
    description: str,
    owner_id: UUID,
    due_on: date,
    follows_id: UUID | None = None,
) -> Capa:
    """Open an action from a classified deviation; its owner is told. Its number is the site's next.

    ``follows_id`` names an action that did not work: it is closed by this one. Raises ``NotAllowed`` for a deviation
    that is not classified, an owner who works elsewhere, a due day that is over, or an action to follow that belongs to
    another deviation.
    """
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.CAPA_MANAGE)
    today = local_day(work.at, zone_of(deviation.site_id))
    if deviation.state not in CLASSIFIED:
        message = f"{deviation.number} is not classified yet. Triage it first: what is not understood is not cured."
        raise NotAllowed(message)
    if kind not in set(rules.Kind):
        raise NotAllowed("Choose what the action is for.", field="kind")
    if not title.strip():
        raise NotAllowed("Say in a few words what is to be done.", field="title")
    if due_on < today:
        raise NotAllowed("This due day is over. Give today or a later one.", field="due_on")
    if not _may_own(owner_id, deviation.site_id, today):
        raise NotAllowed("Choose an owner who works at this site or at the control site.", field="owner")
    capa = Capa(
        number=NumberGiver(work, [deviation.site_id], CAPAS).next(deviation.site_id, today.year),
        site_id=deviation.site_id,
        deviation_id=deviation.id,
        follows_id=follows_id,
        kind=kind,
        title=title.strip(),
        description=description.strip(),
        owner_id=owner_id,
        opened_on=today,
        due_on=due_on,
        state=State.OPEN,
    )
    if follows_id is not None:
        failed = get_scoped(Capa, follows_id, work.actor, Permission.CAPA_MANAGE)
        if failed.state != State.RETURNED or failed.deviation_id != deviation.id:
            message = f"{failed.number} is not an action of this deviation that is back with its owner."
            raise NotAllowed(message)
        failed.state, failed.closed_at = State.CLOSED, work.at
    work.add(capa)
    if deviation.action_needed and deviation.investigated_by_id is not None:
        deviation.state = with_action(deviation.state)
    tell_owner(work, capa, "capa_opened", title=capa.title)
    return capa


@command(needs=Permission.CAPA_MANAGE)
def extend_capa(work: Work, capa_id: UUID, *, version: int, extended_to: date, reason: str, risk: str) -> CapaExtension:
    """Move the due day on, before it is over, with reason, risk and signature. The first due day stays on record."""
    capa = _current(work, capa_id, version)
    if capa.state != State.OPEN:
        message = f"{capa.number} is not open, so its due day does not matter any more."
        raise NotAllowed(message)
    due = capa.extended_to or capa.due_on
    rules.check_extension(due, extended_to, local_day(work.at, zone_of(capa.site_id)))
    if not reason.strip():
        raise NotAllowed("Say why it takes longer: the reason is part of what you sign.", field="reason")
    if not risk.strip():
        raise NotAllowed("Say what may happen meanwhile and what holds it off.", field="risk")
    extension = CapaExtension(
        capa_id=capa.id,
        site_id=capa.site_id,
        from_day=due,
        to_day=extended_to,
        reason=reason.strip(),
        risk=risk.strip(),
    )
    work.add(extension)
    capa.extended_to = extended_to
    sign(work, extension, Meaning.APPROVED, reason=reason.strip())
    work.tell(signals.capa_extended, CapaExtended(capa.id, extended_to))
    return extension


@command(needs=Permission.ACTION_CARRY_OUT)
def implement_capa(work: Work, capa_id: UUID, *, version: int, implemented_on: date, evidence: str) -> Capa:
    """Note that an action is in place, since when and what shows it. By its owner, or by QA of the site.

    From the day after it (and its days of grace) the same deviation counts as having come back after the action (R3).
    """
    capa = db.session.get(Capa, capa_id)
    if capa is None or not (
        capa.owner_id == work.actor.person_id or work.actor.may(Permission.CAPA_MANAGE, capa.site_id)
    ):
        raise NotFound("There is no such action of yours.")
    if capa.version != version:
        raise StaleForm("Somebody changed this action meanwhile. Compare and send again.")
    rules.check_may_become(capa.number, capa.state, State.IMPLEMENTED)
    rules.check_implemented(capa.opened_on, implemented_on, local_day(work.at, zone_of(capa.site_id)))
    if not evidence.strip():
        raise NotAllowed("Say what shows that it is in place.", field="evidence")
    capa.state, capa.implemented_on, capa.evidence = State.IMPLEMENTED, implemented_on, evidence.strip()
    _look_again(work, capa)
    work.tell(signals.capa_implemented, CapaImplemented(capa.id, capa.site_id))
    return capa


@command(needs=Permission.CAPA_MANAGE)
def plan_effectiveness(
    work: Work,
    capa_id: UUID,
    *,
    version: int,
    criterion: str,
    plan: Plan,
    process_step: str = "",
    category: str = "",
    root_cause_class: str = "",
) -> EffectivenessCheck:
    """Declare how it will be told whether the action worked. It can be changed until the first look, never after.

    The three codes say which deviations of the site are counted; an empty one takes all. Raises ``NotAllowed`` for a
    plan that could never tell anything.
    """
    capa = _current(work, capa_id, version)
    if capa.state not in {State.OPEN, State.IMPLEMENTED}:
        rules.check_may_become(capa.number, capa.state, State.CLOSED)
        raise NotAllowed("This action did not work already. Plan the check of the one that follows it.")
    rules.check_plan(plan)
    if not criterion.strip():
        raise NotAllowed("Say in words what would show that it worked.", field="criterion")
    codes = {"process_step": process_step, "category": category, "root_cause_class": root_cause_class}
    for field, code in codes.items():
        if code and not is_known(CORE, field, code):
            raise NotAllowed("Choose from the list.", field=field)
    looked = select(EffectivenessLook.id).where(EffectivenessLook.capa_id == capa_id).limit(1)
    if db.session.scalar(looked) is not None:
        raise NotAllowed("Somebody has looked already. What was declared before stays as it was.")
    check = db.session.scalar(select(EffectivenessCheck).where(EffectivenessCheck.capa_id == capa_id))
    values = {
        **codes,
        "criterion": criterion.strip(),
        "baseline_days": plan.baseline_days,
        "window_days": plan.window_days,
        "window_batches": plan.window_batches,
        "reduction_percent": plan.reduction_percent,
    }
    if check is None:
        check = EffectivenessCheck(capa_id=capa_id, site_id=capa.site_id, **values)
        work.add(check)
    for name, value in values.items():
        setattr(check, name, value)
    if capa.grace_days != plan.grace_days:
        capa.grace_days = plan.grace_days
        _look_again(work, capa)
    return check


@command(needs=Permission.CAPA_MANAGE)
def look_at_effect(work: Work, capa_id: UUID, *, version: int, remark: str) -> EffectivenessLook:
    """Count what happened since the action, as planned, and sign the verdict that follows from it.

    A first look that cannot tell extends the window to twice the batches, once; a second closes the action as *not
    demonstrable*. Raises ``NotAllowed`` before the window is over, unless something shows already that it did not work.
    """
    capa = _current(work, capa_id, version)
    check = db.session.scalar(select(EffectivenessCheck).where(EffectivenessCheck.capa_id == capa_id))
    if check is None:
        raise NotAllowed("Plan first how it will be told whether the action worked.")
    if capa.state != State.IMPLEMENTED:
        message = f"{capa.number} is not in place, or its verdict is known: there is nothing to look at."
        raise NotAllowed(message)
    zone = zone_of(capa.site_id)
    counts = seen(capa, check, zone=zone, today=local_day(work.at, zone))
    verdict = rules.verdict_of(counts.seen, check.reduction_percent)
    early = bool(counts.seen.critical or counts.seen.came_back)
    if counts.missing and not early:
        raise NotAllowed(f"It is too early to tell: {counts.missing}.")
    if not remark.strip():
        raise NotAllowed("Say in a sentence how you read it: it is part of what you sign.", field="remark")
    look = EffectivenessLook(
        capa_id=capa.id,
        site_id=capa.site_id,
        looked_at=work.at,
        before_from=counts.before_from,
        before_to=counts.before_to,
        after_from=counts.after_from,
        after_to=counts.after_to,
        before=counts.seen.before,
        batches_before=counts.seen.batches_before,
        after=counts.seen.after,
        batches_after=counts.seen.batches_after,
        critical=counts.seen.critical,
        came_back=counts.seen.came_back,
        reduction_percent=check.reduction_percent,
        batches_needed=check.batches_needed,
        verdict=verdict,
        remark=remark.strip(),
    )
    work.add(look)
    sign(work, look, Meaning.REVIEWED, reason=remark.strip())
    if verdict is Verdict.NOT_DEMONSTRABLE and check.extended_batches is None:
        check.extended_batches = rules.extended_batches(check.window_batches)
        return look
    if verdict is Verdict.NOT_EFFECTIVE:
        settle(work, capa.id)
    else:
        capa.verdict, capa.state, capa.closed_at = verdict, State.CLOSED, work.at
    return look


@command(needs=Permission.CAPA_MANAGE)
def cancel_capa(work: Work, capa_id: UUID, *, version: int, reason: str) -> Capa:
    """Cancel an open action with a reason, which stands in the trail. It stays on record and its owner is told."""
    capa = _current(work, capa_id, version)
    rules.check_may_become(capa.number, capa.state, State.CANCELLED)
    if not reason.strip():
        raise NotAllowed("Say why it is not needed any more.", field="reason")
    capa.state, capa.closed_at, capa.evidence = State.CANCELLED, work.at, reason.strip()
    tell_owner(work, capa, "capa_cancelled", reason=reason.strip()[:200])
    work.tell(signals.capa_cancelled, CapaCancelled(capa.id, capa.number, reason.strip()))
    return capa


def _may_own(owner_id: UUID, site_id: UUID, today: date) -> bool:
    works_there = or_(Person.site_id == site_id, Site.is_control_site)
    there = select(Person.left_on).join(Site, Site.id == Person.site_id).where(Person.id == owner_id, works_there)
    row = db.session.execute(there).first()
    return row is not None and (row.left_on is None or today < row.left_on)


def _current(work: Work, capa_id: UUID, version: int) -> Capa:
    capa = get_scoped(Capa, capa_id, work.actor, Permission.CAPA_MANAGE)
    if capa.version != version:
        raise StaleForm("Somebody changed this action meanwhile. Compare and send again.")
    return capa


def _look_again(work: Work, capa: Capa) -> None:
    deviation = db.session.get_one(Deviation, capa.deviation_id)
    reconcile(work, [capa.site_id], keys={key_of(deviation)}, touched=[deviation.id])
