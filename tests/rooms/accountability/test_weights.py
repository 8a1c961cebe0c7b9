"""Weights: proposed by one of quality assurance, signed by another, never changed, and in force from then on."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from behavior_metrics.stats.followthrough import PARTS
from behavior_metrics.weights import commands
from behavior_metrics.weights.models import FollowThroughWeights
from behavior_metrics.weights.queries import weights_history, weights_in_force, zones_and_weights
from behavior_metrics.weights.rules import DELIVERED
from lms.extensions import db
from lms.permissions import Role
from lms.refusals import NoPermission, NotAllowed, StaleForm
from lms.unit_of_work import run
from tests.factories.accountability import changed, qa_and_team_after_a_full_quarter
from tests.factories.behavior import qa_of_the_network, quarter
from tests.factories.people import PASSWORD, Beginning, Someone, a_site, someone

ADDRESS = "/behavior/accountability/weights"
OTHER = dict(zip(PARTS, (20, 20, 20, 20, 20), strict=True))


@pytest.fixture
def ana(app: Flask) -> Someone:
    return qa_of_the_network(a_site())


@pytest.fixture
def ben(app: Flask) -> Someone:
    return someone(Role.QA, a_site(), everywhere=True, name="Ben Okafor")


def propose(by: Someone, **percents: int) -> FollowThroughWeights:
    return run(commands.propose_weights, by.actor, "test", percents={**OTHER, **percents}, reason="all count alike")


def test_the_weights_of_the_design_are_version_one(ana: Someone) -> None:
    assert weights_in_force() == DELIVERED
    assert dict(DELIVERED.percents) == dict(zip(PARTS, (25, 20, 25, 15, 15), strict=True))
    assert zones_and_weights()[1] == DELIVERED


def test_nothing_changes_until_another_signs(ana: Someone, ben: Someone) -> None:
    proposed = propose(ana)
    assert weights_in_force() == DELIVERED
    with pytest.raises(NotAllowed, match="Whoever proposed"):
        run(commands.sign_weights, ana.signing, "", proposed.id, version=proposed.version)
    with pytest.raises(NotAllowed, match="password"):
        run(commands.sign_weights, ben.actor, "", proposed.id, version=proposed.version)
    run(commands.sign_weights, ben.signing, "", proposed.id, version=proposed.version)
    assert (weights_in_force().number, weights_in_force().percents) == (2, OTHER)
    [row] = weights_history()
    assert [(s.printed_name, s.holds) for s in row.signed] == [("Ben Okafor", True)]


def test_weights_that_were_changed_after_signing_show_a_void_signature(ana: Someone, ben: Someone) -> None:
    proposed = propose(ana)
    run(commands.sign_weights, ben.signing, "", proposed.id, version=proposed.version)
    changed(proposed, percents={**OTHER, "raised_first": 30, "currency_owned": 10})
    assert [signature.holds for signature in weights_history()[0].signed] == [False]


def test_one_version_is_in_force_and_those_before_stay_listed(ana: Someone, ben: Someone) -> None:
    for percents in ({}, {"raised_first": 30, "currency_owned": 10}):
        proposed = propose(ana, **percents)
        run(commands.sign_weights, ben.signing, "", proposed.id, version=proposed.version)
    assert [(row.number, row.state) for row in weights_history()] == [(3, "in_force"), (2, "replaced")]


def test_a_second_proposal_waits_for_the_first_and_a_withdrawn_one_keeps_its_number(ana: Someone) -> None:
    first = propose(ana)
    with pytest.raises(NotAllowed, match="waits for its signature"):
        propose(ana, raised_first=30, currency_owned=10)
    run(commands.withdraw_weights, ana.actor, "", first.id, version=first.version)
    assert propose(ana).number == 3
    withdrawn = db.session.scalars(select(FollowThroughWeights).where(FollowThroughWeights.number == 2)).one()
    assert withdrawn.state == "withdrawn"


def test_what_somebody_changed_meanwhile_is_not_signed(ana: Someone, ben: Someone) -> None:
    proposed = propose(ana)
    with pytest.raises(StaleForm):
        run(commands.sign_weights, ben.signing, "", proposed.id, version=proposed.version + 1)


def test_quality_assurance_of_one_site_reads_them_and_changes_none(ana: Someone, sign_in: Any) -> None:
    local = someone(Role.QA, a_site())
    with pytest.raises(NoPermission):
        propose(local)
    page = sign_in(local).get(ADDRESS).get_data(as_text=True)
    assert "25 %" in page
    assert "Propose</button>" not in page


def test_a_form_that_does_not_make_a_hundred_comes_back_with_everything_typed(ana: Someone, sign_in: Any) -> None:
    typed = dict.fromkeys(PARTS, "21") | {"reason": "we tried this"}
    answer = sign_in(ana).post(ADDRESS, data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "add up to 105 %" in page
    assert page.count('value="21"') == 5
    assert "we tried this" in page


def test_proposed_and_signed_on_the_page_the_index_moves(beginning: Beginning, sign_in: Any) -> None:
    ana, _ = beginning(qa_and_team_after_a_full_quarter)
    ben = someone(Role.QA, everywhere=True, name="Ben Okafor")
    row = lambda browser: next(  # noqa: E731 - said once
        part
        for part in browser.get("/behavior/accountability").get_data(as_text=True).split("<tr>")
        if quarter(1).words in part
    )
    browser = sign_in(ana)
    before = row(browser)
    typed = {part: str(OTHER[part]) for part in PARTS}
    assert browser.post(ADDRESS, data=typed | {"reason": "all alike"}).status_code == 302
    assert row(browser) == before
    assert "another of quality assurance signs it" in browser.get(ADDRESS).get_data(as_text=True)
    proposed = db.session.scalars(select(FollowThroughWeights)).one()
    signing = {"password": "wrong", "version": str(proposed.version)}
    other = sign_in(ben)
    assert other.post(f"{ADDRESS}/{proposed.id}/sign", data=signing).status_code == 422
    assert other.post(f"{ADDRESS}/{proposed.id}/sign", data=signing | {"password": PASSWORD}).status_code == 302
    assert row(other) != before
    assert "Ben Okafor" in other.get(ADDRESS).get_data(as_text=True)
