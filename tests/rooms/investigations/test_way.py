"""The picture of how far a deviation has come shows what happened, and nothing that did not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask

from lms.permissions import Role
from tests.factories.deviations import classified, close, investigated
from tests.factories.people import someone


def test_the_way_shows_no_step_that_was_passed_over(app: Flask, sign_in: Any) -> None:
    chidi, dana = someone(Role.OPERATOR), someone(Role.QA)

    def way(deviation_id: UUID) -> str:
        page = sign_in(dana).get(f"/deviations/{deviation_id}/course").get_data(as_text=True)
        return page[page.index('class="way"') :].partition("</ol>")[0]

    minor = classified(chidi, dana, days_ago=3, severity="minor")
    close(dana, minor, reason="no effect")
    assert "Triaged" in way(minor)
    assert "QA review" not in way(minor)
    major = classified(chidi, dana, days_ago=2, root_cause_class="material")
    investigated(someone(Role.SITE_LEAD), major)
    assert "QA review" in way(major)
    assert "Contained" not in way(major)
