"""A file of holidays is understood wholly, or refused with the line that is not."""

from __future__ import annotations

from datetime import date

import pytest

from lms.calendars import rules
from lms.refusals import NotAllowed

TODAY = date(2026, 11, 22)


def test_a_file_of_days_and_names_is_read_whatever_the_order_of_its_columns() -> None:
    lines = [(2, ["Christmas Day", "2026-12-25", "x"]), (3, ["New Year", " 2027-01-01 ", ""])]
    found = rules.holidays_of(["Name", "DAY", "more"], lines, TODAY)
    assert found == {date(2026, 12, 25): "Christmas Day", date(2027, 1, 1): "New Year"}


@pytest.mark.parametrize(
    ("columns", "cells", "says"),
    [
        (["date", "name"], ["2026-12-25", "x"], "columns"),
        (["day", "name"], ["25.12.2026", "x"], "Line 7: “25.12.2026” is no day"),
        (["day", "name"], ["2062-12-25", "x"], "Line 7: 2062-12-25 is more than five years away"),
        (["day", "name"], ["2026-12-25", " "], "Line 7: Give the holiday's name"),
        (["day", "name"], ["2026-12-25", "x" * 81], "Line 7: Give the holiday's name"),
    ],
)
def test_what_is_not_understood_is_named_with_its_line(columns: list[str], cells: list[str], says: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        rules.holidays_of(columns, [(7, cells)], TODAY)
    assert says in str(refused.value)
    assert refused.value.field == "file"
