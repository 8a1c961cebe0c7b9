"""Whoever holds the key of the answers holds no power over those who gave them, and the other way round."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from lms.identity import commands as identity
from lms.identity.models import RoleAssignment
from lms.permissions import ROLE_PERMISSIONS, Permission, Role, apart_from
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.people import INSTALLER, a_site, someone

APART = (Role.ADMINISTRATOR, Role.COACH, Role.SITE_LEAD)
TODAY = date(2026, 11, 28)


def _grant(person_id, role: Role, *, begin: date = TODAY, end: date | None = None, by=INSTALLER) -> RoleAssignment:
    return run(identity.grant_role, by, "test", person_id, role=role, site_id=None, valid_from=begin, valid_to=end)


@pytest.mark.parametrize("other", APART)
def test_nobody_is_custodian_and_administrator_coach_or_site_lead(app: Flask, other: Role) -> None:
    for first, second in ((Role.CUSTODIAN, other), (other, Role.CUSTODIAN)):
        person = someone(first, a_site()).person
        with pytest.raises(NotAllowed, match="never administrator, coach or site lead as well") as refusal:
            _grant(person.id, second)
        assert refusal.value.field == "role"


def test_a_role_that_ends_before_the_other_begins_is_no_hindrance(app: Flask) -> None:
    person = someone(None, a_site()).person
    _grant(person.id, Role.COACH, begin=date(2026, 1, 1), end=TODAY)
    assert _grant(person.id, Role.CUSTODIAN, begin=TODAY, end=date(2026, 12, 31)).role == Role.CUSTODIAN
    assert _grant(person.id, Role.COACH, begin=date(2026, 12, 31)).role == Role.COACH
    with pytest.raises(NotAllowed, match="end the other role first"):
        _grant(person.id, Role.ADMINISTRATOR, begin=date(2026, 12, 30))


def test_two_grants_that_wait_together_are_not_both_approved(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Granted at the same moment by two administrators, neither of whom saw the other's."""
    person, quality = someone(None, a_site()).person, someone(Role.QA, everywhere=True)
    administrator = someone(Role.ADMINISTRATOR, everywhere=True)
    first = _grant(person.id, Role.CUSTODIAN, by=administrator.actor)
    with monkeypatch.context() as patch:
        patch.setattr(identity.rules, "check_apart", lambda *_: None)
        second = _grant(person.id, Role.COACH, by=administrator.actor)
    for waiting in (first, second):
        with pytest.raises(NotAllowed, match="never administrator, coach or site lead"):
            run(identity.approve_role, quality.actor, "test", waiting.id)


def test_the_administrators_page_says_why(app: Flask, sign_in) -> None:
    person = someone(Role.CUSTODIAN, everywhere=True).person
    browser = sign_in(someone(Role.ADMINISTRATOR, everywhere=True))
    answer = browser.post(
        f"/people/{person.id}/roles",
        data={"role": "coach", "site": "", "valid_from": "2026-11-28", "reason": "Nobody else"},
    )
    assert answer.status_code == 422
    assert "never administrator, coach or site lead as well" in answer.text


def test_holding_apart_works_both_ways_and_the_key_is_the_custodians_alone() -> None:
    assert apart_from(Role.CUSTODIAN) == set(APART)
    assert all(Role.CUSTODIAN in apart_from(role) for role in APART)
    assert apart_from(Role.OPERATOR) == set()
    holders = {role for role, permissions in ROLE_PERMISSIONS.items() if Permission.SURVEY_RELEASE in permissions}
    assert holders == {Role.CUSTODIAN}
    assert ROLE_PERMISSIONS[Role.CUSTODIAN] == {
        Permission.HOME_SEE,
        Permission.SURVEY_RELEASE,
        # words and instruments with a second person, the switch of a site; who answered a wave, and who opened it
        Permission.SURVEY_GOVERN,
        Permission.VOICE_SEE,
        Permission.OPENINGS_SEE,
    }
