"""What falls into the sample, who may code it, who settles it."""

from __future__ import annotations

from random import Random
from uuid import UUID

import pytest

from lms.refusals import NotAllowed
from lms.second_coding import rules

NETWORK, OTHER = UUID(int=1), UUID(int=2)
DANA, EMIL, FAY = UUID(int=11), UUID(int=12), UUID(int=13)


def ids(number: int) -> list[UUID]:
    rng = Random(5)
    return [UUID(int=rng.getrandbits(128)) for _ in range(number)]


@pytest.mark.parametrize("percent", [10, 15, 20])
def test_the_share_is_about_what_was_asked_for(percent: int) -> None:
    drawn = sum(rules.is_in_share(one, NETWORK, percent) for one in ids(20_000))
    # three standard errors of a share of twenty thousand
    assert abs(drawn / 200 - percent) < 3 * (percent * (100 - percent) / 20_000) ** 0.5


def test_the_same_deviation_gets_the_same_answer_for_ever() -> None:
    """To the letter, so that another machine, day or version of Python draws no other sample."""
    some = [one for one in ids(60) if rules.is_in_share(one, NETWORK, 15)]
    assert [str(one)[:8] for one in some] == ["c6a53877", "3fd42359", "de11cc9d", "c30d8b76", "015c33b2", "b52a43ab"]
    assert all(rules.is_in_share(one, NETWORK, 15) for one in some)


def test_a_larger_share_keeps_what_a_smaller_one_drew() -> None:
    small = {one for one in ids(2000) if rules.is_in_share(one, NETWORK, 10)}
    large = {one for one in ids(2000) if rules.is_in_share(one, NETWORK, 20)}
    assert small < large


def test_another_network_has_another_sample() -> None:
    here = {one for one in ids(500) if rules.is_in_share(one, NETWORK, 15)}
    there = {one for one in ids(500) if rules.is_in_share(one, OTHER, 15)}
    assert here != there


def test_what_is_critical_is_always_in_it() -> None:
    for one in ids(200):
        by_share = rules.drawn(one, NETWORK, "major", 10)
        assert by_share == (rules.Drawn.SHARE if rules.is_in_share(one, NETWORK, 10) else None)
        # what the share holds anyway counts for agreement; what its severity alone brought in does not
        assert rules.drawn(one, NETWORK, "critical", 10) == (by_share or rules.Drawn.CRITICAL)


def test_whoever_classified_it_does_not_code_it_again() -> None:
    rules.check_second_coder("AAA-1", FAY, {DANA, EMIL})
    for coder in (DANA, EMIL, None):
        with pytest.raises(NotAllowed, match="AAA-1"):
            rules.check_second_coder("AAA-1", coder, {DANA, EMIL})


def test_a_proposal_comes_from_one_side_and_is_agreed_to_by_the_other() -> None:
    first, second = {DANA}, EMIL
    rules.check_other_of_the_two("AAA-1", EMIL, DANA, second, first)
    rules.check_other_of_the_two("AAA-1", DANA, EMIL, second, first)
    for person, proposer in ((DANA, DANA), (EMIL, EMIL), (FAY, DANA), (FAY, EMIL)):
        with pytest.raises(NotAllowed):
            rules.check_other_of_the_two("AAA-1", person, proposer, second, first)
    rules.check_one_of_the_two("AAA-1", DANA, second, first)
    with pytest.raises(NotAllowed):
        rules.check_one_of_the_two("AAA-1", FAY, second, first)
