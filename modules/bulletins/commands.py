"""Changes of bulletins: drafted by the control site, approved by a trainer, studied where the step is run."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select

from lms import signals
from lms.deviations.models import Deviation
from lms.deviations.numbering import NumberGiver
from lms.deviations.rules import State as DeviationState
from lms.extensions import db
from lms.facts import BulletinApproved, CheckQuestion
from lms.permissions import Permission
from lms.refusals import NoPermission, NotAllowed, NotFound, StaleForm
from lms.scope import get_scoped
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command
from lms.web.times import local_day
from modules.assignments.commands import assign_each, withdraw_each
from modules.assignments.models import Assignment
from modules.bulletins import rules
from modules.bulletins.models import Bulletin, BulletinSite
from modules.bulletins.queries import chosen_sites, control_site, readers_at, secrets_of, site_facts, text_of
from modules.bulletins.rules import State, Text
from modules.documents.commands import draft_document_version, put_into_effect, send_to_review
from modules.library.commands import create_module
from modules.library.models import ModulePart, ModuleVersion, PartKind

SERIES = "BUL"
STATEMENT = "I have read this bulletin and know what to look for at the bench."


@command(needs=Permission.BULLETIN_DRAFT)
def draft_bulletin(
    work: Work, deviation_id: UUID, *, text: Text, due_on: date, sites: Collection[UUID], site_reason: str = ""
) -> Bulletin:
    """Draft a bulletin from a closed deviation, for the sites that run its step or those chosen by hand with a reason.

    Raises ``NotAllowed`` while the text tells who, where or when, or for a deviation that is not closed.
    """
    _for_the_network(work, Permission.BULLETIN_DRAFT)
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.DEVIATION_SEE)
    if deviation.state != DeviationState.CLOSED:
        message = f"{deviation.number} is not closed yet. Others learn from what is understood: close it first."
        raise NotAllowed(message)
    control_id, zone = control_site()
    today = local_day(work.at, zone)
    bulletin = Bulletin(
        number=NumberGiver(work, [control_id], SERIES).next(control_id, today.year),
        deviation_id=deviation.id,
        process_step=deviation.process_step,
        category=deviation.category,
        state=State.DRAFT,
        drafted_by_id=work.actor.person_id,
        drafted_at=work.at,
        writers=[],
        remark="",
    )
    _write(work, bulletin, text, due_on, today)
    work.add(bulletin)
    db.session.flush()
    _decide(work, bulletin, sites, site_reason)
    return bulletin


@command(needs=Permission.BULLETIN_DRAFT)
def edit_bulletin(
    work: Work,
    bulletin_id: UUID,
    *,
    version: int,
    text: Text,
    due_on: date,
    sites: Collection[UUID],
    site_reason: str = "",
) -> Bulletin:
    """Change a draft and the sites it goes to. Raises ``NotAllowed`` once it is in review, or while the text tells too much."""
    bulletin = _current(work, bulletin_id, version, Permission.BULLETIN_DRAFT)
    rules.check_state(bulletin.number, bulletin.state, State.DRAFT)
    _write(work, bulletin, text, due_on, _today(work))
    _decide(work, bulletin, sites, site_reason)
    return bulletin


@command(needs=Permission.BULLETIN_DRAFT)
def send_bulletin(work: Work, bulletin_id: UUID, *, version: int) -> Bulletin:
    """Hand a draft to a trainer. What it must not tell is checked anew: somebody may have joined since it was written."""
    bulletin = _current(work, bulletin_id, version, Permission.BULLETIN_DRAFT)
    rules.check_state(bulletin.number, bulletin.state, State.DRAFT)
    rules.check_anonymous(text_of(bulletin), secrets_of(bulletin.deviation_id))
    bulletin.state, bulletin.remark = State.IN_REVIEW, ""
    return bulletin


@command(needs=Permission.BULLETIN_APPROVE)
def return_bulletin(work: Work, bulletin_id: UUID, *, version: int, reason: str) -> Bulletin:
    """Give a bulletin in review back with what should change."""
    bulletin = _current(work, bulletin_id, version, Permission.BULLETIN_APPROVE)
    rules.check_state(bulletin.number, bulletin.state, State.IN_REVIEW)
    if not reason.strip():
        raise NotAllowed("Say what should change.", field="reason")
    bulletin.state, bulletin.remark = State.DRAFT, reason.strip()
    return bulletin


@command(needs=Permission.BULLETIN_APPROVE)
def approve_bulletin(work: Work, bulletin_id: UUID, *, version: int) -> Bulletin:
    """Approve a bulletin with a signature: its module is made and assigned where the step is run, with the due day.

    Raises ``NotAllowed`` to whoever wrote or edited it, and while the text tells too much.
    """
    bulletin = _current(work, bulletin_id, version, Permission.BULLETIN_APPROVE)
    rules.check_state(bulletin.number, bulletin.state, State.IN_REVIEW)
    rules.check_approver(work.actor.person_id, bulletin.writers)
    rules.check_due(bulletin.due_on, _today(work))
    text = text_of(bulletin)
    rules.check_anonymous(text, secrets_of(bulletin.deviation_id))
    draft = draft_document_version(
        work,
        code=bulletin.number,
        title=text.title,
        source=rules.source_of(text),
        risk_class="quiz" if text.questions else "read",
        author_id=bulletin.drafted_by_id,
    )
    send_to_review(work, draft.id)
    put_into_effect(work, draft, effective_on=local_day(work.at, work.actor.zone))
    module = create_module(work, code=bulletin.number, title=text.title, document_id=draft.document_id, minutes=5)
    sign_off = select(ModulePart).join(ModuleVersion, ModuleVersion.id == ModulePart.module_version_id)
    sign_off = sign_off.where(ModuleVersion.module_id == module.id, ModulePart.kind == PartKind.SIGN_OFF)
    db.session.scalars(sign_off).one().statement = STATEMENT
    bulletin.module_id, bulletin.state = module.id, State.APPROVED
    bulletin.approved_by_id, bulletin.approved_at = work.actor.person_id, work.at
    sign(work, bulletin, Meaning.APPROVED)
    questions = tuple(CheckQuestion(one.stem, one.right, one.wrong, one.why) for one in text.questions)
    work.tell(
        signals.bulletin_approved,
        BulletinApproved(bulletin.id, bulletin.number, text.title, module.id, draft.document_id, questions),
    )
    _assign(work, bulletin)
    return bulletin


@command(needs=Permission.BULLETIN_APPROVE)
def assign_bulletin(work: Work, bulletin_id: UUID) -> int:
    """Assign an approved bulletin to whoever joined its sites since; return how many. Whoever has or had it is left alone."""
    bulletin = _found(work, bulletin_id, Permission.BULLETIN_APPROVE)
    rules.check_state(bulletin.number, bulletin.state, State.APPROVED)
    return _assign(work, bulletin)


@command(needs=Permission.BULLETIN_DRAFT)
def withdraw_bulletin(work: Work, bulletin_id: UUID, *, version: int, reason: str) -> Bulletin:
    """Withdraw a bulletin with a reason. What is open of its training is withdrawn too; what was completed stays."""
    bulletin = _current(work, bulletin_id, version, Permission.BULLETIN_DRAFT)
    if bulletin.state == State.WITHDRAWN:
        rules.check_state(bulletin.number, bulletin.state, State.APPROVED)
    if not reason.strip():
        raise NotAllowed("Say why it is withdrawn.", field="reason")
    bulletin.state, bulletin.remark = State.WITHDRAWN, reason.strip()
    withdraw_each(_open_of(bulletin, None), f"{bulletin.number} was withdrawn: {reason.strip()}")
    return bulletin


@command(needs=Permission.BULLETIN_ANSWER)
def answer_not_applicable(work: Work, bulletin_id: UUID, site_id: UUID, *, reason: str) -> BulletinSite:
    """Say for one's site that a bulletin does not apply there, and why; what is open of its training there is withdrawn."""
    if not work.actor.may(Permission.BULLETIN_ANSWER, site_id):
        raise NotFound("There is no such bulletin for your sites.")
    statement = select(BulletinSite).where(
        BulletinSite.bulletin_id == bulletin_id, BulletinSite.site_id == site_id, BulletinSite.chosen
    )
    row = db.session.scalar(statement)
    bulletin = db.session.get(Bulletin, bulletin_id)
    if row is None or bulletin is None or bulletin.approved_at is None:
        raise NotFound("There is no such bulletin for your sites.")
    rules.check_state(bulletin.number, bulletin.state, State.APPROVED)
    if row.not_applicable:
        raise NotAllowed("Somebody of this site said so already.")
    if not reason.strip():
        raise NotAllowed("Say why it does not apply here.", field="reason")
    row.not_applicable, row.answered_by_id, row.answered_at = reason.strip(), work.actor.person_id, work.at
    withdraw_each(_open_of(bulletin, site_id), f"{bulletin.number} does not apply here: {reason.strip()}")
    return row


