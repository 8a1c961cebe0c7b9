"""S6: what a year of released cells tells of one person, to colleagues and onlookers who know a great deal.

The product's own release publishes four hundred worlds here, and two thousand in ``make validate``, which says how people
are invented and who attacks (``validation/``).
"""

from __future__ import annotations

from typing import Final

import pytest

from validation.releasing import exactly, graded_anew_each_month, graded_by_roster, graded_by_team
from validation.survey import COLLUSION, GIVEN_AWAY, JOINER, Team, published_again, team_of

WORLDS: Final = 400
TEAM: Final = 5


@pytest.fixture(scope="module")
def team() -> Team:
    return team_of(WORLDS, TEAM)


@pytest.mark.parametrize("attack", [Team.colleagues_who_average, Team.colleagues_who_know])
def test_four_colleagues_who_pool_their_answers_learn_no_more_of_the_fifth_than_promised(team: Team, attack) -> None:
    assert 0.75 < attack(team, graded_by_roster) <= COLLUSION


@pytest.mark.parametrize("attack", [Team.onlookers_who_average, Team.onlookers_who_know])
def test_a_team_that_watches_somebody_join_learns_no_more_of_them_than_promised(team: Team, attack) -> None:
    assert 0.65 < attack(team, graded_by_roster) <= JOINER


def test_exact_means_would_give_a_person_away(team: Team) -> None:
    assert team.colleagues_who_average(exactly) > GIVEN_AWAY
    assert team.onlookers_who_average(exactly) > 0.90
    assert team.one_collusion(exactly).error == pytest.approx(0)


@pytest.mark.parametrize(
    ("attack", "rule", "promised"),
    [
        (Team.colleagues_who_average, graded_anew_each_month, COLLUSION),
        (Team.onlookers_who_average, graded_anew_each_month, JOINER),
        (Team.onlookers_who_average, graded_by_team, JOINER),
    ],
)
def test_other_roundings_would_break_the_promise(team: Team, attack, rule, promised: float) -> None:
    assert attack(team, rule) > promised


def test_a_month_is_never_published_again_with_a_late_answer(team: Team) -> None:
    assert published_again(team.worlds, TEAM) == 0
