"""What reads alike in a public file of real events: chains by the rules, and suggestions against pairs judged by hand.

The judgements lie in ``judged/`` as record numbers with a verdict; no text is kept. ``docs/real-input.md`` says how they were
made and what came out, and these tests derive its figures anew.
"""

from __future__ import annotations

import csv
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from rapidfuzz import fuzz
from rapidfuzz.utils import default_process
from sqlalchemy import select

from lms.deviations.models import Deviation
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor, Grant, Role
from lms.recurrences import rules, similar
from lms.recurrences.reconciling import facts_of
from lms.recurrences.wording import Wording, likeness
from tests.factories.deviations import stored
from tests.rooms.imports.test_real_files import FAA, shared, take_in

__all__ = ["shared"]
SEED = 20261128
QUERIES, CHAINS = 20, 10
JUDGED = Path(__file__).parent / "judged"
PAGE = Path(__file__).parents[3] / "docs" / "real-input.md"
READER = Actor("u:reader", "Reader", None, None, (Grant(Role.QA, None),), "UTC")
Chain = tuple[str, ...]


@pytest.fixture
def numbers(app: Flask, shared: Path | None) -> dict[UUID, str] | None:
    """Take the file in; return the report number of each record. None where there is no file."""
    if shared is None:
        return None
    take_in(shared / FAA, "faa-aid")
    return {row[0]: str(row[1]) for row in db.session.execute(select(Deviation.id, Deviation.external_id))}


