"""Keeping what matching asks of a person."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from coaching.matching import rules
from coaching.matching.models import CoachingProfile
from coaching.matching.rules import CAPS, Share
from coaching.scheduling.models import MeetingLimits
from coaching.scheduling.rules import Limits
from lms.deviations.taxonomy import PROCESS_STEPS
from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command


@command(needs=Permission.HOME_SEE)
def keep_coaching_profile(
    work: Work,
    person_id: UUID,
    *,
    share: str,
    languages: Collection[str],
    subjects: Collection[str],
    line_manager_id: UUID | None = None,
) -> CoachingProfile:
    """Keep what matching asks of a person: by the coach themself, or by whoever keeps the people of their site.

    A coach does not change who their line manager is. Raises ``NotFound`` for anybody else's page, ``NotAllowed`` for a
    code that is not in the list.
    """
    person = db.session.get(Person, person_id)
    keeps_people = person is not None and work.actor.may(Permission.PEOPLE_MANAGE, person.site_id)
    own = person is not None and person.id == work.actor.person_id and work.actor.may(Permission.REVIEW_COACH)
    if person is None or not (keeps_people or own):
        raise NotFound("There is no such person at your sites.")
    if share not in set(Share):
        raise NotAllowed("Choose what share of their work they coach.", field="share")
    rules.check_named(languages, subjects)
    if set(subjects) - set(PROCESS_STEPS):
        raise NotAllowed("Choose process steps from the list.", field="subjects")
    profile = db.session.scalar(select(CoachingProfile).where(CoachingProfile.person_id == person_id))
    if profile is None:
        profile = CoachingProfile(person_id=person_id, site_id=person.site_id)
        work.add(profile)
    profile.site_id, profile.share = person.site_id, Share(share)
    _set_week(work, person_id, profile.share)
    profile.languages, profile.subjects = " ".join(sorted(set(languages))), " ".join(sorted(set(subjects)))
    if keeps_people:
        if line_manager_id == person_id:
            raise NotAllowed("Nobody is their own line manager.", field="line_manager")
        if line_manager_id is not None and db.session.get(Person, line_manager_id) is None:
            raise NotAllowed("Choose the line manager from the list.", field="line_manager")
        profile.line_manager_id = line_manager_id
    return profile


def _set_week(work: Work, person_id: UUID, share: str) -> None:
    """Let a coach's calendar hold as many reviews a week as is usual for their share, unless they set another number."""
    usual = Limits()
    row = db.session.scalar(select(MeetingLimits).where(MeetingLimits.person_id == person_id))
    if row is None and share == Share.FULL:
        return
    if row is None:
        row = MeetingLimits(
            person_id=person_id, buffer_minutes=usual.buffer_minutes, a_day=usual.a_day, a_week=usual.a_week
        )
        work.add(row)
    if row.a_week in {caps.reviews for caps in CAPS.values()}:
        row.a_week = CAPS[Share(share)].reviews