def _assign(work: Work, bulletin: Bulletin) -> int:
    """Assign a bulletin at its sites to whoever never had it; a second time assigns nothing."""
    assert bulletin.module_id is not None  # noqa: S101 - set with the approval
    db.session.flush()
    sites = {row.site_id for row in chosen_sites(bulletin.id) if row.chosen and not row.not_applicable}
    had = set(db.session.scalars(select(Assignment.person_id).where(Assignment.module_id == bulletin.module_id)))
    new = [one for one in readers_at(bulletin.process_step, sites, work.at) if one not in had]
    due_on = max(bulletin.due_on, _today(work))
    return len(assign_each(work, bulletin.module_id, new, due_on=due_on, again=False)) if new else 0


def _open_of(bulletin: Bulletin, site_id: UUID | None) -> list[UUID]:
    if bulletin.module_id is None:
        return []
    own = select(Assignment.id).where(Assignment.module_id == bulletin.module_id)
    return list(db.session.scalars(own.where(Assignment.site_id == site_id) if site_id else own))


def _write(work: Work, bulletin: Bulletin, text: Text, due_on: date, today: date) -> None:
    rules.check_text(text)
    rules.check_anonymous(text, secrets_of(bulletin.deviation_id))
    rules.check_due(due_on, today)
    for name in rules.TEXTS:
        setattr(bulletin, name, getattr(text, name).strip())
    bulletin.questions, bulletin.due_on = [one.plain() for one in text.questions], due_on
    if str(work.actor.person_id) not in bulletin.writers:
        bulletin.writers = [*bulletin.writers, str(work.actor.person_id)]


