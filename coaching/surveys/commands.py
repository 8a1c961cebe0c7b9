"""Changes of the survey that the trail covers: tickets asked for, keys registered and destroyed, releases recorded."""

from __future__ import annotations

from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from coaching.surveys import queries, server_secrets
from coaching.surveys.instrument import PULSE
from coaching.surveys.models import SurveyKey, SurveyKeyRecord, SurveyNoticeRead, SurveyReleaseEvent, SurveyTicket
from coaching.surveys.notice import CURRENT
from coaching.surveys.periods import Quarter
from coaching.surveys.published import Release
from coaching.voice import queries as voice
from coaching.voice.commands import owe_answers, tell_that_it_waits
from lms.extensions import db
from lms.facts import ReviewClosed
from lms.notifications.commands import notify
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command

PUBLIC_KEY_BYTES = 32


def on_review_closed(fact: ReviewClosed, *, work: Work) -> None:
    """Ask the coachee after the review is closed: by a follow-up, since tickets live in another database."""
    work.follow_up(issue_survey_ticket, key=str(fact.review_id), review_id=fact.review_id)


@command(needs=Permission.SYSTEM_RUN)
def issue_survey_ticket(work: Work, *, review_id: str) -> None:
    """Give the coachee of a closed review a ticket, once: for the full set, or for the pulse within 28 days of a full set.

    Whether there is a ticket, and for what, says nothing about any answer: it follows from the days of the reviews alone.
    There is none without a team, where the survey is switched off, and where the site owes an answer to what was
    published before the quarter began; then the coach is told why.
    """
    asked = queries.asked_by(UUID(review_id))
    if asked.team_id is None or asked.site_id is None or queries.ticket_of(asked) is not None:
        return
    key = _key_record(asked.month.quarter)
    if key is not None and key.given_up_on is not None:
        return
    heard = voice.heard(asked.site_id, opens=asked.month.quarter.start)
    if heard.off is not None:
        return
    if heard.owed is not None:
        if asked.coach_id is not None:
            tell_that_it_waits(work, asked.coach_id, heard.owed)
        return
    instrument = PULSE if queries.had_full_set_near(asked) else queries.full_set().code
    work.add(
        SurveyTicket(
            review_id=asked.review_id,
            user_id=asked.person_id,
            month=str(asked.month),
            used=False,
            instrument=instrument,
        )
    )
    notify(work, asked.person_id, "survey_open", f"/survey/{asked.review_id}")


@command(needs=Permission.SURVEY_ANSWER)
def acknowledge_notice(work: Work, person_id: UUID | None) -> None:
    """Note that a person has read the privacy notice in force: beside the survey, without a day, outside the trail."""
    if person_id is None or (work.actor.person_id != person_id and not work.actor.is_system):
        raise NotAllowed("Everybody reads the notice for themselves.")
    row = db.session.get(SurveyNoticeRead, person_id)
    if row is None:
        work.add(SurveyNoticeRead(user_id=person_id, notice=CURRENT))
    else:
        row.notice = CURRENT


@command(needs=Permission.SURVEY_RELEASE)
def register_survey_key(work: Work, *, quarter: str, public_key: bytes) -> None:
    """Register the public half of a quarter's key; from then on answers of the quarter are sealed to it.

    Registering the same key again completes what a crash left undone. Raises ``NotAllowed`` for another key.
    """
    named = _quarter(quarter)
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise NotAllowed(
            "The public key has 64 characters from 0 to 9 and a to f. Copy its whole line.", field="public_key"
        )
    record = _key_record(named)
    if record is None:
        if work.at.date() >= named.end:
            raise NotAllowed(
                f"{named} is over. Register the key of a quarter that still takes answers.", field="quarter"
            )
        work.add(SurveyKeyRecord(quarter=str(named), public_key=public_key.hex()))
    elif record.given_up_on is not None:
        raise NotAllowed(
            f"{named} was given up: it takes no more answers. Register the key of {named.next}.", field="quarter"
        )
    elif record.public_key != public_key.hex() or record.destroyed_on is not None:
        raise NotAllowed(
            f"{named} has its key already, and answers are sealed to it. Keep using that one.", field="quarter"
        )
    if db.session.get(SurveyKey, str(named)) is None:
        work.add(SurveyKey(quarter=str(named), public_key=public_key, retired=False))
    server_secrets.prepare(current_app.config["SETTINGS"].data_dir, named)


@command(needs=Permission.SURVEY_RELEASE)
def record_release(work: Work, release: Release) -> None:
    """Write a release into the trail, before anything of it is published. Raises ``NotAllowed`` if another came first."""
    taken = db.session.scalar(select(func.max(SurveyReleaseEvent.number))) or 0
    if release.number != taken + 1:
        raise NotAllowed("Another release was made meanwhile. Look at it, then release again.")
    work.add(
        SurveyReleaseEvent(
            number=release.number,
            month=str(release.month),
            released_on=release.on,
            rows=list(release.rows),
            opened=release.opened,
            straight_lines=release.straight_lines,
            too_few=release.too_few,
            reliability=list(release.reliability),
        )
    )
    if release.month.ends_quarter:
        quarter = release.month.quarter
        rows = [row for event in queries.release_events() if event.month.quarter == quarter for row in event.rows]
        sites = {UUID(row["site_id"]) for row in (*rows, *release.rows) if row["site_id"]}
        owe_answers(work, str(quarter), sites, release.on)


@command(needs=Permission.SURVEY_RELEASE)
def record_key_destroyed(work: Work, *, quarter: str) -> None:
    """Write into the trail that the server's half of a quarter's secrets is destroyed."""
    record = _key_record(_quarter(quarter))
    if record is None:
        raise NotFound(f"There is no survey key of {quarter}.")
    record.destroyed_on = record.destroyed_on or work.at.date()


def _key_record(quarter: Quarter) -> SurveyKeyRecord | None:
    return db.session.scalar(select(SurveyKeyRecord).where(SurveyKeyRecord.quarter == str(quarter)))


def _quarter(text: str) -> Quarter:
    try:
        return Quarter.parse(text.strip())
    except ValueError as wrong:
        raise NotAllowed(f"{wrong}.", field="quarter") from None
