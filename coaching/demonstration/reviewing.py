"""The coaches' part of the play: proposals decided, reviews held, agreed and closed, commitments looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from coaching.barriers.commands import finish_system_action
from coaching.barriers.models import SystemAction
from coaching.barriers.rules import DUE_DAYS, Asked, Kind
from coaching.commitments.models import Commitment, CommitmentState
from coaching.follow_up import commands as follow_up
from coaching.follow_up.models import FollowUp
from coaching.reviews import commands as reviews
from coaching.reviews.models import CoachingReview
from coaching.reviews.rules import Agreed
from coaching.scheduling import commands as scheduling
from coaching.triggers import commands as triggers
from coaching.triggers.models import ProposalState, ReviewProposal
from lms.demonstration import truth
from lms.demonstration.chance import chance, logistic
from lms.demonstration.loading import Day
from lms.demonstration.places import texts
from lms.demonstration.staffing import ACCOUNTS
from lms.demonstration.telling import working_moment
from lms.demonstration.world import PersonSpec, month_of
from lms.extensions import db
from lms.permissions import Role

#: Days between two routine reviews of the same person.
ROUTINE_DAYS = (52, 66)
#: Share of routine reviews in which there is nothing to agree on.
NOTHING_TO_AGREE = 0.6
#: The coach with a password leaves what came in the last days undecided, so that somebody finds it.
LEFT_OPEN = timedelta(days=8)
PROPOSED_ONLY = timedelta(days=3)
#: The operator with a password has one last review a week before the end, so that a survey waits; none just before it.
LAST_REVIEW = timedelta(days=7)
QUIET = timedelta(days=42)
#: Routine reviews are put into the calendar in the last weeks only; before that they just happened.
IN_CALENDAR = timedelta(days=45)
#: A follow-up takes place this many days after the review.
FOLLOW_UP_DAYS = (24, 30)
#: Share of system actions that are done before their day.
ACTIONS_DONE = 0.8


@dataclass
class _Memory:
    """What the coaches remember: whom to meet next, and which hours are taken."""

    next_routine: dict[str, date] = field(default_factory=dict)
    seen_until: datetime | None = None
    #: Proposals that a coach has been asked about.
    taken_up: set[UUID] = field(default_factory=set)
    taken: dict[str, set[datetime]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Review:
    """A review in the play. ``key`` is natural: the coachee and the day it was proposed."""

    key: str
    id: UUID
    coach: str
    coachee: PersonSpec
    zone: str
    words: Mapping[str, Any]
    #: Held on the next working day, and closed on the one after.
    soon: bool = False


def found(day: Day) -> None:
    """Coaches bring nothing but their diaries."""
    memory = _Memory(seen_until=day.starts_at)
    day.stage.memory["coaching"] = memory
    for person in day.world.people:
        if person.team is not None:
            first = chance(day.world.seed, "routine", person.employee_no).randint(3, ROUTINE_DAYS[1])
            memory.next_routine[person.employee_no] = person.joined_on + timedelta(days=first)
        if person.login == ACCOUNTS[Role.OPERATOR]:
            day.put(day.world.end - LAST_REVIEW, partial(_last_review, person))


def play(day: Day) -> None:
    """Take up yesterday's proposals, and propose the routine reviews that are due."""
    memory: _Memory = day.stage.memory["coaching"]
    _take_up(day, memory)
    if day.date.weekday() >= 5:
        return
    for person in day.world.people:
        due = memory.next_routine.get(person.employee_no)
        if (
            due is None
            or due > day.date
            or not person.works_on(day.date + timedelta(days=21))
            or _is_quiet(person, day)
        ):
            continue
        rng = chance(day.world.seed, "routine", person.employee_no, day.date.isoformat())
        memory.next_routine[person.employee_no] = day.date + timedelta(days=rng.randint(*ROUTINE_DAYS))
        zone = _zone(day, person.site)
        coaches = _coaches(day, person.site)
        # whoever sits at the site does most of it, a colleague from elsewhere the rest
        coach = coaches[0] if rng.random() < 0.7 else rng.choice(coaches)
        at = working_moment(day.starts_at, 0, zone, rng)
        leaves_open = coach.login == ACCOUNTS[Role.COACH] and day.world.end - at < PROPOSED_ONLY
        day.put(at, partial(_leave_proposed if leaves_open else _routine, person, coach.employee_no))


