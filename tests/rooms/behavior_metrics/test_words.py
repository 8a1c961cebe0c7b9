"""What the page may say: a sentence for everything the statistics can find, and none that claims too much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from flask import Flask

from behavior_metrics.frames.quarters import Quarter, Window
from behavior_metrics.linkage.answers import Answer, answer, earliest_answer, forest_rows
from behavior_metrics.linkage.estimates import METHODS
from behavior_metrics.linkage.rows import METHOD_VERSION, Outcome
from behavior_metrics.stats.association import every_declared_lag
from behavior_metrics.stats.findings import CannotTellYet
from behavior_metrics.stats.readings import reading
from behavior_metrics.words import JOINT, MEANING, SENTENCES, TESTS, VERDICTS, VOCABULARIES, WITHHELD
from tests.factories.people import utc
from tests.pure.linkage.studies import studied
from tests.pure.stats.worlds import World

DIRECTIONS = ("fewer", "more", "untold", "unknown")
WORLDS = (
    World(),
    World(effect=0.5),
    World(effect=0.0, between=0.4),
    World(teams=1, rounding=0.75),
    World(rounding=0.75),
    World(sites=9, quarters=5),
    World(sites=3),
    World(quarters=2),
    World(rate=0.001),
)


def told(world: World, seed: int = 5) -> Answer:
    return answer(METHODS[METHOD_VERSION](studied(world.rows(np.random.default_rng(seed)))), {})


def every_text() -> Iterator[str]:
    return (str(words) for vocabulary in VOCABULARIES.values() for words in vocabulary.values())


def test_both_outcomes_together_have_a_sentence_and_a_meaning_each(app: Flask) -> None:
    wanted = {f"self_{first}_independent_{second}" for first, second in product(DIRECTIONS, DIRECTIONS)}
    assert set(JOINT) == wanted
    assert set(MEANING) == wanted
    for words in JOINT.values():
        assert "%(" not in str(words) % {"self": "12", "independent": "34"}


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_everything_that_can_be_found_can_be_said(app: Flask, world: World) -> None:
    found = told(world)
    for said in found.sentences[Outcome.INDEPENDENT]:
        written = str(SENTENCES[said.key]) % said.figures
        assert "%(" not in written
        assert "nan" not in written
    assert {test.key for test in found.tests} == set(TESTS)
    for said in found.withheld.values():
        assert "%(" not in str(WITHHELD[said.key]) % said.figures
    assert {test.verdict for test in found.tests} <= set(VERDICTS)
    assert [row.main for row in forest_rows(found)].count(True) == 1
    rows = world.rows(np.random.default_rng(5))
    assert len(found.sentences[Outcome.INDEPENDENT]) == len(reading(every_declared_lag(rows)[1]))


def test_nothing_is_said_to_be_the_cause_and_nobody_is_ranked(app: Flask) -> None:
    for text in every_text():
        for claim in ("cause of", "caused", "because of climate", "worst", "best ", "rank", "effect of"):
            assert claim not in text.lower()


def test_a_quarter_begins_where_the_site_is_and_is_closed_once_it_is_over_everywhere() -> None:
    window = Window.until([utc(2026, 10, 1).date(), utc(2026, 9, 30).date()], 3)
    assert [str(quarter) for quarter in window.quarters] == ["2026-Q2", "2026-Q3", "2026-Q4"]
    assert window.closed == 1, "in the west the third quarter still has a day"
    assert window.last_full_day.isoformat() == "2026-09-29"
    assert Quarter.parse("2026-Q4").last_day.isoformat() == "2026-12-31"
    assert Quarter.parse("2026-Q4").short == "Q4 26"
    with pytest.raises(ValueError, match="not a quarter"):
        Quarter.parse("2026-Q5")


def test_the_earliest_answer_follows_from_the_pace_and_is_not_promised_where_sites_lack() -> None:
    last = Quarter.parse("2026-Q3")
    short = told(World(quarters=3)).primary
    assert isinstance(short, CannotTellYet)
    assert [check.key for check in short.missing] == ["quarters"]
    assert str(earliest_answer(short, last)) == "2026-Q4", "three quarters with a climate before them, one is missing"
    few = told(World(sites=3)).primary
    assert isinstance(few, CannotTellYet)
    assert earliest_answer(few, last) is None
    never = replace(short, size=replace(short.size, events=0), checks=(replace(short.checks[4], have=0, need=50),))
    assert earliest_answer(never, last) is None
