"""The just-culture step: two trained people, the system first, blind to each other, read by three, gone after a year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from coaching.just_culture import commands, queries
from coaching.just_culture.models import JustCultureAnswers, JustCultureCase, JustCultureWords
from coaching.just_culture.rules import purge_on
from coaching.triggers.models import ReviewProposal
from lms import clock
from lms.audit import sealer
from lms.audit.models import AuditEvent, PayloadErasure
from lms.audit.verification import verify
from lms.extensions import db
from lms.notifications.models import Notification
from lms.permissions import Role
from lms.redactions.commands import redact_words
from lms.redactions.queries import redactions_of
from lms.refusals import NoPermission, NotAllowed, NotFound, StaleForm
from lms.unit_of_work import run, run_job
from lms.web.times import local_day
from tests.factories.deviations import stored
from tests.factories.just_culture import ANSWERS, CONCERN, REASON, Concerned, answered, concerned, kept, stated
from tests.factories.people import PASSWORD, ZONE, Someone, a_site, also, someone
from tests.factories.standings import qualified
from tests.rooms.redactions.searching import columns_with

WORDS = "Nobody could reach the hatch; I said so twice."
SECRETS = (CONCERN, REASON, WORDS)


@pytest.fixture
def them(app: Flask) -> Concerned:
    return concerned()


@pytest.fixture
def bystanders(them: Concerned) -> list[Someone]:
    """Somebody of each role, at the site and everywhere, and a third trained assessor."""
    people = [someone(role, them.site) for role in Role]
    people += [someone(role, them.site, everywhere=True) for role in (Role.QA, Role.INSPECTOR, Role.ADMINISTRATOR)]
    third = also(someone(Role.QA, them.site), Role.SITE_LEAD, them.site)
    qualified(them.world, third)
    return [*people, third]


def a_year_later(monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + timedelta(days=366)
    monkeypatch.setattr(clock, "now", lambda: later)


def purged() -> str | None:
    return run_job("purge_just_culture", clock.now(), commands.purge_just_culture)


def open_by(them: Concerned, by: Someone, **values: Any) -> JustCultureCase:
    given = {"subject_id": them.person.person.id, "second_id": them.second.person.id, "concern": CONCERN, **values}
    return run(commands.open_just_culture_case, by.signing, "", them.deviation_id, **given)


# -- who may, and when --------------------------------------------------------------------------------------------------


def test_only_a_trained_assessor_states_a_concern(them: Concerned) -> None:
    with pytest.raises(NotAllowed, match="qualified for the task"):
        open_by(them, someone(Role.QA, them.site))
    coach = someone(Role.COACH, them.site)
    qualified(them.world, coach)
    with pytest.raises(NoPermission):
        open_by(them, coach)
    assert open_by(them, them.first).concern == CONCERN


def test_a_lapsed_assessor_can_neither_state_nor_answer(them: Concerned, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id = stated(them)
    later = clock.now().replace(year=2035, month=6)
    monkeypatch.setattr(clock, "now", lambda: later)
    for act in (lambda: stated(them), lambda: answered(them.second, case_id)):
        with pytest.raises(NotAllowed, match="qualified for the task"):
            act()


def test_the_system_is_looked_at_first(app: Flask) -> None:
    them = concerned(looked_at=False)
    with pytest.raises(NotAllowed, match="no system causes yet"):
        stated(them)
    assert db.session.scalar(select(func.count()).select_from(JustCultureCase)) == 0


def test_nobody_with_a_part_in_it_assesses_and_nobody_alone(them: Concerned) -> None:
    lead = db.session.get_one(type(them.person.person), stored(them.deviation_id).lead_id)
    refused = [
        ({"second_id": them.first.person.id}, "nobody looks at this alone"),
        ({"second_id": lead.id}, "has a part in the deviation"),
        ({"subject_id": someone(Role.OPERATOR, them.site).person.id}, "names as involved"),
        ({"second_id": someone(Role.QA, them.site).person.id}, "qualified today"),
        ({"concern": "It was him."}, "in a sentence"),
    ]
    for values, sentence in refused:
        with pytest.raises(NotAllowed, match=sentence):
            open_by(them, them.first, **values)


def test_a_deviation_of_another_site_does_not_exist(them: Concerned, sign_in: Any) -> None:
    other = a_site("BBB")
    elsewhere = someone(Role.QA, other)
    with pytest.raises(NotFound):
        open_by(them, elsewhere)
    assert sign_in(elsewhere).get(f"/deviations/{them.deviation_id}/just-culture").status_code == 404


# -- blind, then together -----------------------------------------------------------------------------------------------


def test_each_answers_blind_and_alike_it_is_settled(them: Concerned) -> None:
    case_id = stated(them)
    answered(them.first, case_id)
    for reader, seen in ((them.first, 1), (them.second, 0), (them.person, 0)):
        page = queries.case_page(reader.actor, case_id)
        assert (len(page.answers), str(page.stage)) == (seen, "answering"), reader
    answered(them.second, case_id, substitution="cannot_tell")
    for reader in (them.first, them.second, them.person):
        page = queries.case_page(reader.actor, case_id)
        assert [a.answers["substitution"] for a in page.answers] == ["yes", "cannot_tell"]
        assert (str(page.stage), page.route) == ("settled", "system_fix")


def test_where_they_differ_they_talk_and_record_one_route_with_its_reason(them: Concerned) -> None:
    case_id = stated(them)
    answered(them.first, case_id)
    with pytest.raises(NotAllowed, match="nothing to settle"):
        settle(them.first, case_id)
    answered(them.second, case_id, route="coaching")
    page = queries.case_page(them.person.actor, case_id)
    assert (str(page.stage), page.route) == ("talking", "")
    version = kept(case_id).version
    settle(them.second, case_id, version=version)
    page = queries.case_page(them.person.actor, case_id)
    assert (str(page.stage), page.route, page.reason) == (
        "settled",
        "support",
        "We agreed once we had talked to the shift.",
    )
    assert [a.route for a in page.answers] == ["system_fix", "coaching"]
    with pytest.raises(StaleForm):
        settle(them.first, case_id, version=version)
    with pytest.raises(NotAllowed, match="nothing to settle"):
        settle(them.first, case_id)


def settle(by: Someone, case_id: Any, *, version: int = 0) -> None:
    version = version or kept(case_id).version
    reason = "We agreed once we had talked to the shift."
    run(commands.settle_just_culture, by.actor, "", case_id, version=version, route="support", reason=reason)


def test_what_was_answered_alone_stays(them: Concerned) -> None:
    case_id = stated(them)
    answered(them.first, case_id)
    with pytest.raises(NotAllowed, match="answered already"):
        answered(them.first, case_id, route="coaching")
    with pytest.raises(NotAllowed, match="every question"):
        run(commands.answer_just_culture, them.second.actor, "", case_id, answers={}, route="coaching", reason=REASON)


def test_the_person_is_told_sees_it_and_adds_words_that_nobody_else_can_write(them: Concerned) -> None:
    case_id = stated(them)
    told = select(Notification.sentence).where(Notification.person_id == them.person.person.id)
    assert list(db.session.scalars(told)) == ["just_culture_about_you"]
    for other in (them.first, them.second):
        with pytest.raises(NotFound):
            run(commands.add_own_words, other.actor, "", case_id, words="Not mine.")
    run(commands.add_own_words, them.person.actor, "", case_id, words=WORDS)
    assert queries.case_page(them.second.actor, case_id).words == WORDS
    run(commands.add_own_words, them.person.actor, "", case_id, words="")
    assert queries.case_page(them.second.actor, case_id).words == ""


def test_nothing_kept_is_a_label_or_a_score(them: Concerned) -> None:
    columns = {c.name for t in (JustCultureCase, JustCultureAnswers, JustCultureWords) for c in t.__table__.columns}
    assert not [name for name in columns if re.search("score|label|categor|culpab|points|severity|error", name)]
    assert set(ANSWERS.values()) <= {"yes", "no", "cannot_tell"}


# -- read by three and by nobody else -----------------------------------------------------------------------------------


@pytest.fixture
def full(them: Concerned) -> Any:
    """A settled case with everybody's words."""
    case_id = stated(them)
    answered(them.first, case_id)
    answered(them.second, case_id)
    run(commands.add_own_words, them.person.actor, "", case_id, words=WORDS)
    sealer.seal()
    return case_id


