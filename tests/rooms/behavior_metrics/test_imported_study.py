"""A study that a statistician brings: the same figures on the page, in the files and on the command line, and nobody else's."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from behavior_metrics.imported_study import commands
from behavior_metrics.imported_study.models import ImportedStudy
from lms.cli import command_line
from lms.extensions import db
from lms.outbox.delivery import deliver_outbox
from lms.permissions import Actor, Role
from lms.unit_of_work import run
from tests.factories.behavior import qa_of_the_network
from tests.factories.people import Someone, a_site, someone
from tests.pure.stats.test_cox import SCORE, SHIFT, SITE, START, STOP, UNIT, spells


def the_file(**changed: str) -> bytes:
    """Forty units' spells as somebody's spreadsheet writes them; `changed` replaces cells of the third line."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["id", "start", "stop", "event", "Score", "shift", "cluster"], lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(spells()):
        line = {"id": f"u{row[UNIT]:.0f}", "start": row[START], "stop": row[STOP], "event": f"{row[5]:.0f}",
                "Score": row[SCORE], "shift": row[SHIFT], "cluster": f"site {row[SITE]:.0f}"}  # fmt: skip
        writer.writerow({**line, **changed} if number == 1 else line)
    return text.getvalue().encode()


@pytest.fixture
def qa(app: Flask) -> Someone:
    return qa_of_the_network(a_site("S00", "Europe/Berlin"))


def send(browser: Any, content: bytes, **more: str) -> Any:
    data = {"file": (io.BytesIO(content), "spells.csv"), **more}
    return browser.post("/behavior/studies", data=data, content_type="multipart/form-data")


def brought(browser: Any, content: bytes) -> str:
    answer = send(browser, content)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.location)