def read(name: str) -> list[dict[str, str]]:
    with (JUDGED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# -- chains --------------------------------------------------------------------------------------------------------------


def chains_of(numbers: dict[UUID, str]) -> list[Chain]:
    """Return the chains of records each of which repeats the one before under R1 and reads like it.

    A record is linked with the nearest earlier one of its site, step, category and cause within 365 days whose text is as
    alike as R4 asks for.
    """
    texts = {row[0]: row[1] for row in db.session.execute(select(Deviation.id, Deviation.description))}
    wording = Wording(texts.values())
    vectors = {deviation_id: wording.vector(text) for deviation_id, text in texts.items()}
    facts = facts_of(db.session.scalars(select(Site.id)).all())
    by_key: defaultdict[rules.RecurrenceKey, list[rules.Occurrence]] = defaultdict(list)
    for occurrence in sorted(facts.occurrences, key=lambda o: (o.occurred_at, numbers[o.id])):
        by_key[occurrence.key].append(occurrence)
    chain_of: dict[UUID, list[UUID]] = {}
    for same in by_key.values():
        for place, later in enumerate(same):
            zone = facts.zones[later.site_id]
            for earlier in reversed(same[:place]):
                if (
                    rules.repeats(later, earlier, zone) is not None
                    and likeness(vectors[later.id], vectors[earlier.id]) >= similar.ALIKE
                ):
                    chain = chain_of.setdefault(earlier.id, [earlier.id])
                    chain.append(later.id)
                    chain_of[later.id] = chain
                    break
    found = {id(chain): tuple(numbers[deviation_id] for deviation_id in chain) for chain in chain_of.values()}
    return sorted(found.values())


def chosen(chains: Sequence[Chain]) -> list[Chain]:
    """Return the ten that were judged: drawn with the stated seed from the sorted list."""
    return random.Random(SEED).sample(list(chains), CHAINS)


def test_the_chains_of_the_file_and_the_ten_that_were_judged(numbers: dict[UUID, str] | None) -> None:
    if numbers is None:
        return
    chains = chains_of(numbers)
    lengths = Counter(map(len, chains))
    assert lengths == {2: 62, 3: 9, 5: 2}
    judged = read("faa_chains.csv")
    assert [" ".join(chain) for chain in chosen(chains)] == [row["records"] for row in judged]
    assert Counter(row["verdict"] for row in judged) == {"same": 6, "not": 3, "cannot tell": 1}


# -- suggestions ---------------------------------------------------------------------------------------------------------

#: A query's report number -> the report numbers that a way of comparing puts first, most alike first.
Ranked = dict[str, list[str]]
#: Texts in, how alike each of the others reads to the first one.
Scorer = Callable[[str, list[str]], list[float]]


def by_words(query: str, others: list[str]) -> list[float]:
    """As the product does it."""
    wording = Wording([query, *others])
    words = wording.vector(query)
    return [likeness(words, wording.vector(text)) for text in others]


def by_letters(query: str, others: list[str]) -> list[float]:
    """The same with runs of three to five letters, over the ends of words, in the place of words."""
    return by_words(_runs(query), [_runs(text) for text in others])


def _runs(text: str) -> str:
    joined = f"ø{'ø'.join(default_process(text).split())}ø"  # a letter, so that a run with a gap in it stays one word
    return " ".join(joined[at : at + size] for size in (3, 4, 5) for at in range(len(joined) - size + 1))


def by_sorted_words(query: str, others: list[str]) -> list[float]:
    """As the product did it before."""
    return [fuzz.token_sort_ratio(query, text, processor=default_process) for text in others]


def by_sets_of_words(query: str, others: list[str]) -> list[float]:
    """Words in common, whatever else stands there."""
    return [fuzz.token_set_ratio(query, text, processor=default_process) for text in others]


#: What was judged is what these four put first; the columns of the table in the page.
WAYS: dict[str, Scorer] = {
    "rare words": by_words,
    "runs of letters": by_letters,
    "sets of words": by_sets_of_words,
    "sorted words": by_sorted_words,
}


def ranked(numbers: dict[UUID, str], scorer: Scorer) -> Ranked:
    """Return the first ten for each query, among the records that the product compares with it."""
    ids = {number: deviation_id for deviation_id, number in numbers.items()}
    first: Ranked = {}
    for query in random.Random(SEED).sample(sorted(ids), QUERIES):
        this = db.session.get_one(Deviation, ids[query])
        compared = {row.id: row for row in db.session.execute(similar._compared(READER, this))}
        rows = sorted(compared.values(), key=lambda row: (row.occurred_at, numbers[row.id]), reverse=True)
        scores = scorer(this.description, [row.description for row in rows])
        best = sorted(range(len(rows)), key=lambda at: -scores[at])[:10]
        first[query] = [numbers[rows[at].id] for at in best]
    return first


def precision(first: Ranked, judged: dict[tuple[str, str], bool], at: int) -> tuple[int, int]:
    """Return how many of the first so many suggestions were worth a look, and how many there were."""
    found = [judged[query, record] for query, records in first.items() for record in records[:at]]
    return sum(found), len(found)


def row_of(name: str, counts: Iterable[tuple[int, int]]) -> str:
    """Return a row of the page's table: how many of how many, and their share."""
    cells = (f"{good} of {of} ({good / of:.2f})" for good, of in counts)
    return f"| {name} | " + " | ".join(cells) + " |"


def test_the_suggestions_worth_a_look_are_as_many_as_the_page_says(numbers: dict[UUID, str] | None) -> None:
    if numbers is None:
        return
    judged = {(row["query"], row["record"]): row["worth_a_look"] == "1" for row in read("faa_pairs.csv")}
    page = re.sub(r" \[[^]]*\]", "", PAGE.read_text(encoding="utf-8"))  # the intervals are computed there
    best = {}
    for name, scorer in WAYS.items():
        first = ranked(numbers, scorer)
        counts = [precision(first, judged, at) for at in (3, 5, 10)]
        assert row_of(name, counts) in page
        best[name] = counts[-1]
    assert max(best, key=lambda name: best[name]) == "rare words"
    shown = [
        judged[query, numbers[found.id]]
        for query, deviation_id in sorted((number, of_it) for of_it, number in numbers.items())
        if query in {one for one, _ in judged}
        for this in [stored(deviation_id)]
        for found in similar.similar(READER, this, this.description)
    ]
    assert f"{sum(shown)} of {len(shown)} are worth a look" in " ".join(page.split())