@pytest.mark.parametrize(
    ("route", "starts"),
    [("system_fix", "capas/new"), ("coaching", "proposals"), ("support", "proposals"), ("refer_out", "")],
)
def test_a_settled_route_starts_by_an_assessors_hand_what_it_names(
    them: Concerned, sign_in: Any, route: str, starts: str
) -> None:
    case_id = stated(them)
    for assessor in (them.first, them.second):
        run(commands.answer_just_culture, assessor.actor, "", case_id, answers=ANSWERS, route=route, reason=REASON)
    first, own = (
        sign_in(one).get(f"/just-culture/{case_id}").get_data(as_text=True) for one in (them.first, them.person)
    )
    forms = re.findall(r'(?:action|href)="([^"]*(?:capas/new|proposals/for)[^"]*)"', first)
    assert forms == [f"/deviations/{them.deviation_id}/capas/new"] * (starts == "capas/new") + [
        url_of_proposing(them)
    ] * (starts == "proposals")
    assert ("Nothing starts in Candor" in first) == (route == "refer_out")
    assert not re.findall(r'(?:action|href)="[^"]*(?:capas/new|proposals/for)', own)
    assert db.session.scalars(select(ReviewProposal)).all() == []


def url_of_proposing(them: Concerned) -> str:
    return f"/reviews/proposals/for/{them.deviation_id}"


