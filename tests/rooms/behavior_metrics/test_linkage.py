"""The analysis: run at night and on demand, kept as it was known then, and repeated by anybody from its files."""

from __future__ import annotations

import csv
import io
import math
import re
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from behavior_metrics.demonstration import measuring
from behavior_metrics.linkage import commands
from behavior_metrics.linkage.estimates import METHODS
from behavior_metrics.linkage.exports import method_text
from behavior_metrics.linkage.kept import Input
from behavior_metrics.linkage.models import AnalysisRun
from behavior_metrics.linkage.queries import of_run
from behavior_metrics.linkage.rows import METHOD_VERSION, Outcome, Row
from behavior_metrics.stats.association import every_declared_lag
from behavior_metrics.stats.findings import Association, CannotTellYet
from behavior_metrics.stats.panel import TeamQuarter
from lms.demonstration.loading import Stage
from lms.extensions import db
from lms.outbox.delivery import deliver_outbox
from lms.permissions import Actor, Role
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from tests.factories.behavior import (
    history,
    moment,
    opened,
    qa_of_the_network,
    qa_with_an_answer,
    quarter,
)
from tests.factories.people import Beginning, Someone, a_site, a_team, someone, utc

NIGHT = Actor.system("make_nightly_analysis")


@pytest.fixture
def qa(app: Flask) -> Someone:
    return qa_of_the_network(a_site("S00", "Europe/Berlin"))


def at_night() -> str:
    return run(commands.make_nightly_analysis, NIGHT, "due")


def table_of(text: str) -> list[dict[str, str]]:
    """Read a handed-out file as its reader would: what stands after the empty line."""
    _about, _, body = text.partition("\r\n\r\n")
    return list(csv.DictReader(io.StringIO(body)))


def number(text: str) -> float | None:
    return float(text) if text else None


def test_anybody_repeats_every_estimate_from_the_file_of_rows(beginning: Beginning, sign_in: Any) -> None:
    qa = beginning(qa_with_an_answer)
    assert at_night().startswith("run ")
    browser = opened(sign_in(qa))
    rows = table_of(browser.get("/behavior/linkage-rows.csv").data.decode("utf-8-sig"))
    shown = {
        (line["outcome"], int(line["lag_quarters"]), line["estimate"]): line
        for line in table_of(browser.get("/behavior/linkage-estimates.csv").data.decode("utf-8-sig"))
    }
    compared = 0
    for outcome in Outcome:
        panel = [
            TeamQuarter(
                row["site"],
                row["team"],
                int(row["quarter_index"]),
                int(row[outcome.value]),
                float(row["batches"]),
                number(row["climate_of_quarter_before"]),
                float(row["rounding"]),
                int(row["n_at_least"]) if row["n_at_least"] else None,
            )
            for row in rows
        ]
        for lag, result in every_declared_lag(panel).items():
            if isinstance(result, CannotTellYet):
                assert lag != 1, "the declared lag is told in this network"
                assert shown[outcome.value, lag, "within"]["value"] == ""
                continue
            again = {"within": result.within, "within_by_team": result.within_by_team, "between": result.between}
            again |= {"calibrated": result.calibrated.within if result.calibrated else None}
            again |= {"recurrences_per_100_batches": result.rate}
            again |= {f"within_without_{left.site}": left.within for left in result.without_site}
            for name, estimate in again.items():
                line = shown[outcome.value, lag, name]
                if estimate is None:
                    assert line["value"] == ""
                    continue
                for field in ("value", "low", "high"):
                    assert math.isclose(float(line[field]), getattr(estimate, field), rel_tol=1e-9)
                    compared += 1
            p = float(shown[outcome.value, lag, "within"]["p"])
            assert math.isclose(p, result.p_within, rel_tol=1e-9)
    assert compared > 100