def _take_up(day: Day, memory: _Memory) -> None:
    new = select(
        ReviewProposal.id, ReviewProposal.coach_id, ReviewProposal.coachee_id, ReviewProposal.deviation_id
    ).where(
        ReviewProposal.state == ProposalState.OPEN,
        ReviewProposal.trigger != "routine",
        ReviewProposal.coach_id.is_not(None),
        ReviewProposal.proposed_at >= memory.seen_until,
    )
    memory.seen_until = day.starts_at
    for row in db.session.execute(new.order_by(ReviewProposal.proposed_at, ReviewProposal.id)).all():
        if row.id in memory.taken_up:
            continue  # proposed in the last minute of a long day: seen on two mornings
        memory.taken_up.add(row.id)
        pair = [person for person in (row[1], row[2]) if person is not None]
        coach, coachee = (day.cast.members[day.cast.employee_no[person]].spec for person in pair)
        if coach.login == ACCOUNTS[Role.COACH] and day.world.end - day.starts_at <= LEFT_OPEN:
            continue
        key = f"review/{day.cast.deviation_key[row.deviation_id]}"
        rng = chance(day.world.seed, key)
        at = working_moment(day.starts_at, rng.randint(0, 2), _zone(day, coachee.site), rng)
        day.put(at, partial(_decide, row.id, key, coach.employee_no, coachee, row.deviation_id))


def _decide(
    proposal_id: UUID, key: str, coach: str, coachee: PersonSpec, deviation_id: UUID, day: Day, at: datetime
) -> None:
    rng = chance(day.world.seed, key, "decide")
    actor = day.cast.actor(coach)
    gone = not coachee.works_on(day.date + timedelta(days=10))
    if rng.random() >= truth.ACCEPTED or gone or _is_quiet(coachee, day):
        reason = rng.choice(texts()["decline"])["reason"]
        day.run(triggers.decline_proposal, actor, at, reason, proposal_id, reason=reason)
        return
    accepted = day.run(triggers.accept_proposal, actor, at, "", proposal_id)
    step = _step_of(day, deviation_id)
    words = [text for text in texts()["review"] if text["process_step"] == step] or list(texts()["review"])
    review = _Review(key, accepted.id, coach, coachee, _zone(day, coachee.site), rng.choice(words))
    _prepare(review, day, at, in_calendar=True)


def _is_quiet(person: PersonSpec, day: Day) -> bool:
    """Whether this is the operator with a password in the weeks before their last review."""
    return person.login == ACCOUNTS[Role.OPERATOR] and day.world.end - day.starts_at <= QUIET


def _last_review(person: PersonSpec, day: Day, at: datetime) -> None:
    zone = _zone(day, person.site)
    coach = next(one for one in _coaches(day, person.site) if one.login == ACCOUNTS[Role.COACH])
    moment = working_moment(at, 0, zone, chance(day.world.seed, "last review"))
    day.put(moment, partial(_routine, person, coach.employee_no, soon=True))


def _propose(person: PersonSpec, coach: str, day: Day, at: datetime) -> ReviewProposal:
    coachee_id = day.cast.id_of(person.employee_no)
    return day.run(triggers.propose_routine_review, day.cast.actor(coach), at, "", coachee_id=coachee_id)


def _leave_proposed(person: PersonSpec, coach: str, day: Day, at: datetime) -> None:
    _propose(person, coach, day, at)


def _routine(person: PersonSpec, coach: str, day: Day, at: datetime, *, soon: bool = False) -> None:
    key = f"routine/{person.employee_no}/{day.date.isoformat()}"
    proposal = _propose(person, coach, day, at)
    actor = day.cast.actor(coach)
    accepted = day.run(triggers.accept_proposal, actor, at + timedelta(minutes=4), "", proposal.id)
    words = chance(day.world.seed, key, "words").choice(texts()["review"])
    review = _Review(key, accepted.id, coach, person, _zone(day, person.site), words, soon)
    _prepare(review, day, at + timedelta(minutes=6), in_calendar=day.world.end - at < IN_CALENDAR)


def _prepare(review: _Review, day: Day, at: datetime, *, in_calendar: bool) -> None:
    """Find a time for both, put it into the calendar, and put what follows on the agenda."""
    rng = chance(day.world.seed, review.key, "times")
    starts_at = _free_time(review, day, at, chance(day.world.seed, review.key, "slot"))
    if in_calendar:
        mode = "video" if day.cast.members[review.coach].spec.site != review.coachee.site else "onsite"
        place = "Coaching room" if mode == "onsite" else "Link in the invitation"
        day.run(
            scheduling.schedule_review,
            day.cast.actor(review.coach),
            at + timedelta(minutes=5),
            "",
            review.id,
            starts_at=starts_at,
            mode=mode,
            place=place,
            agreed_beyond="Agreed on the phone.",  # the play knows hours and limits of its own
        )
    held_at = starts_at + timedelta(minutes=45)
    written_at = max(at + timedelta(minutes=10), starts_at - timedelta(minutes=rng.randint(20, 20 * 60)))
    day.put(written_at, partial(_write, review))
    day.put(held_at, partial(_hold, review))