def test_a_review_that_a_route_led_to_tells_nothing_of_it(them: Concerned, sign_in: Any) -> None:
    """It is the same, record and trail, as one that was proposed from the deviation's page; the purge leaves it alone."""
    case_id = stated(them)
    for assessor in (them.first, them.second):
        run(commands.answer_just_culture, assessor.actor, "", case_id, answers=ANSWERS, route="coaching", reason=REASON)
    sent = {"coachee": str(them.person.person.id)}
    assert sign_in(them.first).post(url_of_proposing(them), data=sent).status_code == 302
    made = db.session.scalars(select(ReviewProposal)).one()
    assert (made.trigger, made.coachee_id, made.evidence or {}, made.occasion or "") == (
        "deviation", them.person.person.id, {}, ""
    )  # fmt: skip
    bodies = db.session.scalars(select(AuditEvent.body).where(AuditEvent.rid == str(made.id))).all()
    assert len(bodies) == 1
    assert "proposed by hand" in bodies[0]
    assert not re.search(f"just.culture|{case_id}", bodies[0])


def test_three_read_it_and_nobody_else_of_any_role(
    them: Concerned, full: Any, bystanders: list[Someone], sign_in: Any
) -> None:
    for reader in (them.first, them.second, them.person):
        page = sign_in(reader).get(f"/just-culture/{full}")
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        text = page.get_data(as_text=True)
        assert all(secret in text for secret in SECRETS)
    for other in bystanders:
        assert other.actor.person_id is not None
        with pytest.raises(NotFound):
            queries.case_page(other.actor, full)
        assert queries.cases_of(other.actor) == []
        browser = sign_in(other)
        assert browser.get(f"/just-culture/{full}").status_code == 404
        assert browser.post(f"/just-culture/{full}/words", data={"words": "x"}).status_code == 404
        for act in ("answers", "settle"):
            assert browser.post(f"/just-culture/{full}/{act}", data={}).status_code in {403, 404}


def pages_about(them: Concerned, case_id: Any) -> Iterator[str]:
    """Pages on which a trace of the case could show."""
    yield from ("/", "/just-culture", f"/deviations/{them.deviation_id}", f"/people/{them.person.person.id}")
    yield from (
        "/trail",
        "/trail.csv",
        "/trail?record=just_culture_case",
        f"/trail?record=just_culture_case&id={case_id}",
    )
    yield from ("/trail?record=signature", "/trail?action=coaching.open_just_culture_case", "/trail/verification")
    yield f"/search?q={stored(them.deviation_id).number}"


def test_nobody_else_is_shown_that_there_is_one_not_even_in_the_trail(
    them: Concerned, full: Any, bystanders: list[Someone], sign_in: Any
) -> None:
    shown = set()
    for other in bystanders:
        browser = sign_in(other)
        for address in pages_about(them, full):
            answer = browser.get(address)
            text = answer.get_data(as_text=True)
            shown.add((address, answer.status_code))
            assert str(full) not in text.replace(address, "").replace(f'value="{full}"', ""), (other, address)
            assert not any(secret in text for secret in SECRETS), (other, address)
            rows = re.findall(r"<tr[^>]*>.*?</tr>", text, re.DOTALL)
            assert not [row for row in rows if "just culture" in row.lower()], (other, address)
    assert ("/trail", 200) in shown, "nobody of these reads the trail, so this proves nothing"


def test_the_page_of_the_deviation_says_the_same_with_and_without_a_case(
    them: Concerned, bystanders: list[Someone], sign_in: Any
) -> None:
    def page(reader: Someone) -> str:
        text = sign_in(reader).get(f"/deviations/{them.deviation_id}").get_data(as_text=True)
        text = re.sub(r'<footer class="print-only">.*?</footer>', "", text)  # the moment of printing
        return re.sub(r'content="[^"]*"|value="[^"]*"', "", text)

    third = bystanders[-1]
    before = page(third)
    stated(them)
    assert page(third) == before
    assert "State a concern" in before


def test_a_redaction_reaches_a_concern_and_does_not_say_so(them: Concerned) -> None:
    case_id = stated(them, f"{CONCERN} Frau Zacharias waited.")
    qa = someone(Role.QA, them.site)
    version = stored(them.deviation_id).version
    made = run(redact_words, qa.signing, "A patient was named.", them.deviation_id, version=version, words="Zacharias",
               reason="A patient was named.")  # fmt: skip
    assert "Zacharias" not in kept(case_id).concern
    assert made.places == ""
    assert [row.places for row in redactions_of(qa.actor, them.deviation_id)] == [()]
    assert verify().ok