def test_page_files_and_command_line_say_the_same_and_no_line_of_the_file_is_kept(
    qa: Someone, sign_in: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = sign_in(qa)
    place = brought(browser, the_file())
    assert "being computed" in browser.get(place).get_data(as_text=True)
    assert "HX-Refresh" not in browser.get(f"{place}/progress").headers
    while deliver_outbox():
        pass
    assert browser.get(f"{place}/progress").headers["HX-Refresh"] == "true"
    page = browser.get(place).get_data(as_text=True)
    assert "<b>0.810</b> (0.639–1.027)" in page
    # R `coxph(Surv(start, stop, event) ~ score + shift, d, cluster = site)`: coef, and its error times sqrt(5 / 4)
    made = json.loads(browser.get(f"{place}/results.json").data)
    first = made["analyses"]["andersen_gill"]["ratios"]["score"]
    assert (first["coef"], first["se_lin_wei"]) == pytest.approx((-0.210820205524, 0.0765316687578), rel=1e-8)
    lines = list(
        csv.DictReader(
            io.StringIO(browser.get(f"{place}/ratios.csv").data.decode("utf-8-sig").partition("\r\n\r\n")[2])
        )
    )
    assert float(lines[0]["ratio"]) == first["ratio"]
    assert {line["analysis"] for line in lines} >= {"andersen_gill", "within_between", "pwp_gap_time", "gamma_frailty"}
    file = tmp_path / "spells.csv"
    file.write_bytes(the_file())
    command_line().main(["study", str(file), "--json"], prog_name="candor", standalone_mode=False)
    assert json.loads(capsys.readouterr().out) == made
    kept = db.session.scalars(db.select(ImportedStudy)).one()
    assert kept.rows == ""
    assert "u17" not in kept.output


def test_groups_are_compared_within_strata_and_an_effect_within_units_has_its_interval(
    qa: Someone, sign_in: Any
) -> None:
    """The first spell of each unit from a common beginning, in R `survdiff(Surv(stop - start, event) ~ shift + strata(site))`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "start", "stop", "event", "score", "shift", "strata"])
    seen: set[float] = set()
    for row in spells():
        if row[UNIT] not in seen:
            seen.add(row[UNIT])
            writer.writerow(
                [
                    f"u{row[UNIT]:.0f}",
                    0,
                    row[STOP] - row[START],
                    f"{row[5]:.0f}",
                    row[SCORE],
                    row[SHIFT],
                    f"site {row[SITE]:.0f}",
                ]
            )
    browser = sign_in(qa)
    place = brought(browser, text.getvalue().encode())
    while deliver_outbox():
        pass
    made = json.loads(browser.get(f"{place}/results.json").data)["analyses"]
    compared = made["log_rank"]["covariates"]
    assert set(compared) == {"shift", "strata"}, "the score has too many values to be groups"
    assert (compared["shift"]["chisq"], compared["strata"]["chisq"]) == pytest.approx((5.534355799755, 6.560445176502))
    assert compared["shift"]["groups"]["0.0"] == pytest.approx({"observed": 8, "expected": 4.378571428571})
    page = browser.get(place).get_data(as_text=True)
    assert "Did the first event come as soon in each group?" in page
    assert "0.0: 8 seen, 4.4 expected" in page
    place = brought(browser, the_file())
    while deliver_outbox():
        pass
    made = json.loads(browser.get(f"{place}/results.json").data)["analyses"]
    assert "at different times" in made["log_rank"]["refused"]
    assert made["bootstrap"]["each"] == "one exact step"
    shared = made["gamma_frailty"]["ratios"]["score"]
    assert shared["low"] < shared["ratio"] < shared["high"]


def test_only_who_brought_it_sees_it_and_forgets_it(qa: Someone, sign_in: Any) -> None:
    other = someone(Role.QA, a_site("S00"), everywhere=True)
    mine, theirs = sign_in(qa), sign_in(other)
    place = brought(mine, the_file())
    for path in (place, f"{place}/results.json", f"{place}/progress"):
        assert theirs.get(path).status_code == 404
    assert theirs.post(f"{place}/forget").status_code == 404
    assert "spells.csv" not in theirs.get("/behavior/studies").get_data(as_text=True)
    assert mine.post(f"{place}/forget").status_code == 302
    assert mine.get(place).status_code == 404
    while deliver_outbox():  # what was asked for before it was forgotten does nothing
        pass
    assert db.session.scalar(db.select(db.func.count()).select_from(ImportedStudy)) == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"stop": ""}, "Line 3: stop is empty."),
        ({"Score": "night"}, "Line 3: score “night” is no number."),
        ({"event": "0.5"}, "Line 3: event is 0.5; it must be 0, 1 or a count."),
        ({"stop": "0"}, "is not after start"),
        ({"cluster": ""}, "Line 3: cluster is empty."),
        ({"Score": "nan"}, "Line 3: score is nan; every value must be known."),
        ({"start": "1", "stop": "900"}, "One id can be at risk once at a time."),
    ],
)
def test_a_line_that_cannot_be_used_is_named(qa: Someone, sign_in: Any, changed: dict[str, str], said: str) -> None:
    answer = send(sign_in(qa), the_file(**changed), covariates="score")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert said in page
    assert 'value="score"' in page  # what was typed is still there
    assert db.session.scalar(db.select(db.func.count()).select_from(ImportedStudy)) == 0


def test_columns_that_are_missing_or_unknown_are_named(qa: Someone, sign_in: Any) -> None:
    browser = sign_in(qa)
    page = send(browser, b"id,begin,stop\n1,0,5\n").get_data(as_text=True)
    assert "The file has no column “start”, “event”." in page
    page = send(browser, the_file(), covariates="score, age").get_data(as_text=True)
    assert "The file has no covariate “age”. It has “score”, “shift”." in page


def test_what_cannot_be_estimated_is_a_sentence_and_the_rest_is_there(qa: Someone, sign_in: Any) -> None:
    browser = sign_in(qa)
    place = brought(browser, the_file(event="2"))
    while deliver_outbox():
        pass
    made = json.loads(browser.get(f"{place}/results.json").data)["analyses"]
    assert made["andersen_gill"] == {
        "refused": "Not estimable because a row has more than one event: split it, or count events per exposure."
    }
    assert made["mean_cumulative_count"]["mean"][-1] > 2
    assert "split it, or count events per exposure" in browser.get(place).get_data(as_text=True)


def test_a_study_is_made_once_and_no_more_than_twenty_are_kept(qa: Someone, sign_in: Any) -> None:
    browser = sign_in(qa)
    place = brought(browser, the_file())
    night = Actor.system("make_study")
    run(commands.make_study, night, "asked for", study_id=place.rsplit("/", 1)[1])
    first = db.session.scalars(db.select(ImportedStudy)).one()
    before = first.made_at
    run(commands.make_study, night, "asked for", study_id=place.rsplit("/", 1)[1])
    assert db.session.scalars(db.select(ImportedStudy.made_at)).one() == before
    for _ in range(commands.MOST_STUDIES - 1):
        brought(browser, the_file())
    answer = send(browser, the_file())
    assert answer.status_code == 422
    assert "Forget one before you bring another" in answer.get_data(as_text=True)