def _free_time(review: _Review, day: Day, at: datetime, rng: Any) -> datetime:  # noqa: ANN401 - a random.Random
    memory: _Memory = day.stage.memory["coaching"]
    coach = memory.taken.setdefault(review.coach, set())
    coachee = memory.taken.setdefault(review.coachee.employee_no, set())
    days = 1 if review.soon else rng.randint(1, 4)
    while True:
        moment = working_moment(at, days, review.zone, rng).astimezone(ZoneInfo(review.zone))
        # on the full hour, so that two appointments either fall together or do not touch
        start = moment.replace(minute=0, second=0)
        if start > at and start not in coach | coachee:
            coach.add(start)
            coachee.add(start)
            return start
        days += 1


def _write(review: _Review, day: Day, at: datetime) -> None:
    operator = day.cast.actor(review.coachee.employee_no)
    day.run(reviews.write_own_account, operator, at, "", review.id, own_account=review.words["happened"])


def _hold(review: _Review, day: Day, at: datetime) -> None:
    if not review.coachee.works_on(day.date):
        reason = "The operator has left."
        day.run(scheduling.cancel_review, day.cast.actor(review.coach), at, reason, review.id, reason=reason)
        return
    rng = chance(day.world.seed, review.key, "hold")
    on = at.astimezone(ZoneInfo(review.zone)).date()
    after_event = review.key.startswith("review/")
    wanted = review.words["commitments"][: 2 if after_event else int(rng.random() >= NOTHING_TO_AGREE)]
    agreed = [Agreed(one["text"], one["evidence"], on + timedelta(days=rng.choice((7, 10, 14)))) for one in wanted]
    day.run(
        reviews.hold_review,
        day.cast.actor(review.coach),
        at,
        "",
        review.id,
        coach_account=review.words["observation"],
        barrier=review.words["barrier"],
        support_owed=review.words["site_support"],
        support_due_on=on + timedelta(days=21),
        commitments=agreed,
        asked=_asked(review, day, on) if after_event else [],
        follow_up_on=on + timedelta(days=rng.randint(*FOLLOW_UP_DAYS)),
    )
    agreed_at = working_moment(at, 1 if review.soon else rng.choice((0, 1, 1, 2)), review.zone, rng)
    day.put(agreed_at, partial(_agree, review))
    closed_at = agreed_at + timedelta(minutes=10)
    if not review.soon:
        closed_at = working_moment(agreed_at, rng.choice((0, 0, 1)), review.zone, rng)
    day.put(closed_at, partial(_close, review))


def _asked(review: _Review, day: Day, on: date) -> list[Asked]:
    """Ask the lead of the site to take the barrier away."""
    leads = [one for one in day.world.holders(Role.SITE_LEAD, review.coachee.site, day.date) if one.works_on(day.date)]
    own = [one for one in leads if one.site == review.coachee.site]
    if not own:
        return []
    owner_id, due_on = day.cast.id_of(own[0].employee_no), on + timedelta(days=DUE_DAYS)
    return [Asked(Kind.BARRIER, review.words["barrier"], owner_id, "", due_on)]


def _agree(review: _Review, day: Day, at: datetime) -> None:
    operator = day.cast.signing(review.coachee.employee_no, at)
    day.run(reviews.agree_to_review, operator, at, "", review.id, version=_version(review))


def _close(review: _Review, day: Day, at: datetime) -> None:
    coach = day.cast.signing(review.coach, at)
    closed = day.run(reviews.close_review, coach, at, "", review.id, version=_version(review))
    day.stage.memory.setdefault("closed", []).append((review.id, review.coachee, at))
    _mark_follow_up(review, day)
    _see_to_actions(review, day, at)
    if closed.follow_up_on is not None:
        rng = chance(day.world.seed, review.key, "follow-up")
        morning = datetime.combine(closed.follow_up_on, at.time(), at.tzinfo) - timedelta(days=1)
        day.put(working_moment(morning, 1, review.zone, rng), partial(_follow_up, review))


