"""Assigning modules: by curricula and days, after a revision, or by hand. A cycle is a new row; nothing is ever reset."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from lms.extensions import db
from lms.identity.models import Person
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.scope import get_scoped
from lms.unit_of_work import Work, command
from lms.web.times import local_day, show_day
from modules.assignments import rules
from modules.assignments.models import Assignment, AssignmentReason, AssignmentState
from modules.assignments.queries import held_by
from modules.assignments.rules import Held, ToAssign
from modules.curricula.queries import PersonRequirements, required_of_people
from modules.library.queries import module_names, taught_versions
from modules.library.rules import coming_versions, effective_versions


@command(needs=Permission.SYSTEM_RUN)
def assign_due_modules(work: Work) -> str:
    """Assign what curricula ask for today, renew what lapses within the window, and cancel what has lost its point.

    Runs as often as one likes: what is assigned already is not assigned again. Returns one line for the administrator.
    """
    versions = taught_versions()
    held = _by_person_and_module(held_by())
    assigned = cancelled = 0
    people = required_of_people(work.at)
    names = {name.id: name.title for name in module_names()}
    for person in people:
        effective = effective_versions(versions, work.at, person.zone)
        coming = coming_versions(versions, work.at, person.zone)
        today = local_day(work.at, person.zone)
        own = held.get(person.person_id, {})
        for of_module in own.values():
            for one in of_module:
                if one.state == rules.OPEN and (
                    why := rules.to_cancel(one, effective.get(one.module_id), person.of(one.module_id))
                ):
                    _cancel(one.id, why)
                    cancelled += 1
        for required in person.required:
            of_module = own.get(required.module_id, [])
            wanted = rules.to_assign(
                required,
                of_module,
                effective.get(required.module_id),
                coming.get(required.module_id),
                today,
                person.zone,
            )
            if wanted is not None:
                _assign(work, person, required.module_id, wanted, required.curriculum_id, names)
                assigned += 1
    cancelled += _cancel_for_leavers({person.person_id for person in people}, held)
    return f"{assigned} assigned, {cancelled} cancelled"


@command(needs=Permission.SYSTEM_RUN)
def assign_revision(work: Work, module_version_id: str | UUID) -> str:
    """Assign a new version of a module to everybody who holds the module or has to. Follows the approval of its SOP."""
    version_id = UUID(str(module_version_id))
    new = next((version for version in taught_versions() if version.id == version_id), None)
    if new is None:
        raise NotFound("There is no such module version, or its SOP version is not approved.")
    held = _by_person_and_module(held_by([new.module_id]))
    names = {name.id: name.title for name in module_names([new.module_id])}
    assigned = 0
    for person in required_of_people(work.at):
        required = person.of(new.module_id)
        own = held.get(person.person_id, {}).get(new.module_id, [])
        wanted = rules.retraining(required, own, new, work.at, person.zone)
        if wanted is None:
            continue
        if wanted.replaces is not None:
            _cancel(wanted.replaces, f"Version {new.number} takes its place.")
        _assign(work, person, new.module_id, wanted.assign, required.curriculum_id if required else None, names)
        assigned += 1
    return f"{assigned} assigned"


@command(needs=Permission.ASSIGNMENT_MANAGE)
def assign_module(work: Work, module_id: UUID, person_ids: Collection[UUID], *, due_on: date) -> list[Assignment]:
    """Assign a module by hand. Raises ``NotFound`` for people at other sites, ``NotAllowed`` if one has it open."""
    if not person_ids:
        raise NotAllowed("Choose at least one person.", field="people")
    versions = taught_versions([module_id])
    held = _by_person_and_module(held_by([module_id], person_ids))
    names = {name.id: name.title for name in module_names([module_id])}
    made = []
    people = {person.person_id: person for person in required_of_people(work.at, person_ids)}
    for person_id in person_ids:
        get_scoped(Person, person_id, work.actor, Permission.ASSIGNMENT_MANAGE)
        person = people.get(person_id)
        if person is None:
            raise NotAllowed("One of these people is not at work any more.", field="people")
        own = held.get(person_id, {}).get(module_id, [])
        effective = effective_versions(versions, work.at, person.zone).get(module_id)
        target = effective or coming_versions(versions, work.at, person.zone).get(module_id)
        rules.check_can_assign(
            taught=target is not None,
            open_already=any(h.state == rules.OPEN for h in own),
            due_on=due_on,
            today=local_day(work.at, person.zone),
        )
        assert target is not None  # noqa: S101 - checked by the rule above
        cycle = max((h.cycle for h in own), default=0) + 1
        wanted = ToAssign(target.id, AssignmentReason.MANUAL, due_on, cycle)
        made.append(_assign(work, person, module_id, wanted, None, names))
    return made


def assign_each(
    work: Work, module_id: UUID, person_ids: Collection[UUID], *, due_on: date, again: bool = True
) -> dict[UUID, UUID]:
    """Assign a module inside another command and return the assignment of each person; called twice, it assigns once.

    Whoever has it open keeps that one, due on the earlier of both days; whoever is not at work is left out. With
    ``again=False`` whoever completed it is left out too. The caller has checked who asks. Raises ``NotAllowed`` for a
    module that is not taught yet or a due day that is over.
    """
    versions = taught_versions([module_id])
    held = _by_person_and_module(held_by([module_id], person_ids))
    names = {name.id: name.title for name in module_names([module_id])}
    given: dict[UUID, UUID] = {}
    for person in required_of_people(work.at, person_ids):
        own = held.get(person.person_id, {}).get(module_id, [])
        effective = effective_versions(versions, work.at, person.zone).get(module_id)
        target = effective or coming_versions(versions, work.at, person.zone).get(module_id)
        today = local_day(work.at, person.zone)
        rules.check_can_assign(taught=target is not None, open_already=False, due_on=due_on, today=today)
        assert target is not None  # noqa: S101 - checked by the rule above
        still_open = next((h for h in own if h.state == rules.OPEN and h.number >= target.number), None)
        if still_open is not None:
            assignment = db.session.get_one(Assignment, still_open.id)
            assignment.due_on = min(assignment.due_on, due_on)
            given[person.person_id] = assignment.id
        elif again or all(h.state != rules.COMPLETED for h in own):
            wanted = ToAssign(target.id, AssignmentReason.MANUAL, due_on, max((h.cycle for h in own), default=0) + 1)
            made = _assign(work, person, module_id, wanted, None, names)
            db.session.flush()
            given[person.person_id] = made.id
    return given


def withdraw_each(assignment_ids: Collection[UUID], why: str) -> int:
    """Cancel what is still open of some assignments, inside another command, and return how many that were."""
    open_ = select(Assignment.id).where(Assignment.id.in_(assignment_ids), Assignment.state == AssignmentState.OPEN)
    found = db.session.scalars(open_).all()
    for assignment_id in found:
        _cancel(assignment_id, why)
    return len(found)


@command(needs=Permission.ASSIGNMENT_MANAGE)
def cancel_assignment(work: Work, assignment_id: UUID, *, version: int) -> Assignment:
    """Cancel an open assignment; the reason of the command says why. Raises ``NotAllowed`` without one."""
    assignment = get_scoped(Assignment, assignment_id, work.actor, Permission.ASSIGNMENT_MANAGE)
    if assignment.version != version:
        raise StaleForm("This assignment changed meanwhile. Reload and look again.")
    if assignment.state != AssignmentState.OPEN:
        raise NotAllowed("Only an open assignment can be cancelled.")
    if not work.reason.strip():
        raise NotAllowed("Say why it is cancelled.", field="reason")
    _cancel(assignment.id, work.reason.strip())
    return assignment


def _assign(
    work: Work,
    person: PersonRequirements,
    module_id: UUID,
    wanted: ToAssign,
    curriculum_id: UUID | None,
    names: Mapping[UUID, str],
) -> Assignment:
    assignment = Assignment(
        person_id=person.person_id,
        site_id=person.site_id,
        module_id=module_id,
        module_version_id=wanted.module_version_id,
        curriculum_id=curriculum_id,
        cycle=wanted.cycle,
        reason=wanted.reason,
        assigned_at=work.at,
        due_on=wanted.due_on,
        state=AssignmentState.OPEN,
    )
    work.add(assignment)
    notify(
        work,
        person.person_id,
        "training_assigned",
        f"/training/{assignment.id}",
        module=names[module_id],
        due=show_day(wanted.due_on),
    )
    return assignment


def _cancel(assignment_id: UUID, why: str) -> None:
    assignment = db.session.get_one(Assignment, assignment_id)
    assignment.state = AssignmentState.CANCELLED
    assignment.evidence = {"cancelled_because": why}


def _cancel_for_leavers(at_work: set[UUID], held: Mapping[UUID, Mapping[UUID, list[Held]]]) -> int:
    """Cancel what people who left had open; their record stays as it was on their last day."""
    open_ = [
        one.id
        for person_id, by_module in held.items()
        if person_id not in at_work
        for of_module in by_module.values()
        for one in of_module
        if one.state == rules.OPEN
    ]
    for assignment_id in open_:
        _cancel(assignment_id, "The person is not at work any more.")
    return len(open_)


def _by_person_and_module(held: Collection[Held]) -> dict[UUID, dict[UUID, list[Held]]]:
    found: dict[UUID, dict[UUID, list[Held]]] = {}
    for one in held:
        found.setdefault(one.person_id, {}).setdefault(one.module_id, []).append(one)
    return found
