"""Is a kept study still what it was, does it come out the same, and what has changed in the records since?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import zip_longest
from math import isclose

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.linkage.estimates import METHODS
from behavior_metrics.linkage.kept import Input, Output
from behavior_metrics.linkage.rows import Row

#: Two figures are the same if they differ by no more than this share of them.
TOLERANCE = 1e-9
#: A list of differences stops here: by then it is known that it is not the same study.
LONGEST = 200
_NOTHING = object()


class Verdict(StrEnum):
    """What came of making a study anew."""

    #: Every figure is the same to ``TOLERANCE``.
    SAME = "same"
    #: What was kept is untouched, and its method gives other figures.
    DIFFERS = "differs"
    #: What was kept is not what was signed.
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a study differs from the kept one: the place in it, what was kept, and what came out now."""

    place: str
    kept: str
    again: str


@dataclass(frozen=True, slots=True)
class Change:
    """What is another in the records than when a study was made."""

    #: A word of the vocabulary ``snapshot_change``.
    kind: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Signed:
    """The hashes that were signed, and the method."""

    input: str
    output: str
    method_version: int


def hash_of(text: str) -> str:
    """Return the SHA-256 of a kept text."""
    return sha256(text.encode()).hexdigest()


def regenerate(signed: Signed, kept_input: str, kept_output: str) -> tuple[Verdict, tuple[Difference, ...]]:
    """Make a study anew from its kept input by the method that made it, and compare every figure.

    An input or output that is not the signed one is told before anything else, with what comes of it.
    """
    altered = tuple(
        Difference(name, hash_signed, hash_of(text))
        for name, hash_signed, text in (
            ("input", signed.input, kept_input),
            ("output", signed.output, kept_output),
        )
        if hash_of(text) != hash_signed
    )
    again = METHODS[signed.method_version](Input.from_text(kept_input)).as_text()
    # through the reader of the kept form, so that an old form and the present one are compared figure by figure
    differing = tuple(_differences(Output.from_text(kept_output).as_text(), again))
    if altered:
        return Verdict.ALTERED, altered + differing
    return (Verdict.DIFFERS, differing) if differing else (Verdict.SAME, ())


def changes(then: Input, now: Input) -> tuple[Change, ...]:
    """Return what has changed in the records that a study of the same sites and quarters would go by."""
    found = [*_row_changes(then, now)]
    if then.sources and now.sources:
        before, after = then.sources.recurrences, now.sources.recurrences
        first, last = _compared(then, now)
        found += [
            Change("recurrence", number, before.get(number, "–"), after.get(number, "–"))
            for number in sorted({*before, *after})
            if before.get(number) != after.get(number)
            and first <= _quarter_in(after.get(number) or before.get(number, "")) <= last
        ]
    found += [Change("switched_off", site, "–", "off") for site in now.switched_off if site not in then.switched_off]
    found += [Change("switched_off", site, "off", "–") for site in then.switched_off if site not in now.switched_off]
    return tuple(found)


def _row_changes(then: Input, now: Input) -> Iterator[Change]:
    kept, new = _by_key(then.rows), _by_key(now.rows)
    first, last = _compared(then, now)
    for key in sorted({*kept, *new}):
        one, other = kept.get(key), new.get(key)
        site, team, quarter = key
        if not first <= quarter <= last:
            continue  # another study's quarters
        name = next((row.team_name for row in (other, one) if row), team)
        what = f"{site}: {name}, {Quarter(quarter)}"
        for field in ("batches", "recurrences", "self_reported", "independent", "major", "climate"):
            before, after = (getattr(row, field) if row else None for row in (one, other))
            if before != after and {before, after} != {0, None}:
                yield Change(field, what, _read(before), _read(after))


def _compared(then: Input, now: Input) -> tuple[int, int]:
    """Return the first and the last quarter that both look at: what came later is no change, what left the window is past."""
    return now.first_quarter or 0, max((row.quarter for row in then.rows if row.batches), default=0)


def _by_key(rows: tuple[Row, ...]) -> Mapping[tuple[str, str, int], Row]:
    return {(row.site, row.team, row.quarter): row for row in rows}


def _read(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _quarter_in(fact: str) -> int:
    """Return the quarter in what is kept of a recurrence: team, quarter, outcomes. A team's name may have commas."""
    return Quarter.parse(fact.rsplit(", ", 2)[1]).index


def _differences(kept: str, again: str) -> Iterator[Difference]:
    for many, found in enumerate(_unlike("", json.loads(kept), json.loads(again))):
        if many == LONGEST:
            return
        yield found


def _unlike(place: str, kept: object, again: object) -> Iterator[Difference]:
    if isinstance(kept, dict) and isinstance(again, dict):
        for name in sorted({*kept, *again}):
            yield from _unlike(f"{place}.{name}".strip("."), kept.get(name, _NOTHING), again.get(name, _NOTHING))
    elif isinstance(kept, list) and isinstance(again, list):
        for number, (one, other) in enumerate(zip_longest(kept, again, fillvalue=_NOTHING)):
            yield from _unlike(f"{place}[{number}]", one, other)
    elif not _same(kept, again):
        yield Difference(place, _word(kept), _word(again))


def _same(kept: object, again: object) -> bool:
    if _is_number(kept) and _is_number(again):
        return isclose(float(str(kept)), float(str(again)), rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return kept == again


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _word(value: object) -> str:
    return "nothing" if value is _NOTHING else str(value)
