"""Lines of the page that explores: what counts as a rate, what cannot be told yet, and in which order they stand."""

from __future__ import annotations

from uuid import UUID

from behavior_metrics.climate.cells import Cell, Scope, read
from behavior_metrics.counting.queries import Counts
from behavior_metrics.counting.rules import Facet
from behavior_metrics.explore import exports
from behavior_metrics.explore.block import block
from behavior_metrics.explore.lines import Standing, climate_track, groups, track, usual_rate
from behavior_metrics.explore.pictures import levels
from behavior_metrics.explore.rules import Measure, Per, Split, View
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import Places, SitePlace, TeamPlace
from behavior_metrics.stats.intervals import rate_interval
from behavior_metrics.summaries.queries import Key
from lms.deviations.taxonomy import PROCESS_STEPS

Q1, Q2 = Quarter.parse("2026-Q1"), Quarter.parse("2026-Q2")
AAA, BBB = (SitePlace(UUID(int=number), code, f"Site {code}", "UTC") for number, code in ((1, "AAA"), (2, "BBB")))
BLUE, RED = TeamPlace(UUID(int=11), "Blue", AAA), TeamPlace(UUID(int=12), "Red", BBB)
HERE = Places((AAA, BBB), (BLUE, RED), whole_network=True)


def of_site(site: SitePlace, quarter: Quarter, batches: int, recurrences: int) -> tuple[Key, Counts]:
    counts = Counts(batches=batches, recurrences=recurrences, classified=recurrences)
    return Key(Facet.ALL, "", site.id, quarter.index), counts


def test_a_rate_has_its_exact_interval_and_without_batches_there_is_none() -> None:
    counts = dict([of_site(AAA, Q1, 60, 3), of_site(BBB, Q1, 40, 7)])
    found = groups(Split.SITE, counts, HERE, None, "all")
    assert [one.name for one in found] == ["Site AAA", "Site BBB"], "by name, though the second has more"
    assert usual_rate(found, Measure.RECURRENCES) == 10 / 100
    lines = track(Measure.RECURRENCES, Per.RATE, found, 0.1, [Q1, Q2]).lines
    first, none = lines[0].points
    expected = rate_interval(3, 60)
    assert (first.value, first.low, first.high, first.n, first.batches) == (
        expected.value, expected.low, expected.high, 3, 60,
    )  # fmt: skip
    assert (none.standing, none.value, none.low) == (Standing.NO_BATCHES, None, None)


def test_a_point_is_told_from_five_expected_on_and_not_before() -> None:
    counts = dict([of_site(AAA, Q1, 50, 0), of_site(AAA, Q2, 49, 9)])
    found = groups(Split.SITE, counts, HERE, AAA, "all")
    points = track(Measure.RECURRENCES, Per.RATE, found, 0.1, [Q1, Q2]).lines[0].points
    assert [point.standing for point in points] == [Standing.TOLD, Standing.UNTOLD], "whatever was found of them"


def test_counts_are_as_counted_without_an_interval() -> None:
    found = groups(Split.ALL, dict([of_site(AAA, Q1, 2, 1), of_site(BBB, Q1, 3, 1)]), HERE, None, "Network")
    (line,) = track(Measure.BATCHES, Per.COUNT, found, 0.0, [Q1, Q2]).lines
    assert (line.name, [point.value for point in line.points]) == ("Network", [5, 0])
    assert {(point.low, point.standing) for point in line.points} == {(None, Standing.TOLD)}


def test_codes_share_all_batches_and_products_have_their_own() -> None:
    whole = Key(Facet.ALL, "", None, Q1.index), Counts(batches=200, recurrences=6, classified=6)
    steps = [
        (Key(Facet.STEP, code, None, Q1.index), Counts(recurrences=n, classified=n))
        for code, n in ((PROCESS_STEPS[-1], 2), (PROCESS_STEPS[0], 1), ("", 3))
    ]
    found = groups(Split.STEP, dict([whole, *steps]), HERE, None, "all")
    assert usual_rate(found, Measure.RECURRENCES) == 6 / 200, "their batches are the same 200, counted once"
    assert {one.batches[Q1.index] for one in found} == {200}
    assert [one.code for one in found] == [PROCESS_STEPS[0], PROCESS_STEPS[-1], ""], (
        "in the order of the work, not of the figure"
    )
    products = [
        (Key(Facet.PRODUCT, code, None, Q1.index), Counts(batches=n, recurrences=1, classified=1))
        for code, n in (("B", 30), ("A", 10))
    ]
    found = groups(Split.PRODUCT, dict([whole, *products]), HERE, None, "all")
    assert [(one.code, one.batches[Q1.index]) for one in found] == [("A", 10), ("B", 30)]
    assert usual_rate(found, Measure.RECURRENCES) == 2 / 40