def test_anybody_repeats_every_declared_test_and_curve_from_the_file_of_rows(
    beginning: Beginning, sign_in: Any
) -> None:
    qa = beginning(qa_with_an_answer)
    at_night()
    browser = opened(sign_in(qa))
    text = browser.get("/behavior/linkage-rows.csv").data.decode("utf-8-sig")
    variance = re.search(r'"Variance within teams","([^"]*)"', text)
    assert variance
    assert variance[1] == "not published yet"
    given = Input(
        tuple(
            Row(
                row["site"], row["team"], row["team_name"], int(row["quarter_index"]), int(row["batches"]),
                int(row["recurrences"]), int(row["self_reported"]), int(row["independent"]),
                number(row["climate_of_quarter_before"]), float(row["rounding"]),
                int(row["n_at_least"]) if row["n_at_least"] else None, int(row["at_least_major"]),
                number(row["pooled_climate_of_quarter_before"]),
            )
            for row in table_of(text)
        ),
        None,
        quarter(12).index,
    )  # fmt: skip
    again = METHODS[METHOD_VERSION](given)
    estimates = table_of(browser.get("/behavior/linkage-estimates.csv").data.decode("utf-8-sig"))
    shown = {(line["outcome"], line["estimate"]): line for line in estimates if line["estimate"].startswith("test_")}
    assert len(shown) == len(again.trials) == 21
    for trial in again.trials:
        line = shown[trial.outcome, f"test_{trial.key}"]
        told = (trial.p, trial.adjusted, trial.estimate.value if trial.estimate else None)
        for name, value in zip(("p", "p_benjamini_hochberg", "value"), told, strict=True):
            assert number(line[name]) == (None if value is None else pytest.approx(value, rel=1e-9)), (trial.key, name)
    bounds = {
        (line["outcome"], line["estimate"]): line for line in estimates if line["estimate"].startswith("withheld_")
    }
    assert len(bounds) == 2 * len(again.withheld) == 4
    for one in again.withheld:
        for name, low, high in (
            ("withheld_anywhere_on_the_scale", one.low, one.high),
            ("withheld_within_the_released", one.low_alike, one.high_alike),
        ):
            line = bounds[one.outcome, name]
            assert (number(line["low"]), number(line["high"])) == pytest.approx((low, high), rel=1e-9)
            assert int(line["cells"]) == one.cells
    curves = table_of(browser.get("/behavior/linkage-curves.csv").data.decode("utf-8-sig"))
    steps = [(curve, step) for curve in again.curves for step in curve.steps]
    assert len(curves) == len(steps) > 6
    for line, (curve, step) in zip(curves, steps, strict=True):
        assert (line["outcome"], line["band"]) == (curve.outcome, curve.band)
        for name in ("mean", "low", "high"):
            assert float(line[name]) == pytest.approx(getattr(step, name), rel=1e-9)


def test_the_page_says_it_in_words_with_interval_sample_and_smallest_effect(
    beginning: Beginning, sign_in: Any, queries: Any
) -> None:
    qa = beginning(qa_with_an_answer)
    browser = opened(sign_in(qa))
    waiting = browser.get("/behavior/linkage").get_data(as_text=True)
    assert "Not computed yet for these records." in waiting
    at_night()
    with queries() as seen:
        page = browser.get("/behavior/linkage").get_data(as_text=True)
    assert len(seen) <= 6
    assert not [one for one in seen if "analysis_run.input," in one or "analysis_run.input \n" in one], (
        "it has megabytes"
    )
    assert re.search(r"independently detected recurrences were about \d+ % lower a quarter later", page)
    assert "72 team-quarters, 8 sites" in page
    assert re.search(r"a fall of \d+ % \(80 % power\); r \.\d\d at 72 cells if independent", page)
    assert "Team-quarters used: 72 of" in page
    assert "23 in all, declared before the data" in page
    assert page.count("<svg") > 6
    assert "caused" not in page
    with queries() as seen:
        overview = browser.get("/behavior").get_data(as_text=True)
    assert len(seen) <= 6
    assert "Rate ratio per point" in overview


