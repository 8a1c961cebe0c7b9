"""What a draft may hold. Pure: fields in, fields out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from coaching.reviews.rules import COMMITMENTS

#: Texts are cut at the length that their form takes at most; a draft is never a way to store more.
LONGEST = 4000
_OWN = re.compile(r"own_account|went_well")
_COACH = re.compile(
    rf"went_well|coach_account|barrier|support_owed|support_due_on|support_owner|follow_up_on"
    rf"|commitments-[0-{COMMITMENTS - 1}]-(?:text|why|shown_by|due_on)|barriers-[0-2]-(?:what|owner|due_on)"
)


def kept_fields(given: Mapping[str, str], *, is_coach: bool) -> dict[str, str]:
    """Return the fields of one side's form; tokens, passwords and whatever else was sent are left out."""
    fields = _COACH if is_coach else _OWN
    return {name: text[:LONGEST] for name, text in sorted(given.items()) if fields.fullmatch(name)}
