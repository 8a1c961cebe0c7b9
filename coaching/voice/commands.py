"""Changes of waves and switches: published waves become owed, a site answers, the survey is switched."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import select

from coaching.voice import queries, rules
from coaching.voice.models import SurveySite, VoiceWave
from lms.extensions import db
from lms.identity.models import Person
from lms.network.models import Site
from lms.network.queries import zone_of
from lms.notifications.commands import notify
from lms.notifications.models import Notification
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.scope import get_scoped
from lms.unit_of_work import Work, command
from lms.web.times import local_day

WAVES = "/survey/waves"


def owe_answers(work: Work, quarter: str, sites: Iterable[UUID], released_on: date) -> None:
    """Note within the quarter's last release which sites have figures to answer for, and tell who can. Once per site."""
    known = set(db.session.scalars(select(VoiceWave.site_id).where(VoiceWave.quarter == quarter)))
    new = frozenset(sites) - known
    for site_id in sorted(new):
        work.add(VoiceWave(site_id=site_id, quarter=quarter, released_on=released_on))
    if new:
        told = {person for person, _ in queries.answerers(new, released_on)}
        for person_id in sorted(told):
            notify(work, person_id, "voice_owed", WAVES, period=quarter)


def tell_that_it_waits(work: Work, coach_id: UUID, quarter: str) -> None:
    """Tell a coach, once for each wave, that no sheet followed a review because an answer of the site is owed."""
    target = f"{WAVES}?owed={quarter}"
    known = select(Notification.id).where(
        Notification.person_id == coach_id, Notification.sentence == "voice_waits", Notification.target == target
    )
    if db.session.scalar(known) is None:
        notify(work, coach_id, "voice_waits", target, period=quarter)


@command(needs=Permission.VOICE_ANSWER)
def answer_wave(
    work: Work, wave_id: UUID, *, version: int, said: str, did: str, owner_id: UUID, due_on: date
) -> VoiceWave:
    """Write “you said, we did” about a published wave; it stands on every sheet of the site from then on.

    It may be written anew: what it said before stays in the trail.
    """
    wave = get_scoped(VoiceWave, wave_id, work.actor, Permission.VOICE_ANSWER)
    if wave.version != version:
        raise StaleForm("Somebody answered this wave meanwhile. Compare and send again.")
    today = local_day(work.at, zone_of(wave.site_id))
    rules.check_note(said=said, did=did, due_on=due_on, today=today)
    works_there = select(Person.id).join(Site, Site.id == Person.site_id)
    works_there = works_there.where(Person.id == owner_id, (Site.id == wave.site_id) | Site.is_control_site)
    if db.session.scalar(works_there) is None:
        raise NotAllowed("Choose an owner who works at this site or at the control site.", field="owner")
    wave.said, wave.did, wave.owner_id, wave.due_on = said.strip(), did.strip(), owner_id, due_on
    wave.answered_by_id, wave.answered_at = work.actor.person_id, work.at
    return wave


@command(needs=Permission.SURVEY_GOVERN)
def switch_survey(work: Work, site_id: UUID, *, on: bool, reason: str) -> SurveySite:
    """Switch the survey at a site on or off, with a reason. Sheets that are out stay open until their last day."""
    if not work.actor.may(Permission.SURVEY_GOVERN, site_id) or db.session.get(Site, site_id) is None:
        raise NotFound("There is no such site of yours.")
    switch = db.session.scalar(select(SurveySite).where(SurveySite.site_id == site_id))
    rules.check_switch(is_on=switch is None or switch.is_on, wanted=on, reason=reason)
    if work.actor.person_id is None:
        raise NotAllowed("A person switches the survey, not a job.")
    if switch is None:
        switch = SurveySite(site_id=site_id)
        work.add(switch)
    switch.is_on, switch.reason = on, reason.strip()
    switch.changed_by_id, switch.changed_at = work.actor.person_id, work.at
    return switch
