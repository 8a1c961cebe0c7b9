"""Twelve months ahead as a bar: how much of them a qualification covers. One tick per quarter."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from markupsafe import Markup

_YEAR, _WIDTH, _LEAST = 365, 150, 3
_BAR = Markup(
    '<svg class="bar12" viewBox="0 0 150 14" role="img" aria-label="{}"><rect class="{}" x="0" y="1" width="{}" height="7" '
    'rx="1.5"></rect><path class="ax" d="M.5 12.5h149M.5 8.5v4M37.5 8.5v4M75 8.5v4M112.5 8.5v4M149.5 8.5v4"></path></svg>'
)


def days_left(until: datetime, now: datetime) -> int:
    """Return the whole days until a moment, 0 if it is over."""
    return max((until - now).days, 0)


@lru_cache(2048)
def twelve_months_bar(words: str, days: int, soon: bool) -> Markup:  # noqa: FBT001 - called by templates
    """Return the bar of what runs for so many days; ``words`` say it, ``soon`` colours it as running out."""
    days = min(days, _YEAR)
    return _BAR.format(words, "b-soon" if soon else "b-ok", max(days * _WIDTH // _YEAR, _LEAST))
