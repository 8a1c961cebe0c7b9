"""What a pack says: read alike everywhere, told or not told, and found by its fingerprint when a digit changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from behavior_metrics.management_review import rules
from behavior_metrics.management_review.figures import (
    Column,
    Figure,
    Pack,
    Section,
    Table,
    as_read,
    changed_sections,
    fingerprint,
)
from behavior_metrics.management_review.pictures import funnel, limits
from behavior_metrics.management_review.workbook import cells, headings
from behavior_metrics.stats.intervals import rate_interval
from lms.refusals import NotAllowed

COLUMNS = (Column("site", "Site", "text"), Column("n", "Number", "count"), Column("rate", "Rate", "rate"))


def a_pack(rate: Figure = Figure(3.2, 0.6, 7.1), *, waiting: int = 4) -> Pack:  # noqa: B008 - frozen
    counted = Section("raised", "Raised", ("Said.",), (Table("raised", "T", COLUMNS, (("Lyon", 5, rate),)),))
    now = Section("decisions", "D", (f"{waiting} wait.",), standing=True)
    return Pack("network", "Network", "2026-Q3", "01-Oct-2026", False, (counted, now), (("R1", "again"),))  # noqa: FBT003


@pytest.mark.parametrize(
    ("cell", "kind", "read"),
    [
        (Figure(3.24, 0.6, 7.1), "rate", "3.2 (0.6–7.1)"),
        (Figure(2 / 3, 0.3, 0.9), "share", "67 % (30–90 %)"),
        (Figure(1.0, 0.0, float("inf")), "ratio", "1.00 (0.00–∞)"),
        (Figure(None, None, None, "cannot tell yet"), "share", "cannot tell yet"),
        (12345, "count", "12,345"),
        (2.25, "number", "2.2"),
        (0.815, "small", "0.81"),
        (None, "count", "–"),
    ],
)
def test_a_value_is_read_with_its_limits_or_says_why_there_is_none(cell: object, kind: str, read: str) -> None:
    assert as_read(cell, kind) == read  # type: ignore[arg-type]


def test_a_pack_comes_back_from_its_text_to_the_last_digit() -> None:
    pack = a_pack(Figure(1 / 3, 0.1 + 0.2, float("inf")))
    again = Pack.from_text(pack.as_text())
    assert again == pack
    assert fingerprint(again) == fingerprint(pack)


def test_the_fingerprint_knows_every_figure_and_neither_day_nor_picture() -> None:
    pack = a_pack()
    assert fingerprint(replace(pack, as_of="02-Oct-2026", picture="<svg/>")) == fingerprint(pack)
    others = [
        a_pack(Figure(3.2000001, 0.6, 7.1)),
        a_pack(Figure(3.2, 0.6, 7.2)),
        a_pack(Figure(None, None, None, "cannot tell yet")),
        a_pack(waiting=5),
        replace(pack, quarter="2026-Q2"),
        replace(pack, scope="other"),
        replace(pack, method_version=pack.method_version + 1),
    ]
    assert len({fingerprint(pack), *map(fingerprint, others)}) == len(others) + 1


def test_dust_of_another_machine_is_no_change() -> None:
    assert fingerprint(a_pack(Figure(3.2 + 1e-12, 0.6, 7.1))) == fingerprint(a_pack())


def test_only_what_speaks_of_the_closed_quarter_counts_as_changed() -> None:
    assert changed_sections(a_pack(), a_pack(waiting=9)) == []
    assert changed_sections(a_pack(), a_pack(Figure(3.3, 0.6, 7.1), waiting=9)) == ["raised"]


def test_a_figure_takes_four_typed_cells_in_the_workbook() -> None:
    table = Table("t", "T", COLUMNS, (("Lyon", 5, Figure(3.2, 0.6, 7.1)), ("Oslo", 0, Figure(None, None, None, "few"))))
    assert headings(table.columns)[:3] == ["Site", "Number", "Rate"]
    assert list(cells(table)) == [["Lyon", 5, 3.2, 0.6, 7.1, None], ["Oslo", 0, None, None, None, "few"]]


@pytest.mark.parametrize("tail", [0.025, 0.001])
@pytest.mark.parametrize("batches", [20, 60, 400])
def test_a_site_is_outside_a_line_exactly_when_its_own_interval_leaves_out_the_rate_of_all(
    batches: int, tail: float
) -> None:
    rate = 12.0
    low, high = limits(rate, batches, tail)
    for events in range(3 * batches // 4):
        own = rate_interval(events, batches, level=1 - 2 * tail)
        assert (own.value > high + 1e-9) == (own.low > rate + 1e-9), events
        assert (own.value < low - 1e-9) == (own.high < rate - 1e-9), events


def test_the_picture_names_every_site_and_is_empty_without_batches() -> None:
    drawn = funnel([("LYO", 40, 4), ("OSL", 40, 4), ("<b>", 12, 0)], "batches", "rate")
    assert drawn.count("<circle") == 3
    assert ">LYO<" in drawn
    assert "&lt;b&gt;" in drawn
    assert funnel([("LYO", 0, 0)], "batches", "rate") == ""


def test_the_network_comes_first_and_what_is_there_is_not_asked_again() -> None:
    assert rules.due(["b", rules.NETWORK, "a"], ["a"]) == [rules.NETWORK, "b"]


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ({"state": "printed"}, "not ready yet"),
        ({"signed": True}, "signed already"),
        ({"newest": False}, "newer revision"),
        ({"broken": ["PDF"]}, "PDF of this pack is missing or was changed"),
    ],
)
def test_what_cannot_be_signed_says_why(case: dict[str, object], sentence: str) -> None:
    good: dict[str, object] = {"state": "made", "signed": False, "newest": True, "broken": []}
    rules.check_can_sign(**good)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed, match=sentence):
        rules.check_can_sign(**{**good, **case})  # type: ignore[arg-type]
