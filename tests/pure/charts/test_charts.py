"""Every chart tells the truth about its numbers, keeps its words apart at any width and carries no style of its own."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from behavior_metrics.charts import drawing
from behavior_metrics.charts.forest import ForestRow, ForestWords, forest
from behavior_metrics.charts.grid import CellState, cells_grid
from behavior_metrics.charts.marks import Gap, Mark
from behavior_metrics.charts.mini_bar import mini_bar
from behavior_metrics.charts.rates import RatePanel, RateWords, rates_over_time
from behavior_metrics.charts.scatter import ScatterPoint, ScatterWords, scatter
from behavior_metrics.charts.tracks import Series, Track, TrackWords, three_tracks
from tests.pure.charts.pictures import Picture

STYLES = Path(__file__).resolve().parents[3] / "lms/static/candor/components.css"
PERIODS = ("Q4 24", "Q1 25", "Q2 25", "Q3 25", "Q4 25", "Q1 26", "Q2 26", "Q3 26", "Q4 26")
READINGS = (
    Mark(12, 6, 21),
    Mark(0, 0, 9),
    Gap.NO_EXPOSURE,
    Mark(8, 3, 17),
    Mark(30, 18, 47),
    Gap.WAITING,
    Mark(10, 4, 20),
    Mark(25, 0.6, 139),
    Mark(6, 2, 14),
)
RATE_WORDS = RateWords("recurrences per 100 batches", "mean", "limits", "outside", "goes on", "too few", "no batches")


def rates(width: int) -> str:
    panels = [
        RatePanel(name, READINGS, 11.0, ((0.0, 24.0),) * 9)
        for name in ("Utrecht", "Leiden", "Gothenburg, second building", "Vienna")
    ]
    return rates_over_time(panels, PERIODS, RATE_WORDS, title="Rates", description="Four sites", width=width)


def tracks(width: int) -> str:
    climate = (Mark(5.25, 4.5, 6), Gap.WAITING, *[Mark(6.5, 5.75, 7)] * 7)
    shares = (Mark(60, 39, 78), *[Mark(80, 58, 92)] * 7, Gap.WAITING)
    parts = tuple(Series(name, shares) for name in ("raised by us first", "raised in time", "commitments kept"))
    return three_tracks(
        (
            Track("Climate", "team score 1 to 7", (Series("climate", climate, banded=True),), 1, 7),
            Track("Follow-through", "share with 95 % interval", parts, 0, 100, " %"),
            Track("Recurrence", "per 100 batches with 95 % interval", (Series("recurrence", READINGS),)),
        ),
        PERIODS,
        TrackWords(
            "waits: too few", "no batches", "rounding: the true score lies in the band", "interval goes on above"
        ),
        title="Three tracks",
        description="One team",
        width=width,
    )


def forests(width: int) -> str:
    rows = (
        ForestRow(
            "Within teams, one quarter later",
            Mark(1.31, 1.08, 1.59),
            Mark(0.74, 0.59, 0.93),
            "1.31 (1.08–1.59)",
            "0.74 (0.59–0.93)",
            main=True,
        ),
        ForestRow(
            "Two quarters later", Mark(1.2, 0.8, 5.9), Mark(0.83, 0.1, 1.06), "1.20 (0.80–5.90)", "0.83 (0.10–1.06)"
        ),
        ForestRow("Only QC, EM and alarm findings", None, Mark(0.79, 0.58, 1.08), "does not apply", "0.79 (0.58–1.08)"),
    )
    words = ForestWords(
        "Self-reported recurrences",
        "expected to rise when people speak up",
        "Independently detected or at least major",
        "primary outcome",
        "rate ratio (95 % CI)",
        "fewer",
        "more",
    )
    return forest(rows, words, title="Forest", description="Two outcomes", width=width)


def grids(width: int) -> str:
    used, waits, nothing = CellState.USED, CellState.WAITING, CellState.NO_EXPOSURE
    rows = (
        ("Barcelona", (used,) * 9),
        ("Lyon", (None, None, nothing, waits, *(used,) * 5)),
        ("Vienna, cell processing unit 2, north wing", (used, waits, *(used,) * 7)),
    )
    words = {used: "21 used", waits: "2 wait: too few answered", nothing: "1 without batches"}
    return cells_grid(rows, PERIODS, words, title="Cells", description="Three sites", width=width)


def scatters(width: int) -> str:
    points = (
        ScatterPoint(4.2, 0.75, Mark(9, 4, 16)),
        ScatterPoint(5.0, 0.375, Mark(0, 0, 7)),
        ScatterPoint(6.3, 0.0, Mark(33, 0.8, 186)),
    )
    words = ScatterWords("team climate, Q2 2026 (1 to 7)", "recurrences per 100 batches", "rounding", "goes on above")
    return scatter(points, words, title="Points", description="No line on purpose", width=width)


def bars(width: int) -> str:
    return mini_bar(0.77, soon=False, title="Until 31-Aug-2027", description="9 months ahead", width=width)


Draw = Callable[[int], str]
CHARTS = (rates, tracks, forests, grids, scatters, bars)
every_chart = pytest.mark.parametrize("draw", CHARTS, ids=lambda draw: draw.__name__)
every_width = pytest.mark.parametrize("width", [328, 536, 720, 1142])


class TestEveryChart:
    @every_chart
    @every_width
    def test_no_text_leaves_the_drawing_or_covers_another(self, draw: Draw, width: int) -> None:
        picture = Picture(draw(width))
        assert picture.width == width
        assert picture.clipped() == []
        assert picture.touching() == []

    @every_chart
    def test_it_is_one_picture_with_a_title_and_a_description(self, draw: Draw) -> None:
        root = Picture(draw(536)).root
        assert root.attrib["role"] == "img"
        assert [child.tag.rpartition("}")[2] for child in root[:2]] == ["title", "desc"]
        assert all(child.text for child in root[:2])

    @every_chart
    def test_colours_and_widths_come_from_the_style_sheet_alone(self, draw: Draw) -> None:
        assert not re.search(r"\b(style|fill|stroke|font-size|color)=|#[0-9a-f]{3}|<style|<script", draw(536))

    @every_chart
    def test_every_class_has_a_rule(self, draw: Draw) -> None:
        ruled = set(re.findall(r"\.([a-z][\w-]*)", STYLES.read_text(encoding="utf-8")))
        assert Picture(draw(536)).classes <= ruled

    @every_chart
    def test_nothing_is_drawn_at_an_unknown_place(self, draw: Draw) -> None:
        assert not re.search(r"nan|inf\b", draw(536))

    def test_words_from_outside_are_text_and_never_markup(self) -> None:
        drawn = cells_grid(
            [('<script>alert("x")</script>', [CellState.USED])],
            ["Q4 & Q1"],
            {CellState.USED: "<b>1</b>"},
            title="<i>",
            description='"&',
            classes='"><script>',
        )
        picture = Picture(drawn)
        assert {one.tag.rpartition("}")[2] for one in picture.root.iter()} == {
            "svg",
            "title",
            "desc",
            "text",
            "g",
            "rect",
        }

    def test_a_phone_a_half_panel_and_a_whole_one_get_a_drawing_of_their_own(self) -> None:
        every = drawing.at_every_width(
            lambda width, classes: mini_bar(0.5, soon=False, title="t", description="d", width=width, classes=classes)
        )
        assert re.findall(r'class="cht ([\w-]+)" viewBox="0 0 (\d+)', every) == [
            ("at-328", "328"),
            ("at-560", "560"),
            ("at-1120", "1120"),
        ]


def value_at(picture: Picture, y: float, first_x: float) -> float:
    """Read a value off the axis of the first panel, as a reader would: between two ticks with a ruler."""
    axis = [
        (float(one.attrib["y"]) - 4, float((one.text or "").removesuffix(" %")))
        for one in picture.all("text")
        if one.attrib.get("text-anchor") == "end" and float(one.attrib["x"]) < first_x
    ]
    (y0, v0), (y1, v1) = axis[0], axis[1]
    return v0 + (y - y0) / (y1 - y0) * (v1 - v0)


class TestRates:
    def one(self, *readings: Mark | Gap | None, **options: object) -> Picture:
        panel = RatePanel("Utrecht", readings, **options)  # type: ignore[arg-type]
        return Picture(
            rates_over_time([panel], PERIODS[: len(readings)], RATE_WORDS, title="t", description="d", width=536)
        )

    def test_points_and_whiskers_stand_at_their_values(self) -> None:
        picture = self.one(Mark(12, 6, 21), Mark(3, 1, 9))
        circle = picture.marked("circle", "f1")[0]
        whisker = picture.marked("line", "ci1")[0]
        first_x = float(circle.attrib["cx"])
        read = [
            value_at(picture, float(y), first_x)
            for y in (circle.attrib["cy"], whisker.attrib["y1"], whisker.attrib["y2"])
        ]
        assert read == pytest.approx([12, 6, 21], abs=0.1)

    def test_a_period_without_batches_is_marked_and_is_not_a_nought(self) -> None:
        picture = self.one(Mark(12, 6, 21), Gap.NO_EXPOSURE, Mark(0, 0, 9))
        assert len(picture.marked("circle", "f1")) == 2
        assert len(picture.marked("path", "cx2")) == 1
        assert "no batches" in {word.text for word in picture.words}

    def test_the_key_names_only_what_occurs(self) -> None:
        words = {word.text for word in self.one(Mark(12, 6, 21), Mark(3, 1, 9)).words}
        assert words.isdisjoint({"no batches", "outside", "goes on", "too few"})

    def test_a_point_outside_its_limits_has_a_ring(self) -> None:
        limits = ((0.0, 20.0), (0.0, 20.0))
        picture = self.one(Mark(12, 6, 21), Mark(25, 15, 39), centre=11.0, limits=limits)
        assert len(picture.marked("circle", "cx1")) == 1
        assert picture.marked("circle", "cx1")[0].attrib["cx"] == picture.marked("circle", "f1")[1].attrib["cx"]

    def test_an_interval_from_one_batch_does_not_flatten_all_the_others(self) -> None:
        picture = self.one(Mark(12, 6, 21), Mark(25, 0.6, 139))
        highest = max(float(word.text) for word in picture.words if re.fullmatch(r"[\d.]+", word.text))
        assert highest <= 60
        assert "goes on" in {word.text for word in picture.words}

    def test_one_event_in_one_batch_is_a_number_at_the_edge_and_no_scale_for_all(self) -> None:
        picture = self.one(*[Mark(12, 6, 21)] * 5, Mark(100, 3, 557))
        words = {word.text for word in picture.words}
        assert {"100", "goes on"} <= words
        assert max(float(word) for word in words - {"100"} if re.fullmatch(r"[\d.]+", word)) <= 40
        assert len(picture.marked("circle", "f1")) == 5, "no point where its value does not lie"

    def test_all_panels_share_one_scale(self) -> None:
        picture = Picture(rates(860))
        heights = {one.attrib["cy"] for one in picture.marked("circle", "f1")[::7]}
        assert len(heights) == 2  # the same first reading in two rows of panels


class TestTracks:
    def test_no_stroke_bridges_a_quarter_that_waits(self) -> None:
        picture = Picture(tracks(1142))
        runs = [one.attrib["d"].count("L") + 1 for one in picture.marked("path", "l1")]
        # Climate: one alone (no stroke), then seven. Recurrence: 2, a gap, 2, a gap, 3.
        assert sorted(runs) == [2, 2, 3, 7]

    def test_what_waits_is_drawn_hollow(self) -> None:
        picture = Picture(tracks(1142))
        assert len(picture.marked("circle", "hollow")) == 1 + 3 + 1

    def test_three_shares_differ_in_shape_and_not_only_in_colour(self) -> None:
        picture = Picture(tracks(1142))
        # Eight values and one mark beside the name of each.
        assert len(picture.marked("rect", "f2")) == len(picture.marked("path", "f3")) == 9

    def test_a_climate_cell_shows_its_rounding_and_not_an_interval(self) -> None:
        picture = Picture(tracks(1142))
        band = picture.marked("rect", "b1")[0]
        low, high = float(band.attrib["y"]) + float(band.attrib["height"]), float(band.attrib["y"])
        first_x = float(band.attrib["x"])
        assert [value_at(picture, y, first_x) for y in (low, high)] == pytest.approx([4.5, 6.0], abs=0.05)


class TestForest:
    def test_both_outcomes_share_rows_and_a_null_line_each(self) -> None:
        picture = Picture(forests(1142))
        assert len(picture.marked("line", "nul")) == 2
        square, circle = picture.marked("rect", "f2")[0], picture.marked("circle", "f1")[0]
        assert float(square.attrib["y"]) + float(square.attrib["height"]) / 2 == pytest.approx(
            float(circle.attrib["cy"])
        )

    def test_twice_and_half_lie_equally_far_from_one(self) -> None:
        places = {word.text: (word.left + word.right) / 2 for word in Picture(forests(1142)).words[::-1]}
        assert places["2"] - places["1"] == pytest.approx(places["1"] - places["0.5"], abs=0.2)

    def test_an_interval_that_reaches_beyond_the_scale_says_so(self) -> None:
        picture = Picture(forests(1142))
        assert len(picture.marked("path", "f1")) == len(picture.marked("path", "f2")) == 1

    def test_what_does_not_apply_is_said_in_its_place(self) -> None:
        picture = Picture(forests(1142))
        assert "does not apply" in {word.text for word in picture.words}
        assert (len(picture.marked("rect", "f2")), len(picture.marked("circle", "f1"))) == (2, 3)

    def test_on_a_phone_no_scale_line_crosses_a_figure(self) -> None:
        picture = Picture(forests(328))
        spans = [(float(one.attrib["y1"]), float(one.attrib["y2"])) for one in picture.marked("line", "nul")]
        for word in (word for word in picture.words if "(" in word.text):
            assert not any(top < word.baseline - 4 < bottom for top, bottom in spans)


class TestGrid:
    def test_every_cell_is_drawn_with_the_mark_of_its_state(self) -> None:
        picture = Picture(grids(536))
        assert len(picture.marked("rect", "cu")) == 9 + 5 + 8
        assert len(picture.marked("line", "cx1")) == 2 * 2
        assert len(picture.marked("path", "cx2")) == 1

    def test_sites_stay_in_the_order_given(self) -> None:
        names = [word.text for word in Picture(grids(1142)).words]
        assert names.index("Barcelona") < names.index("Lyon")


class TestScatter:
    def test_there_is_no_line_through_the_points(self) -> None:
        picture = Picture(scatters(536))
        assert picture.classes.isdisjoint({"l1", "l2", "l3"})
        assert all(one.attrib["d"].endswith("Z") for one in picture.all("path"))

    def test_an_exact_score_has_no_band(self) -> None:
        assert len(Picture(scatters(536)).marked("rect", "b3")) == 2


class TestMiniBar:
    @pytest.mark.parametrize(("share", "length"), [(1.4, 149), (1, 149), (0.5, 74.5), (0.001, 4)])
    def test_the_bar_is_as_long_as_the_share_and_never_vanishes(self, share: float, length: float) -> None:
        bar = Picture(mini_bar(share, soon=False, title="t", description="d")).marked("rect", "barok")[0]
        assert float(bar.attrib["width"]) == length

    def test_nothing_left_is_no_bar(self) -> None:
        assert Picture(mini_bar(0, soon=True, title="t", description="d")).marked("rect", "barw") == []


class TestDrawing:
    @pytest.mark.parametrize(
        ("low", "high", "expected"),
        [(0, 18, (0, 5, 10, 15, 20)), (0, 0.9, (0, 0.5, 1.0)), (4.2, 6.3, (4, 5, 6, 7)), (0, 100, (0, 50, 100))],
    )
    def test_ticks_are_round_and_hold_the_data(self, low: float, high: float, expected: tuple[float, ...]) -> None:
        assert drawing.ticks(low, high) == expected

    @pytest.mark.parametrize(
        ("low", "high", "expected"), [(1, 7, (1, 3, 5, 7)), (0, 100, (0, 50, 100)), (1, 5, (1, 2, 3, 4, 5))]
    )
    def test_a_fixed_scale_keeps_its_ends(self, low: float, high: float, expected: tuple[float, ...]) -> None:
        assert drawing.even_ticks(low, high) == expected

    def test_names_at_line_ends_are_moved_apart_in_their_order(self) -> None:
        moved = drawing.apart([50, 48, 90], 15)
        assert moved[1] < moved[0] < moved[2]
        assert moved[0] - moved[1] == pytest.approx(15)

    def test_a_name_too_long_for_its_room_is_shortened(self) -> None:
        short = drawing.shortened("Vienna, cell processing unit 2, north wing", 100)
        assert short.endswith("…")
        assert drawing.width_of(short) <= 100