def test_teams_stand_by_name_and_what_no_team_made_after_those_of_its_site() -> None:
    counts = {
        Key(Facet.TEAM, str(RED.id), BBB.id, Q1.index): Counts(batches=9, recurrences=9),
        Key(Facet.TEAM, "", AAA.id, Q1.index): Counts(recurrences=1),
    }
    found = groups(Split.TEAM, counts, HERE, None, "all")
    assert [one.key for one in found] == [str(BLUE.id), f"none-{AAA.id}", str(RED.id)]
    assert [(one.team, one.site, one.code) for one in found][1] == (None, AAA.id, "")
    (one,) = groups(Split.ALL, counts, HERE, RED, "all")
    assert (one.name, one.counts[Q1.index].recurrences) == ("Site BBB: Red", 9)


def released(quarter: Quarter, score: float, *, team: TeamPlace | None = None, site: SitePlace | None = None) -> Cell:
    scope = Scope.TEAM if team else Scope.SITE_SMALL_TEAMS
    day = quarter.first_day
    place = team.id if team else site.id if site else None
    return Cell(scope, place, "voice-climate 1", day, day, 5, score, 0.25)


def test_climate_is_what_was_released_and_waits_where_nothing_was() -> None:
    reading = read([released(Q1, 5.0, team=BLUE), released(Q1, 4.0, site=AAA), released(Q1, 3.0, team=RED)])
    found = climate_track(reading, HERE, AAA, [Q1, Q2])
    assert found.lines[0].name == "Site AAA: Blue"
    assert [[point.value for point in line.points] for line in found.lines] == [[5.0, None], [4.0, None]]
    assert found.lines[0].points[1].standing is Standing.WAITING
    assert (found.lines[0].points[0].low, found.lines[0].points[0].high) == (4.75, 5.25)
    assert [line.key for line in climate_track(reading, HERE, RED, [Q1]).lines] == [str(RED.id)]
    assert climate_track(reading, HERE, None, [Q1]).lines == ()
    assert levels(found)[0] == 1
    assert levels(found)[-1] == 7


def test_the_script_is_given_the_numbers_of_the_file_and_nothing_it_has_to_compute() -> None:
    counts = dict([of_site(AAA, Q1, 60, 3), of_site(BBB, Q2, 1, 1)])
    shown = track(Measure.RECURRENCES, Per.RATE, groups(Split.SITE, counts, HERE, None, ""), 0.1, [Q1, Q2])
    given = block([shown], [Q1, Q2], 1, View.LINES, lambda _track, line, _point: f"/list/{line.key}")
    (drawn,) = given["tracks"]
    in_block = [
        (line["key"], point["value"], point["low"], point["high"], point["standing"])
        for line in drawn["lines"]
        for point in line["points"]
    ]
    rows = list(exports.cells([shown], Split.SITE, Q1.last_day))
    names = dict(zip(exports.HEADINGS, range(len(exports.HEADINGS)), strict=True))
    wanted = [tuple(row[names[name]] for name in ("code", "value", "low", "high", "told")) for row in rows]
    assert in_block == wanted
    assert [row[names["over"]] for row in rows] == ["yes", "no"] * 2
    assert [quarter["open"] for quarter in given["quarters"]] == [False, True]
    assert drawn["lines"][0]["points"][0]["href"] == f"/list/{AAA.id}"
    assert drawn["top"] < 558, "the interval of one event in one batch reaches to 557 and is no scale for all"
    assert drawn["top"] >= drawn["lines"][0]["points"][0]["value"]
