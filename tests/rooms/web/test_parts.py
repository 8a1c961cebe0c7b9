"""A part that a page fetches by itself is a whole page for a browser without script, and for a window of its own."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from lms.permissions import Role
from lms.reportable.commands import take_over_standard_rules
from lms.unit_of_work import run
from tests.factories.coaching import an_accepted_review
from tests.factories.deviations import classified
from tests.factories.people import Someone, a_site, a_team, someone

#: A part to be fetched as soon as its page is there, with the link that stands in its place until then.
PART = re.compile(r'hx-get="([^"]+)" hx-trigger="load"[^>]*><p class="t13"><a href="([^"]+)"')


def of_a_review() -> tuple[Someone, str, int]:
    pair = an_accepted_review()
    return pair.coach, f"/reviews/{pair.review_id}", 4


def of_a_deviation() -> tuple[Someone, str, int]:
    site = a_site("CTL", is_control_site=True)
    qa = someone(Role.QA, site)
    run(take_over_standard_rules, qa.actor, "")
    return qa, f"/deviations/{classified(someone(Role.OPERATOR, site), qa, days_ago=2, site=site)}", 1


def of_accountability() -> tuple[Someone, str, int]:
    a_team(a_site())
    return someone(Role.QA), "/behavior/accountability", 1


@pytest.mark.parametrize("beginning", [of_a_review, of_a_deviation, of_accountability])
def test_the_link_in_place_of_a_part_opens_a_page(app: Flask, sign_in, beginning) -> None:
    reader, path, parts = beginning()
    browser = sign_in(reader)
    browser.post("/behavior/figures")  # opened, as figures have to be; refused to who may not see them
    found = [(unescape(part), unescape(link)) for part, link in PART.findall(browser.get(path).get_data(as_text=True))]
    assert len(found) == parts
    for part, link in found:
        alone = browser.get(link).get_data(as_text=True)
        assert alone.count("<main") == alone.count("<h1>") == 1, link
        assert f'href="{path}"' in alone, "the way back"
        fetched = browser.get(part, headers={"HX-Request": "true"}).get_data(as_text=True)
        assert "<main" not in fetched
        assert fetched
