"""The declared tests beside the main one, the curves by climate, what is left out, and the reporting paradox."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from hashlib import sha256
from math import exp, log, sqrt
from uuid import UUID, uuid4

import numpy as np
import pytest

from behavior_metrics.climate.cells import Climate, ClimateReading, Pooled
from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.linkage.curves import BANDS, band_of, every_curve
from behavior_metrics.linkage.estimates import METHODS
from behavior_metrics.linkage.kept import Input, Output, Sources
from behavior_metrics.linkage.paradox import paradox
from behavior_metrics.linkage.reasons import counted, left_out
from behavior_metrics.linkage.rows import METHOD_VERSION, Outcome, Row, TeamCounts, fingerprint, rows_of
from behavior_metrics.linkage.trials import p_of, settled_rows, unsuppressed_rows
from behavior_metrics.snapshots.rules import Signed, Verdict, changes, hash_of, regenerate
from behavior_metrics.stats.association import climate_recurrence_association
from behavior_metrics.stats.findings import Association
from behavior_metrics.stats.intervals import Estimate
from behavior_metrics.stats.trial import Trial
from behavior_metrics.words import BANDS as BAND_WORDS
from behavior_metrics.words import PLAIN, TESTS
from tests.pure.linkage.studies import studied
from tests.pure.stats.worlds import World


def a_study(seed: int = 5, **given: object) -> Input:
    return studied(World().rows(np.random.default_rng(seed)), **given)


@cache
def made() -> Output:
    """Return what the present method makes of it."""
    return METHODS[METHOD_VERSION](a_study())


def by_key(trials: tuple[Trial, ...], outcome: Outcome) -> dict[str, Trial]:
    return {trial.key: trial for trial in trials if trial.outcome == outcome}


def test_every_declared_test_is_made_once_for_each_outcome_it_applies_to() -> None:
    output = made()
    keys = {outcome: [trial.key for trial in output.trials if trial.outcome == outcome] for outcome in Outcome}
    assert sorted(keys[Outcome.INDEPENDENT]) == sorted({*TESTS} - {"weakest"})
    assert sorted(keys[Outcome.SELF_REPORTED]) == sorted({*TESTS} - {"weakest", "major"})


def test_p_is_the_one_of_the_fit_and_adjusted_by_hand_over_all_of_them() -> None:
    output = made()
    main = output.results[Outcome.INDEPENDENT][1]
    assert isinstance(main, Association)
    assert by_key(output.trials, Outcome.INDEPENDENT)["within"].p == pytest.approx(main.p_within, rel=1e-9)
    told = sorted((trial.p, trial.adjusted) for trial in output.trials if trial.p is not None)
    raw = [p for p, _ in told]
    by_hand = [
        min(1.0, *(raw[later] * len(raw) / (later + 1) for later in range(place, len(raw))))
        for place in range(len(raw))
    ]
    assert [adjusted for _, adjusted in told] == pytest.approx(by_hand, rel=1e-12)
    assert all(adjusted >= p for p, adjusted in told)


def test_a_p_of_a_ratio_and_its_interval_is_that_of_t() -> None:
    # the expected value is that of R, twice pt of minus the absolute log(0.8) over 0.1 at 11 degrees of freedom
    reach = 2.200985160082949 * 0.1
    ratio = Estimate(0.8, exp(log(0.8) - reach), exp(log(0.8) + reach), 88, "")
    assert p_of(ratio, 11) == pytest.approx(0.04740705995060, rel=1e-9)


def test_a_new_site_loses_its_first_two_quarters_and_one_that_was_there_before_keeps_them() -> None:
    given = a_study(first_quarter=8000)
    assert [one.batches for one in settled_rows(given, Outcome.INDEPENDENT)] == [
        float(row.batches) for row in given.rows
    ]
    later = Input(
        tuple(row._replace(batches=0) if row.site == "site 03" and row.quarter < 8002 else row for row in given.rows),
        None,
        8000,
    )
    kept = {(one.site, one.quarter) for one in settled_rows(later, Outcome.INDEPENDENT) if one.batches}
    assert {quarter for site, quarter in kept if site == "site 03"} == set(range(8004, 8008))
    assert {quarter for site, quarter in kept if site == "site 04"} == set(range(8000, 8008))


def test_what_was_withheld_is_given_its_pool_or_else_the_team_s_usual_climate_in_one_test_alone() -> None:
    given = a_study()
    held = [
        row._replace(climate=None, n_low=None, pooled=4.5 if number == 0 else None) if number in {0, 9} else row
        for number, row in enumerate(given.rows)
    ]
    short = replace(given, rows=tuple(held))
    filled = unsuppressed_rows(short, Outcome.INDEPENDENT)
    own = [
        row.climate for row in held if (row.site, row.team) == (held[9].site, held[9].team) and row.climate is not None
    ]
    assert filled[0].climate == 4.5
    assert filled[9].climate == pytest.approx(sum(own) / len(own))
    whole = climate_recurrence_association([row.for_outcome(Outcome.INDEPENDENT) for row in held])
    trials = by_key(METHODS[METHOD_VERSION](short).trials, Outcome.INDEPENDENT)
    assert isinstance(whole, Association)
    assert trials["within"].estimate == whole.within
    assert trials["unsuppressed"].cells == trials["within"].cells + 2


def test_the_gate_holds_for_each_test_of_its_own() -> None:
    given = a_study()
    few = replace(given, rows=tuple(row._replace(major=0) for row in given.rows))
    trials = by_key(METHODS[METHOD_VERSION](few).trials, Outcome.INDEPENDENT)
    assert trials["major"].estimate is None
    assert trials["major"].p is None
    assert trials["within"].estimate is not None


# -- curves ----------------------------------------------------------------------------------------------------------------


def test_the_curves_are_mean_counts_by_quarter_spent_in_the_band() -> None:
    """Four teams, always high: 1, 0, 2, 1 events in their first quarter and 1 each in the second; one leaves after it."""
    rows = []
    for number, events in enumerate(((1, 1, 0), (0, 1, 0), (2, 1, 4), (1, 1))):
        rows += [
            Row(f"S{number}", "t", "t", 8000 + at, 4, count, count, count, 6.0, 0.0, 5, 0)
            for at, count in enumerate(events)
        ]
    high = {curve.band: curve for curve in every_curve(rows) if curve.outcome == Outcome.INDEPENDENT}["high"]
    assert [(step.quarter, step.teams) for step in high.steps] == [(1, 4), (2, 4), (3, 3)]
    assert [step.mean for step in high.steps] == pytest.approx([1.0, 2.0, 2.0 + 4 / 3])
    # Lawless and Nadeau: sum over teams of ((events - mean)/teams) squared = (0 + 1 + 1 + 0)/16
    spread = exp(1.959963984540054 * sqrt(2 / 16) / 1.0)
    assert high.steps[0].low == pytest.approx(1 / spread)
    assert high.steps[0].high == pytest.approx(spread)


def test_a_curve_ends_where_fewer_than_three_teams_are_left_and_a_quiet_band_stays_at_nought() -> None:
    rows = [
        Row(f"S{number}", "t", "t", 8000 + at, 4, 1, 1, 0, 6.0, 0.0, 5, 0)
        for number in range(3)
        for at in range(2 + number // 2)
    ]
    curves = {(curve.outcome, curve.band): curve for curve in every_curve(rows)}
    assert [step.quarter for step in curves[Outcome.SELF_REPORTED, "high"].steps] == [1, 2]
    quiet = curves[Outcome.INDEPENDENT, "high"].steps
    assert [(step.quarter, step.mean) for step in quiet] == [(2, 0.0)]
    assert curves[Outcome.SELF_REPORTED, "low"].steps == ()


def test_bands_are_the_declared_ones() -> None:
    assert [band_of(score) for score in (1.0, 4.49, 4.5, 5.49, 5.5, 7.0)] == [
        "low",
        "low",
        "middle",
        "middle",
        "high",
        "high",
    ]
    assert set(BANDS) == set(BAND_WORDS)


# -- what is left out ------------------------------------------------------------------------------------------------------


def test_each_team_quarter_left_out_has_the_first_reason_that_applies() -> None:
    def row(site: str, quarter: int, climate: float | None, batches: int = 3, pooled: float | None = None) -> Row:
        return Row(site, "t", "Team", quarter, batches, 1, 1, 0, climate, 0.0, None, 0, pooled)

    given = Input(
        (
            row("A", 1, None), row("A", 2, 5.0), row("A", 3, None), row("A", 4, None, pooled=4.0), row("A", 5, 5.0, 0),
            row("B", 2, None), row("C", 1, None), row("C", 2, None),
        ),
        None, 1, ("B",),
    )  # fmt: skip
    found = {(one.site, one.quarter.index): one.reason for one in left_out(given, [Quarter(n) for n in range(1, 6)])}
    assert found == {
        ("A", 1): "before_first", ("A", 3): "withheld", ("A", 4): "pooled", ("A", 5): "no_batches",
        ("B", 2): "switched_off", ("B", 3): "no_batches", ("B", 4): "no_batches", ("B", 5): "no_batches",
        ("C", 1): "never", ("C", 2): "never", ("C", 3): "no_batches", ("C", 4): "no_batches", ("C", 5): "no_batches",
    }  # fmt: skip
    many = counted(left_out(given, [Quarter(n) for n in range(1, 6)]))
    assert sum(many.values()) == len(found)


# -- the paradox -----------------------------------------------------------------------------------------------------------


def test_the_paradox_reads_raised_and_came_back_apart() -> None:
    """domain.md 4.2: 48 recorded before and 51.8 after a fall of the truth by 30 %; found independently fell by 65 %."""
    found = paradox((1000, 20, 28, 48), (1000, 42, 10, 52))
    assert found.pattern == "more_less"
    assert found.recorded.after > found.recorded.before
    assert paradox((1000, 20, 20, 40), (1000, 21, 19, 40)).pattern == "unmoved"
    assert paradox((0, 0, 0, 0), (1000, 21, 19, 40)).pattern == "unknown"
    assert paradox((1000, 40, 10, 50), (1000, 10, 40, 50)).pattern == "less_more"


# -- methods and snapshots -------------------------------------------------------------------------------------------------


def test_the_first_method_still_answers_as_it_did_and_its_kept_form_is_read() -> None:
    given = a_study()
    output = METHODS[1](given)
    assert (output.trials, output.curves) == ((), ())
    as_kept_then = json.dumps(json.loads(output.as_text())["results"])
    assert Output.from_text(as_kept_then) == output
    new = {"major", "pooled"}
    old_rows = [{key: value for key, value in row._asdict().items() if key not in new} for row in given.rows]
    old_input = json.dumps({"rows": old_rows, "within_team_variance": None})
    signed = Signed(hash_of(old_input), hash_of(as_kept_then), 1)
    assert regenerate(signed, old_input, as_kept_then) == (Verdict.SAME, ())
    assert fingerprint(given.rows, 1) == fingerprint(Input.from_text(old_input).rows, 1)


#: What the second method gave of ``a_study`` on the day before there was a third: outcome, test, estimate, low, high, p and
#: p adjusted. It is never to give anything else.
SECOND = (
    ("within", 0.6875202451652151, 0.6129267301105036, 0.7711918314066969, 1.7973341441089014e-05, 3.8193350562314154e-05),
    ("calibrated", 0.6875202451652151, 0.6129267301105036, 0.7711918314066969, 1.7973341441089014e-05, 3.8193350562314154e-05),
    ("between", 0.891339920127362, 0.7627487827695373, 1.0416101227036692, 0.13243373985866502, 0.1731825828921004),
    ("by_team", 0.6875202451652151, 0.6190089680165073, 0.7636142801398514, 1.6506008686582556e-07, 1.4030107383595171e-06),
    ("lag_0", 0.9934200871711104, 0.8472674299164789, 1.1647839097182582, 0.9288911544678825, 0.9288911544678825),
    ("lag_2", 1.055763267889585, 0.8540571449574929, 1.3051071399682181, 0.5845217419703354, 0.6624579742330466),
    ("major", 0.6399825218796319, 0.5512725889952338, 0.7429675200392643, 3.9513740239091424e-05, 7.463706489606157e-05),
    ("settled", 0.7059772621287413, 0.6038532800173871, 0.8253725054345034, 0.00046832676550792227, 0.0007237777285122436),
    ("unsuppressed", 0.6875202451652151, 0.6129267301105036, 0.7711918314066969, 1.7973341441089014e-05, 3.8193350562314154e-05),
)  # fmt: skip


def test_a_study_signed_by_the_second_method_is_made_anew_to_nine_digits_and_has_no_later_test() -> None:
    given = a_study()
    output = METHODS[2](given)
    told = [trial for trial in output.trials if trial.outcome == Outcome.INDEPENDENT]
    assert len(output.trials) == 17
    assert [trial.key for trial in told] == [line[0] for line in SECOND]
    for trial, (_key, *figures) in zip(told, SECOND, strict=True):
        assert trial.estimate
        assert trial.p
        assert trial.adjusted
        found = [trial.estimate.value, trial.estimate.low, trial.estimate.high, trial.p, trial.adjusted]
        assert found == pytest.approx(figures, rel=1e-9, abs=1e-9)
    # the form in which the second method was kept had no bounds of the withheld
    kept = json.loads(output.as_text())
    del kept["withheld"]
    as_kept_then = json.dumps(kept)
    signed = Signed(hash_of(given.as_text()), hash_of(as_kept_then), 2)
    assert regenerate(signed, given.as_text(), as_kept_then) == (Verdict.SAME, ())


def test_the_rows_of_the_first_method_keep_the_fingerprint_they_had() -> None:
    row = Row("S00", "t", "Blue", 8100, 3, 2, 1, 1, 5.25, 0.25, 5)
    # taken from the first method as it was, before rows had more columns
    text = '[1,["S00","t","Blue",8100,3,2,1,1,5.25,0.25,5]]'
    assert fingerprint([row], 1) == sha256(text.encode()).hexdigest()


def test_another_figure_anywhere_is_a_difference_and_dust_is_none() -> None:
    given = a_study()
    kept = made().as_text()
    signed = Signed(hash_of(given.as_text()), hash_of(kept), METHOD_VERSION)
    assert regenerate(signed, given.as_text(), kept)[0] is Verdict.SAME
    value = json.loads(kept)
    ratio = value["results"]["independent"]["1"]["within"]
    for factor, verdict in ((1 + 1e-12, Verdict.SAME), (1 + 1e-6, Verdict.DIFFERS)):
        other = json.loads(kept)
        other["results"]["independent"]["1"]["within"]["value"] = ratio["value"] * factor
        text = json.dumps(other)
        found, places = regenerate(
            Signed(hash_of(given.as_text()), hash_of(text), METHOD_VERSION), given.as_text(), text
        )
        assert found is verdict
        assert [place.place for place in places] == (
            [] if verdict is Verdict.SAME else ["results.independent.1.within.value"]
        )


def test_a_later_quarter_is_no_change_and_a_recurrence_that_left_is() -> None:
    def sources(**recurrences: str) -> Sources:
        return Sources("", "", "", {number.replace("_", "-"): fact for number, fact in recurrences.items()})

    row = Row("A", "t", "Blue", 8100, 3, 1, 1, 0, 5.0, 0.0, 5, 0)
    then = Input((row,), None, 8095, (), sources(D_1="A: Blue, 2025-Q1, major"))
    later = Row("A", "t", "Blue", 8101, 9, 9, 9, 9, 5.0, 0.0, 5, 0)
    both = sources(D_1="A: Blue, 2025-Q1, major", D_2="A: Blue, 2025-Q2, major")
    same = replace(then, rows=(row, later), first_quarter=8096, sources=both)
    assert changes(then, same) == ()
    gone = replace(then, sources=sources())
    assert [(one.kind, one.what, one.after) for one in changes(then, gone)] == [("recurrence", "D-1", "–")]


def test_no_sentence_about_a_result_says_more_than_that_it_is_associated() -> None:
    for words in PLAIN.values():
        assert "caus" not in str(words).lower()
        assert "because" not in str(words).lower()
    assert all("associated with" in str(words) for key, words in PLAIN.items() if key.startswith("independent"))


def test_a_pool_stands_in_the_row_of_a_small_team_and_is_no_climate_of_it() -> None:
    site, team = uuid4(), uuid4()
    pools = tuple(
        Pooled(place, Quarter(8099), Climate(score, 0.25, 5, 1)) for place, score in ((site, 4.5), (None, 5.5))
    )
    reading = ClimateReading({}, pools, "voice-climate 1", 0)

    def one(where: UUID | None) -> Row:
        made = TeamCounts("S00", team, "Blue", where, {Quarter(8100): (3, 1, 1, 0, 0)})
        return rows_of([made], [Quarter(8100)], {Quarter(8100)}, reading)[0]

    assert (one(site).climate, one(site).pooled) == (None, 4.5)
    assert one(uuid4()).pooled == 5.5, "without one of its site, the network's"
