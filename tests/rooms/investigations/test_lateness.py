"""The day by which a deviation is closed: extended with a signature before it, and shown wherever it has passed."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from lms import clock
from lms.deviations import commands as deviations
from lms.deviations import queries, rules
from lms.deviations.filters import Filters
from lms.investigations import commands
from lms.refusals import NotAllowed
from lms.signatures.queries import signatures_on
from lms.unit_of_work import replay
from tests.factories.deviations import (
    classified,
    close,
    on,
    stored,
    triage,
)
from tests.factories.people import PASSWORD, Someone, a_site


def listed(reader: Someone, **filters: Any) -> list[str]:
    return [row.number for row in queries.rows(reader.actor, Filters(**filters), now=clock.now())]


def test_an_extension_is_signed_before_the_day_and_the_first_one_counts(dana: Someone, chidi: Someone) -> None:
    deviation_id = classified(chidi, dana, days_ago=3)
    first = stored(deviation_id).due_at
    assert first is not None
    later = (first + timedelta(days=20)).date()
    given: dict[str, Any] = {"extended_to": later, "reason": "lab is late", "risk": "lot on hold"}
    with pytest.raises(NotAllowed, match="password"):
        on(dana.actor, commands.extend_closing, deviation_id, **given)
    for field in ("reason", "risk"):
        with pytest.raises(NotAllowed) as refused:
            on(dana.signing, commands.extend_closing, deviation_id, **{**given, field: " "})
        assert refused.value.field == field
    extension = on(dana.signing, commands.extend_closing, deviation_id, **given)
    kept = stored(deviation_id)
    assert (kept.due_at, kept.due_now) == (first, rules.end_of_day(later, "Europe/Berlin"))
    assert [s.holds for s in signatures_on(extension)] == [True]
    row = queries.rows(dana.actor, Filters(), now=clock.now())[0]
    assert (row.due_at, row.extended_to) == (first, kept.due_now)
    assert row.is_overdue(first + timedelta(days=1)) is False
    assert row.is_overdue(first + timedelta(days=22)) is True


def test_an_extension_after_the_due_day_is_refused_and_says_so(dana: Someone, chidi: Someone, sign_in: Any) -> None:
    deviation_id = raised_long_ago(chidi, days=40)
    triage(dana, deviation_id)
    version = stored(deviation_id).version
    to = (clock.now() + timedelta(days=10)).date()
    form = {"version": version, "extended_to": to.isoformat(), "reason": "late", "risk": "none", "password": PASSWORD}
    page = sign_in(dana).post(f"/deviations/{deviation_id}/course/extension", data=form)
    assert page.status_code == 422
    assert "The time for closing is over" in page.get_data(as_text=True)
    assert stored(deviation_id).extended_to is None


def raised_long_ago(by: Someone, *, days: int) -> UUID:
    at = clock.now() - timedelta(days=days)
    with replay() as day:
        return day.run(
            deviations.raise_deviation,
            by.actor,
            at,
            "test",
            site_id=a_site().id,
            description="Found the bag open.",
            occurred_at=at - timedelta(hours=1),
        ).id


def test_what_is_not_closed_in_time_shows_everywhere(dana: Someone, chidi: Someone, sign_in: Any) -> None:
    late, fine = raised_long_ago(chidi, days=31), raised_long_ago(chidi, days=29)
    for deviation_id in (late, fine):
        triage(dana, deviation_id, severity="minor")
    untriaged = raised_long_ago(chidi, days=9)  # late for triage, in time for closing
    assert {kind: set(listed(dana, overdue=kind)) for kind in ("1", "triage", "closing")} == {
        "1": {stored(late).number, stored(untriaged).number},
        "triage": {stored(untriaged).number},
        "closing": {stored(late).number},
    }
    browser = sign_in(dana)
    today = browser.get("/").get_data(as_text=True)
    assert "1 deviation is not closed in time" in today
    assert 'href="/deviations?overdue=closing"' in today
    for page in (f"/deviations/{late}", f"/deviations/{late}/course", f"/deviations/{late}/triage", "/deviations"):
        assert "overdue</span>" in browser.get(page).get_data(as_text=True).lower(), page
    for page in (f"/deviations/{fine}", f"/deviations/{fine}/course"):
        assert "overdue</span>" not in browser.get(page).get_data(as_text=True).lower(), page
    close(dana, late, reason="plain cause")
    assert listed(dana, overdue="closing") == []
    body = browser.get("/deviations.csv?state=closed").get_data(as_text=True).lstrip("\ufeff")
    assert [row["closed_in_time"] for row in csv.DictReader(io.StringIO(body))] == ["0"]
