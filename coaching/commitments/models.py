"""Commitments: what was agreed in a review, by when, and whether it was kept. Follow-through, never blame."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class CommitmentState(StrEnum):
    """What became of a commitment."""

    OPEN = "open"
    KEPT = "kept"
    PARTLY = "partly"
    NOT_KEPT = "not_kept"
    OBSOLETE = "obsolete"


class Commitment(Audited, Base):
    """One of at most three commitments of a review."""

    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("review_id", "position"),
        Index("ix_commitment_team_due", "team_id", "due_on"),
    )

    review_id: Mapped[UUID] = mapped_column(ForeignKey("coaching_review.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    position: Mapped[int] = mapped_column()
    text: Mapped[str] = mapped_column(Text)
    #: How both will see that it was done.
    shown_by: Mapped[str] = mapped_column(Text, default="")
    due_on: Mapped[date] = mapped_column()
    state: Mapped[str] = mapped_column(String(20), default=CommitmentState.OPEN)
    #: When it was done (kept on time: on or before the due day), and who looked.
    done_on: Mapped[date | None] = mapped_column()
    verified_at: Mapped[datetime | None] = mapped_column()
    note: Mapped[str] = mapped_column(Text, default="")
    #: What it is good for, in the words of the two.
    why: Mapped[str | None] = mapped_column(Text)
    #: What showed it at the follow-up, in words, and a page of the application that shows it.
    evidence: Mapped[str | None] = mapped_column(Text)
    evidence_link: Mapped[str | None] = mapped_column(String(300))
    #: The day since which its clock stands, because it waits on others; None while the clock runs.
    clock_stopped_on: Mapped[date | None] = mapped_column()
    #: The due day with the days waited added; None while there were none. The agreed day stays beside it.
    due_with_waits: Mapped[date | None] = mapped_column()


class WaitState(StrEnum):
    """What became of the word that a commitment waits on others."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class CommitmentWait(Audited, Base):
    """That a commitment waits on others, said by the operator and accepted by the coach. Its days do not count."""

    __tablename__ = "commitment_wait"

    commitment_id: Mapped[UUID] = mapped_column(ForeignKey("commitment.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    #: On whom or what, and why: never a name for a list, read by the two people only.
    waits_on: Mapped[str] = mapped_column(Text)
    #: Days at the site: said, decided, over.
    asked_on: Mapped[date] = mapped_column()
    state: Mapped[str] = mapped_column(String(20), default=WaitState.ASKED)
    decided_at: Mapped[datetime | None] = mapped_column()
    #: Why the coach does not accept it.
    refusal: Mapped[str | None] = mapped_column(Text)
    #: The first day that counts again.
    ended_on: Mapped[date | None] = mapped_column()