def _mark_follow_up(review: _Review, day: Day) -> None:
    """Note the hours that the follow-up, which was booked by itself, takes in both diaries."""
    memory: _Memory = day.stage.memory["coaching"]
    booked = select(FollowUp.starts_at, FollowUp.ends_at).where(FollowUp.review_id == review.id)
    starts_at, ends_at = db.session.execute(booked).one()
    if starts_at is None or ends_at is None:
        return
    for moment in (starts_at, ends_at - timedelta(minutes=1)):
        hour = moment.astimezone(ZoneInfo(review.zone)).replace(minute=0, second=0, microsecond=0)
        for person in (review.coach, review.coachee.employee_no):
            memory.taken.setdefault(person, set()).add(hour)


def _see_to_actions(review: _Review, day: Day, at: datetime) -> None:
    """Let the owners of what was asked answer before its day, most of them."""
    opened = select(SystemAction.id, SystemAction.due_on, SystemAction.owner_id)
    for number, row in enumerate(db.session.execute(opened.where(SystemAction.review_id == review.id)).all()):
        rng = chance(day.world.seed, review.key, "asked", number)
        if rng.random() < ACTIONS_DONE:
            morning = datetime.combine(row.due_on, at.time(), at.tzinfo) - timedelta(days=rng.randint(1, 6))
            owner = day.cast.employee_no[row.owner_id]
            done = partial(_finish_action, row.id, owner, review.words["site_support"], review.zone)
            day.put(working_moment(morning, 1, review.zone, rng), done)


def _finish_action(action_id: UUID, owner: str, evidence: str, zone: str, day: Day, at: datetime) -> None:
    if not day.cast.members[owner].spec.works_on(day.date):
        return
    version = db.session.get_one(SystemAction, action_id).version
    done_on = at.astimezone(ZoneInfo(zone)).date()
    actor = day.cast.actor(owner)
    day.run(finish_system_action, actor, at, "", action_id, version=version, done_on=done_on, evidence=evidence)


def _follow_up(review: _Review, day: Day, at: datetime) -> None:
    coach = day.cast.actor(review.coach)
    rows = select(Commitment.id, Commitment.due_on, Commitment.shown_by).where(Commitment.review_id == review.id)
    for number, row in enumerate(db.session.execute(rows.order_by(Commitment.position)).all()):
        rng = chance(day.world.seed, review.key, "kept", number)
        state, done_on = _outcome(review, day, row.due_on, rng)
        day.run(
            reviews.verify_commitment,
            coach,
            at,
            "",
            row.id,
            review_id=review.id,
            state=state,
            done_on=done_on,
            evidence=row.shown_by or "Both talked about it.",
        )
    day.run(follow_up.close_follow_up, coach, at + timedelta(minutes=5), "", review.id)


def _outcome(review: _Review, day: Day, due_on: date, rng: Any) -> tuple[CommitmentState, date | None]:  # noqa: ANN401
    """Return what became of a commitment: the team's own share is kept in time, more of it where the climate is better."""
    team = next(team for team in day.world.teams if team.key == review.coachee.team)
    climate = day.world.climate[team.key][month_of(day.date)] - truth.CLIMATE_MEAN
    kept = logistic(4 * (team.follow_through - 0.5) + 0.4 * climate)
    draw = rng.random()
    if draw < kept:
        return CommitmentState.KEPT, due_on - timedelta(days=rng.randint(0, 6))
    if draw < kept + 0.4 * (1 - kept):
        return CommitmentState.KEPT, min(due_on + timedelta(days=rng.randint(1, 10)), day.date)
    if draw < kept + 0.75 * (1 - kept):
        return CommitmentState.PARTLY, None
    return (CommitmentState.NOT_KEPT if draw < kept + 0.93 * (1 - kept) else CommitmentState.OBSOLETE), None


def _version(review: _Review) -> int:
    return db.session.get_one(CoachingReview, review.id).version


def _coaches(day: Day, site: str) -> list[PersonSpec]:
    """Return the coaches of a site, whoever sits there first."""
    found = day.world.holders(Role.COACH, site, day.date)
    return sorted(found, key=lambda person: (person.site != site, person.employee_no))


def _zone(day: Day, site: str) -> str:
    return next(one.zone for one in day.world.sites if one.code == site)


def _step_of(day: Day, deviation_id: UUID) -> str:
    key = day.cast.deviation_key[deviation_id]
    steps = day.stage.memory.setdefault("step of", {event.key: event.process_step for event in day.world.recorded})
    return str(steps[key])