def _decide(work: Work, bulletin: Bulletin, chosen: Collection[UUID], reason: str) -> None:
    proposals = rules.propose(site_facts(bulletin.process_step, work.at))
    kept = {row.site_id: row for row in chosen_sites(bulletin.id)}
    for one in rules.decided(proposals, chosen, reason):
        row = kept.get(one.site_id)
        if row is None:
            row = BulletinSite(bulletin_id=bulletin.id, site_id=one.site_id, not_applicable="")
            work.add(row)
        row.chosen, row.by_hand, row.reason = one.chosen, one.by_hand, one.reason


def _for_the_network(work: Work, permission: Permission) -> None:
    if work.actor.sites_for(permission) is not None:
        raise NoPermission("A bulletin goes to the whole network: it is written and approved there.")


def _found(work: Work, bulletin_id: UUID, permission: Permission) -> Bulletin:
    bulletin = db.session.get(Bulletin, bulletin_id)
    if bulletin is None:
        raise NotFound("There is no such bulletin.")
    _for_the_network(work, permission)
    return bulletin


def _current(work: Work, bulletin_id: UUID, version: int, permission: Permission) -> Bulletin:
    bulletin = _found(work, bulletin_id, permission)
    if bulletin.version != version:
        raise StaleForm("Somebody changed this bulletin meanwhile. Compare and send again.")
    return bulletin


def _today(work: Work) -> date:
    return local_day(work.at, control_site()[1])
