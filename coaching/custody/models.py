"""What the custodian did with a key besides releasing: looked before a release, rehearsed, gave a quarter up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.signatures.models import Signable


class CustodyAct(Signable, Base):
    """One act with a quarter's key. Giving up is signed; none of them holds an answer or a count of answers."""

    __tablename__ = "survey_custody_act"

    #: ``looked``, ``rehearsed`` or ``given_up``.
    kind: Mapped[str] = mapped_column(String(20))
    #: Such as ``2026-Q4``.
    quarter: Mapped[str] = mapped_column(String(7))
    #: The month that was looked at; empty for the other acts.
    month: Mapped[str] = mapped_column(String(7), default="")
    done_on: Mapped[date] = mapped_column()
    #: Why a quarter was given up: ``lost``, ``forgotten`` or ``seen``; empty for the other acts.
    cause: Mapped[str] = mapped_column(String(20), default="")
    #: In the custodian's words; empty for the other acts.
    reason: Mapped[str] = mapped_column(Text, default="")

    def signed_content(self) -> Mapping[str, object]:
        """Return the act as it was signed."""
        return {
            "kind": self.kind,
            "quarter": self.quarter,
            "done_on": self.done_on,
            "cause": self.cause,
            "reason": self.reason,
        }