def test_what_was_withheld_is_bounded_in_words_on_the_page_in_the_report_and_in_the_method(
    beginning: Beginning, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    qa = beginning(qa_with_an_answer)
    quiet = a_team(a_site("S01"), "Green")
    with history(qa) as past:
        for back in (1, 2, 3):
            past.batches(a_site("S01"), quiet, quarter(back), 3)
    at_night()
    browser = opened(sign_in(qa))
    page = " ".join(browser.get("/behavior/linkage").get_data(as_text=True).split())
    said = re.search(
        r"3 team-quarters with batches have no released climate\. With them the estimate of (0\.\d\d) would lie between "
        r"(0\.\d\d) and (\d\.\d\d), whatever the withheld cells were \(1 to 7\)",
        page,
    )
    assert said
    value, low, high = map(float, said.groups())
    assert low <= value <= high
    assert "These are limits of the estimate alone" in page
    assert "Sites drawn anew 1,000 times" in page
    assert "Negative binomial instead of Poisson" in page
    printed: list[str] = []

    def listened(_template: object, given: object) -> bytes:
        printed.append(str(given))
        return b"%PDF-1.7"

    monkeypatch.setattr("behavior_metrics.snapshots.exports.set_pages", listened)
    assert browser.get("/behavior/linkage.pdf").status_code == 200
    assert said[0] in printed[0]
    assert "Sites drawn anew 1,000 times" in printed[0]
    kept = db.session.query(AnalysisRun).one()
    assert "Manski 1990" in " ".join(method_text(of_run(kept)))
    kept.method_version = 2
    assert "Manski" not in " ".join(method_text(of_run(kept))), "an earlier study is not said to have done it"
    db.session.rollback()


def test_the_method_can_be_quoted_and_names_what_went_in(beginning: Beginning, sign_in: Any) -> None:
    qa = beginning(qa_with_an_answer)
    at_night()
    text = opened(sign_in(qa)).get("/behavior/linkage-method.txt").get_data(as_text=True)
    kept = db.session.query(AnalysisRun).one()
    for said in (
        kept.input_hash,
        "rule R1 version 1",
        "Poisson",
        "CR3",
        "one quarter before",
        "says nothing of a person",
    ):
        assert said in text


def test_a_night_without_news_makes_no_second_run_and_news_are_marked_on_the_page(
    beginning: Beginning, sign_in: Any
) -> None:
    qa = beginning(qa_with_an_answer)
    team = a_team(a_site("S00"), "Blue")
    at_night()
    assert at_night() == "nothing changed since the last run"
    browser = opened(sign_in(qa))
    before = browser.get("/behavior/linkage-rows.csv").data
    with history(qa) as past:
        past.batches(a_site("S00"), team, quarter(2), 1)
    page = browser.get("/behavior/linkage").get_data(as_text=True)
    assert "records changed since" in page
    known_then = browser.get("/behavior/linkage-rows.csv").data
    assert table_of(known_then.decode()) == table_of(before.decode()), "what is shown is what was known then"
    assert at_night().startswith("run ")
    assert "records changed since" not in browser.get("/behavior/linkage").get_data(as_text=True)


def test_who_asks_for_a_run_sees_it_under_way_and_then_done(beginning: Beginning, sign_in: Any) -> None:
    qa = beginning(qa_with_an_answer)
    browser = opened(sign_in(qa))
    assert browser.post("/behavior/linkage/run").status_code == 302
    page = browser.get("/behavior/linkage").get_data(as_text=True)
    progress = re.search(r'hx-get="(/behavior/linkage/progress/[^"]+)"', page)
    assert progress, "being computed"
    assert "HX-Refresh" not in browser.get(progress.group(1)).headers
    with pytest.raises(NotAllowed, match="under way already"):
        run(commands.ask_for_analysis, qa.actor, "again")
    deliver_outbox()
    assert browser.get(progress.group(1)).headers["HX-Refresh"] == "true"
    page = browser.get("/behavior/linkage").get_data(as_text=True)
    assert "hx-get" not in page
    assert "Rate ratio per point" in page


def test_a_run_over_some_sites_holds_these_sites_and_is_shown_to_nobody_else(
    beginning: Beginning, sign_in: Any
) -> None:
    qa = beginning(qa_with_an_answer)
    own = someone(Role.QA, a_site("S00"))
    asked = run(commands.ask_for_analysis, own.actor, "asked")
    scope = str(a_site("S00").id)
    deliver_outbox()
    db.session.expire_all()
    made = db.session.get_one(AnalysisRun, asked.id)
    assert made.scope == scope
    assert made.made_at is not None
    assert '"S01"' not in made.input
    assert "Not computed yet" in opened(sign_in(qa)).get("/behavior/linkage").get_data(as_text=True)


def test_below_the_gate_nothing_is_estimated_and_nothing_needs_to_be_run(qa: Someone, sign_in: Any) -> None:
    site, team = a_site("S00"), a_team(a_site("S00"))
    with history(qa) as past:
        past.batches(site, team, quarter(1), 2)
        past.deviation(site, team, moment(quarter(1), 1))
    browser = opened(sign_in(qa))
    page = browser.get("/behavior/linkage").get_data(as_text=True)
    assert "Cannot tell yet." in page
    assert "None: the gate is not met" in page
    lines = table_of(browser.get("/behavior/linkage-estimates.csv").data.decode("utf-8-sig"))
    assert {line["value"] for line in lines if line["estimate"].startswith("within")} == {""}
    assert at_night().startswith("run ")


def test_the_last_night_of_a_played_history_leaves_the_analysis_made(qa: Someone) -> None:
    world = SimpleNamespace(today=date(2026, 11, 22), end=utc(2026, 11, 22))
    measuring.evening(Stage(world), date(2026, 11, 20))  # type: ignore[arg-type]
    assert db.session.query(AnalysisRun).count() == 0
    measuring.evening(Stage(world), date(2026, 11, 21))  # type: ignore[arg-type]
    assert db.session.query(AnalysisRun).one().made_at == world.end


def test_what_is_kept_comes_back_to_the_last_digit() -> None:
    import numpy as np

    from behavior_metrics.linkage.kept import Output
    from tests.pure.stats.worlds import World

    told = World().rows(np.random.default_rng(3))
    results = {Outcome.INDEPENDENT: every_declared_lag(told), Outcome.SELF_REPORTED: every_declared_lag(told[:20])}
    assert isinstance(results[Outcome.INDEPENDENT][1], Association)
    assert isinstance(results[Outcome.SELF_REPORTED][1], CannotTellYet)
    assert Output.from_text(Output(results).as_text()) == Output(results)