# -- gone after a year --------------------------------------------------------------------------------------------------


def test_after_twelve_months_everything_written_is_gone_and_the_trail_verifies(
    them: Concerned, full: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for secret in SECRETS:
        assert columns_with(secret), secret
    person_id, events = str(them.person.person.id), db.session.scalar(select(func.count()).select_from(AuditEvent))
    a_year_later(monkeypatch)
    assert purged() == "1 cases removed"
    for secret in SECRETS:
        assert columns_with(secret) == [], secret
    case = kept(full)
    assert (case.deviation_id, case.subject_id, case.first_id, case.second_id, case.route) == (None,) * 4 + ("",)
    assert case.blind == ""
    assert db.session.scalars(select(JustCultureWords)).all() == []
    assert db.session.scalars(select(Notification).where(Notification.target == f"/just-culture/{full}")).all() == []
    about = db.session.scalars(select(AuditEvent).where(AuditEvent.rtype.like("just_culture%"))).all()
    assert [event.payload for event in about if person_id in (event.payload or "") + event.body] == []
    report = verify()
    assert report.ok, report.first
    assert report.redacted == db.session.scalar(select(func.count()).select_from(PayloadErasure)) > 0
    assert report.events > (events or 0)
    sealer.seal()
    assert verify().ok
    for reader in (them.first, them.second, them.person):
        with pytest.raises(NotFound):
            queries.case_page(reader.actor, full)
    assert purged() is None or purged() == "0 cases removed"


def test_nothing_goes_before_its_day(them: Concerned, full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    case = kept(full)
    assert case.purge_on == purge_on(local_day(case.opened_at, ZONE))
    day_before = clock.now() + timedelta(days=363)
    monkeypatch.setattr(clock, "now", lambda: day_before)
    assert purged() == "0 cases removed"
    assert queries.case_page(them.person.actor, full).words == WORDS


def test_what_was_hashed_of_a_row_cannot_be_guessed_afterwards(them: Concerned, full: Any) -> None:
    blinds = [kept(full).blind, *db.session.scalars(select(JustCultureAnswers.blind))]
    assert len(set(blinds)) == len(blinds) == 3
    assert min(map(len, blinds)) == 64


# -- pages --------------------------------------------------------------------------------------------------------------


def test_the_whole_way_over_the_pages(them: Concerned, sign_in: Any, queries: Any) -> None:
    first, second, person = (sign_in(one) for one in (them.first, them.second, them.person))
    address = f"/deviations/{them.deviation_id}/just-culture"
    sent = {"subject": str(them.person.person.id), "second": str(them.second.person.id), "concern": "Too short."}
    refused = first.post(address, data={**sent, "password": PASSWORD})
    assert refused.status_code == 422
    assert "Too short." in refused.get_data(as_text=True)
    wrong = first.post(address, data={**sent, "concern": CONCERN, "password": "no"})
    assert wrong.status_code == 422
    made = first.post(address, data={**sent, "concern": CONCERN, "password": PASSWORD})
    assert made.status_code == 302
    page = made.headers["Location"]
    half = first.post(f"{page}/answers", data={**ANSWERS, "health": "", "route": "coaching", "reason": REASON})
    assert half.status_code == 422
    assert REASON in half.get_data(as_text=True)
    assert first.post(f"{page}/answers", data={**ANSWERS, "route": "coaching", "reason": REASON}).status_code == 302
    assert REASON not in second.get(page).get_data(as_text=True)
    assert second.post(f"{page}/answers", data={**ANSWERS, "route": "support", "reason": REASON}).status_code == 302
    talking = second.get(page).get_data(as_text=True)
    version = re.search(r'name="version"[^>]*value="(\d+)"', talking)
    assert version is not None
    settled = {"version": version[1], "route": "support", "reason": "Talked it through with the shift lead."}
    assert second.post(f"{page}/settle", data=settled).status_code == 302
    assert person.post(f"{page}/words", data={"words": WORDS}).status_code == 302
    with queries() as seen:
        text = person.get(page).get_data(as_text=True)
    assert len(seen) <= 6, seen
    assert "Talked it through with the shift lead." in text
    for reader, target in ((first, address), (first, "/just-culture"), (person, "/just-culture")):
        with queries() as seen:
            assert reader.get(target).status_code == 200
        assert len(seen) <= 6, seen


def test_the_page_says_what_is_missing_instead_of_a_form(app: Flask, sign_in: Any) -> None:
    them = concerned(looked_at=False)
    address = f"/deviations/{them.deviation_id}/just-culture"
    assert "The system first." in sign_in(them.first).get(address).get_data(as_text=True)
    untrained = sign_in(someone(Role.QA, them.site)).get(address).get_data(as_text=True)
    assert "For trained assessors only." in untrained
    assert "Sign and open" not in untrained
