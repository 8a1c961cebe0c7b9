"""The panel on reporting: the paradox of the design is told in words, for all sites and for the one chosen."""

from __future__ import annotations

import csv
import io
from html import unescape
from typing import Any

import pytest
from flask import Flask

from behavior_metrics.summaries import jobs
from lms.network.models import Site, Team
from tests.factories.behavior import Historian, history, moment, opened, qa_of_the_network, quarter
from tests.factories.people import a_site, a_team


def speak_up(past: Historian, site: Site, team: Team) -> None:
    """Write eight quarters: first four with 2 raised and 8 found, then four with 8 raised within two hours and 2 found."""
    for back in range(8, 0, -1):
        said, found = (2, 8) if back > 4 else (8, 2)
        past.batches(site, team, quarter(back), 10)
        for number in range(said + found):
            channel = "performer" if number < said else "supervisor" if number == said else "alarm"
            late = 2.5 if number < said else 9
            past.deviation(site, team, moment(quarter(back), 3 + number), channel=channel, hours_late=late)


@pytest.mark.parametrize("folded", [False, True])
def test_more_said_and_less_wrong_is_said_so(app: Flask, sign_in: Any, *, folded: bool) -> None:
    qa = qa_of_the_network(a_site("AAA"))
    site, team = a_site("AAA"), a_team(a_site("AAA"))
    with history(qa) as past:
        speak_up(past, site, team)
    if folded:
        jobs.fold_summaries()
    browser = opened(sign_in(qa))
    page = unescape(browser.get("/behavior/recurrence").get_data(as_text=True))
    panel = page.split('id="reporting"', 1)[1].split("</section>")[0]
    assert "More was said, and less went wrong." in panel
    assert "Reporting rose" in panel
    # one of each quarter's found was seen by a supervisor, who counts as neither
    assert ">8</a></td><td><a" in panel
    assert ">28</a></td><td><a" in panel
    assert "caused" not in panel
    rows = list(csv.DictReader(io.StringIO(browser.get("/behavior/recurrence-reporting.csv").data.decode("utf-8-sig"))))
    line = next(row for row in rows if row["quarter"] == str(quarter(1)))
    assert (line["raised_first"], line["found_independently"], line["batches"]) == ("8", "1", "10")
    assert (float(line["hours_median"]), line["hours_of"]) == (2, "8")
    assert next(row for row in rows if row["quarter"] == str(quarter(8)))["hours_median"] == "", "two have no median"


def test_of_one_site_it_tells_that_site_alone(app: Flask, sign_in: Any) -> None:
    qa = qa_of_the_network(a_site("AAA"))
    site, team, quiet = a_site("AAA"), a_team(a_site("AAA")), a_site("BBB")
    with history(qa) as past:
        speak_up(past, site, team)
        past.batches(quiet, None, quarter(2), 4)
    browser = opened(sign_in(qa))
    told = browser.get(f"/behavior/recurrence?site={a_site('AAA').id}").get_data(as_text=True)
    silent = browser.get(f"/behavior/recurrence?site={quiet.id}").get_data(as_text=True)
    assert "More was said, and less went wrong." in told
    assert "More was said" not in silent
    assert "Cannot tell yet" in silent.split('id="reporting"', 1)[1].split("</section>")[0]
