"""Actions that are training: asked for, kept true to who works there, confirmed by the completions, withdrawn."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from lms.capas.commands import implement_capa, open_capa
from lms.capas.models import Capa
from lms.capas.rules import Kind
from lms.capas.settling import tell_owner
from lms.deviations.models import Deviation
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Team
from lms.network.queries import zone_of
from lms.permissions import Permission, Role
from lms.refusals import NotAllowed, NotFound
from lms.scope import get_scoped
from lms.unit_of_work import Work, command
from lms.web.times import local_day
from modules.action_training import rules
from modules.action_training.models import ActionTrainee, ActionTraining
from modules.action_training.queries import last_day, people_asked, trainees_of
from modules.action_training.rules import Audience, Chosen, State, Trainee
from modules.assignments.commands import assign_each, withdraw_each
from modules.assignments.models import Assignment, AssignmentState
from modules.curricula.models import Task
from modules.library.models import Module
from modules.library.queries import taught_versions
from modules.library.rules import effective_versions


@command(needs=Permission.CAPA_MANAGE)
def open_training_action(
    work: Work,
    deviation_id: UUID,
    *,
    title: str,
    description: str,
    owner_id: UUID,
    due_on: date,
    module_id: UUID,
    chosen: Chosen,
) -> Capa:
    """Open an action that asks a team, a role, the people of a task or the whole site to complete a module by its due day.

    Raises ``NotAllowed`` if nobody belongs to that choice, the module is not taught yet, or the action may not be opened.
    """
    deviation = get_scoped(Deviation, deviation_id, work.actor, Permission.CAPA_MANAGE)
    if db.session.get(Module, module_id) is None:
        raise NotAllowed("Choose a module.", field="module")
    _check_chosen(deviation.site_id, chosen)
    people = people_asked(deviation.site_id, chosen, at=work.at, zone=zone_of(deviation.site_id))
    rules.check_asked(len(people))
    capa = open_capa(
        work,
        deviation_id,
        kind=Kind.TRAINING,
        title=title,
        description=description,
        owner_id=owner_id,
        due_on=due_on,
    )
    db.session.flush()
    training = ActionTraining(
        capa_id=capa.id,
        site_id=capa.site_id,
        module_id=module_id,
        audience=chosen.audience,
        team_id=chosen.team_id,
        role=chosen.role,
        task_id=chosen.task_id,
        asked_at=work.at,
        state=State.OPEN,
    )
    work.add(training)
    db.session.flush()
    for person_id, assignment_id in assign_each(work, module_id, people, due_on=due_on).items():
        work.add(
            ActionTrainee(
                training_id=training.id, site_id=capa.site_id, person_id=person_id, assignment_id=assignment_id
            )
        )
    return capa


@command(needs=Permission.ACTION_CARRY_OUT)
def confirm_training(work: Work, capa_id: UUID, *, version: int) -> Capa:
    """Put an action that is training in place, with the completions as its evidence. By its owner, or by QA of the site.

    Raises ``NotAllowed`` while anybody who is counted has not completed the module.
    """
    training = db.session.scalar(select(ActionTraining).where(ActionTraining.capa_id == capa_id))
    if training is None:
        raise NotFound("There is no such action of yours.")
    take_out_who_is_gone(work, training)
    capa = db.session.get_one(Capa, capa_id)
    trainees = _trainees(training)
    rules.check_complete(capa.number, rules.progress_of(trainees))
    module = db.session.get_one(Module, training.module_id)
    evidence = rules.evidence_of(f"{module.code} {module.title}", trainees)
    implement_capa(work, capa_id, version=version, implemented_on=last_day(trainees), evidence=evidence)
    training.state = State.CONFIRMED
    return capa


@command(needs=Permission.SYSTEM_RUN)
def keep_action_trainings(work: Work) -> str:
    """Take out who left or has another place in the work, renew what a new version replaced, and tell owners who can confirm.

    Runs as often as one likes: what is true already is not changed. Returns one line for the administrator.
    """
    open_ = db.session.scalars(select(ActionTraining).where(ActionTraining.state == State.OPEN)).all()
    taken_out = 0
    for training in open_:
        taken_out += take_out_who_is_gone(work, training)
        tell_if_complete(work, training)
    return f"{taken_out} taken out of {len(open_)} trainings of actions"


def take_out_who_is_gone(work: Work, training: ActionTraining) -> int:
    """Take out of a training whoever has lost their place in it and return how many; their open assignment is withdrawn.

    Whose assignment gave way to a newer version of the SOP gets that version assigned and stays in.
    """
    zone = zone_of(training.site_id)
    today = local_day(work.at, zone)
    chosen = Chosen(training.audience, training.team_id, training.role, training.task_id)
    belonging = set(people_asked(training.site_id, chosen, at=work.at, zone=zone))
    done = {one.person_id for one in _trainees(training) if one.completed_on is not None}
    rows = db.session.execute(
        select(ActionTrainee, Assignment, Person)
        .join(Assignment, Assignment.id == ActionTrainee.assignment_id)
        .join(Person, Person.id == ActionTrainee.person_id)
        .where(ActionTrainee.training_id == training.id, ActionTrainee.out_because == "")
    ).all()
    holding = effective_versions(taught_versions([training.module_id]), work.at, zone).get(training.module_id)
    taken_out = 0
    for trainee, assignment, person in rows:
        if person.id in done:
            continue
        outdated = holding is not None and assignment.module_version_id != holding.id
        if assignment.state == AssignmentState.CANCELLED and outdated and person.id in belonging:
            due_on = max(assignment.due_on, today)
            trainee.assignment_id = assign_each(work, training.module_id, [person.id], due_on=due_on)[person.id]
            continue
        cancelled = assignment.state == AssignmentState.CANCELLED
        why = rules.why_out(
            left_on=person.left_on,
            today=today,
            at_site=person.site_id == training.site_id,
            in_audience=person.id in belonging,
            cancelled_because=str(assignment.evidence.get("cancelled_because", "")) if cancelled else None,
        )
        if why:
            trainee.out_because = why
            withdraw_each([assignment.id], why)
            taken_out += 1
    db.session.flush()
    return taken_out


def tell_if_complete(work: Work, training: ActionTraining) -> None:
    """Tell the owner of an action, once, that everybody has completed its training."""
    progress = rules.progress_of(_trainees(training))
    if progress.complete and training.told_at is None:
        training.told_at = work.at
        capa = db.session.get_one(Capa, training.capa_id)
        tell_owner(work, capa, "training_complete", people=str(progress.of))


def withdraw_training(work: Work, capa_id: UUID, why: str) -> None:
    """Withdraw what is still open of the training of a cancelled action, if it asks for one."""
    training = db.session.scalar(select(ActionTraining).where(ActionTraining.capa_id == capa_id))
    if training is None or training.state != State.OPEN:
        return
    training.state = State.WITHDRAWN
    done = {one.person_id for one in _trainees(training) if one.completed_on is not None}
    trainees = db.session.scalars(select(ActionTrainee).where(ActionTrainee.training_id == training.id))
    still = [one for one in trainees if one.person_id not in done and not one.out_because]
    for trainee in still:
        trainee.out_because = why
    withdraw_each([trainee.assignment_id for trainee in still], why)


def move_due_day(capa_id: UUID, due_on: date) -> None:
    """Give what is still open of an action's training the action's new due day."""
    asked = (
        select(Assignment)
        .join(ActionTrainee, ActionTrainee.assignment_id == Assignment.id)
        .join(ActionTraining, ActionTraining.id == ActionTrainee.training_id)
        .where(ActionTraining.capa_id == capa_id, Assignment.state == AssignmentState.OPEN)
    )
    for assignment in db.session.scalars(asked):
        assignment.due_on = due_on


def _trainees(training: ActionTraining) -> tuple[Trainee, ...]:
    return trainees_of(training.id, training.module_id, training.asked_at, zone_of(training.site_id))


def _check_chosen(site_id: UUID, chosen: Chosen) -> None:
    match chosen.audience:
        case Audience.SITE:
            return
        case Audience.TEAM:
            team = db.session.get(Team, chosen.team_id) if chosen.team_id else None
            if team is None or team.site_id != site_id:
                raise NotAllowed("Choose a team of this site.", field="team")
        case Audience.ROLE:
            if chosen.role not in set(Role):
                raise NotAllowed("Choose a role.", field="role")
        case Audience.TASK:
            if chosen.task_id is None or db.session.get(Task, chosen.task_id) is None:
                raise NotAllowed("Choose a task.", field="task")
        case _:
            raise NotAllowed("Choose by what people are asked.", field="audience")
