"""A critical deviation is told to those who answer for it: once, and as soon as there is somebody to tell."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from lms.deviations.escalating import escalate_critical
from lms.extensions import db
from lms.notifications.models import Notification
from lms.outbox.models import OutboxMessage
from lms.permissions import Actor, Role
from lms.unit_of_work import run
from tests.factories.deviations import classified, stored, triage
from tests.factories.people import Someone, a_site, someone

SYSTEM = Actor.system("test")


def told(person: Someone, sentence: str) -> int:
    of = select(func.count()).where(Notification.person_id == person.person.id, Notification.sentence == sentence)
    return db.session.scalar(of) or 0


def test_a_critical_one_is_told_once_to_those_who_answer_for_it(dana: Someone, chidi: Someone) -> None:
    control = a_site("CTL", is_control_site=True)
    ana, rp = someone(Role.QA, control), someone(Role.RESPONSIBLE_PERSON)
    network_qa = someone(Role.QA, everywhere=True)
    elsewhere, other_rp = someone(Role.QA, a_site("BBB")), someone(Role.RESPONSIBLE_PERSON, a_site("BBB"))
    deviation_id = classified(chidi, dana, days_ago=3, severity="major")
    assert stored(deviation_id).escalated_at is None
    triage(dana, deviation_id, severity="critical")
    first = stored(deviation_id).escalated_at
    assert first is not None
    triage(dana, deviation_id, severity="major")
    triage(dana, deviation_id, severity="critical")
    run(escalate_critical, SYSTEM, "job")
    assert stored(deviation_id).escalated_at == first
    everybody = (ana, rp, network_qa, elsewhere, other_rp, dana, chidi)
    assert [told(person, "deviation_critical") for person in everybody] == [1, 1, 1, 0, 0, 0, 0]
    mails = select(func.count()).where(OutboxMessage.kind == "mail", OutboxMessage.unique_key.contains("critical:"))
    assert db.session.scalar(mails) == 3


def test_a_critical_one_that_nobody_could_be_told_of_is_told_later(dana: Someone, chidi: Someone, sign_in: Any) -> None:
    deviation_id = classified(chidi, dana, days_ago=3, severity="critical")
    assert stored(deviation_id).escalated_at is None
    assert "nobody told" in sign_in(dana).get(f"/deviations/{deviation_id}").get_data(as_text=True)
    rp = someone(Role.RESPONSIBLE_PERSON)
    assert run(escalate_critical, SYSTEM, "job") == "1 critical deviations told"
    assert run(escalate_critical, SYSTEM, "job") == "0 critical deviations told"
    assert told(rp, "deviation_critical") == 1
