"""The custodian's acts that the trail covers, besides registering, releasing and destroying (``coaching.surveys.commands``)."""

from __future__ import annotations

from sqlalchemy import select

from coaching.custody import rules
from coaching.custody.models import CustodyAct
from coaching.surveys import queries as surveys
from coaching.surveys.models import SurveyKeyRecord
from coaching.surveys.periods import Month, Quarter
from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NotFound, StaleForm
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command


@command(needs=Permission.SURVEY_RELEASE)
def record_look(work: Work, month: Month) -> CustodyAct:
    """Write into the trail that the answers were opened in memory to see what a release would do."""
    return _noted(work, rules.Act.LOOKED, month.quarter, month=str(month))


@command(needs=Permission.SURVEY_RELEASE)
def record_rehearsal(work: Work, quarter: Quarter) -> CustodyAct:
    """Write into the trail that a key file opened with its passphrase and is the registered one. No answer was opened."""
    return _noted(work, rules.Act.REHEARSED, quarter)


@command(needs=Permission.SURVEY_RELEASE)
def give_up_quarter(work: Work, quarter: Quarter, *, version: int, cause: str, reason: str) -> CustodyAct:
    """Sign that a quarter's answers stay unread for ever, because its key is lost or was seen by others.

    What is sealed to it is destroyed by ``coaching.surveys.sealed.give_up``, which calls this first. Raises ``NotFound``
    without a key, and ``NotAllowed`` where nothing is sealed to it any more.
    """
    record = db.session.scalar(select(SurveyKeyRecord).where(SurveyKeyRecord.quarter == str(quarter)))
    state = surveys.key_of(quarter)
    if record is None or state is None:
        raise NotFound(f"There is no survey key of {quarter}.")
    if record.version != version:
        raise StaleForm("Somebody changed this key's record meanwhile. Compare and send again.")
    rules.check_can_give_up(
        str(quarter),
        given_up=record.given_up_on is not None,
        destroyed=record.destroyed_on is not None,
        closed=state.retired,
    )
    rules.check_reason(cause, reason)
    today = work.at.date()
    record.given_up_on = record.given_up_on or today
    record.destroyed_on = record.destroyed_on or today
    act = _noted(work, rules.Act.GIVEN_UP, quarter, cause=cause, reason=reason.strip())
    sign(work, act, Meaning.CONFIRMED, reason=reason.strip())
    return act


def _noted(
    work: Work, kind: rules.Act, quarter: Quarter, *, month: str = "", cause: str = "", reason: str = ""
) -> CustodyAct:
    act = CustodyAct(kind=kind, quarter=str(quarter), month=month, done_on=work.at.date(), cause=cause, reason=reason)
    work.add(act)
    return act
