"""Tables of the survey: four in a bind of their own, outside the trail, and two records that the trail covers.

What may be known of an answer decides the columns: no moment in a ticket, and neither person nor team in a sealed answer.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from coaching.surveys.instrument import IN_FORCE
from coaching.surveys.sealing import BOX_BYTES
from lms.audit.models import Audited
from lms.extensions import Base, SurveyBase


class SurveyTicket(SurveyBase):
    """The right to answer once, given when a review is closed. Nobody but the submit statement reads ``used``."""

    __tablename__ = "survey_ticket"

    review_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: The person who was coached.
    user_id: Mapped[UUID] = mapped_column(index=True)
    #: Calendar month in which the review was closed, at its site: ``2026-10``.
    month: Mapped[str] = mapped_column(String(7))
    used: Mapped[bool] = mapped_column(default=False)
    #: Code of the instrument it asks with. It follows from the days of the person's reviews, so it tells nothing more.
    instrument: Mapped[int] = mapped_column(default=IN_FORCE, server_default=str(IN_FORCE))


class SurveyNoticeRead(SurveyBase):
    """That somebody read a version of the privacy notice, without a day.

    It stands here, where no page and no trail shows it: a moment would tell when a person first opened a sheet.
    """

    __tablename__ = "survey_notice_read"
    #: Without a rowid on SQLite, since the order of rows would be the order of reading.
    __table_args__ = ({"sqlite_with_rowid": False},)

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    notice: Mapped[int] = mapped_column()


class SurveyKey(SurveyBase):
    """The public half of a quarter's key. The private half is the custodian's alone."""

    __tablename__ = "survey_key"

    quarter: Mapped[str] = mapped_column(String(7), primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    #: Set with the quarter's last release: no answer is taken any more.
    retired: Mapped[bool] = mapped_column(default=False)


class SurveySealed(SurveyBase):
    """One sealed answer. Without a rowid on SQLite, since the order of rows would be the order of answering."""

    __tablename__ = "survey_sealed"
    __table_args__ = (
        CheckConstraint(f"length(box) = {BOX_BYTES}", name="box_length"),
        {"sqlite_with_rowid": False},
    )

    #: Sixteen random bytes.
    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    quarter: Mapped[str] = mapped_column(String(7))
    box: Mapped[bytes] = mapped_column(LargeBinary)


class SurveyRelease(SurveyBase):
    """One published figure, never changed: triggers in both databases refuse it. Each row also stands in the trail."""

    __tablename__ = "survey_release"

    #: ``team:<id>``, ``site-small-teams:<id>`` or ``network-small-teams``.
    cell: Mapped[str] = mapped_column(String(60), primary_key=True)
    #: Such as ``voice-climate 1``.
    instrument_version: Mapped[str] = mapped_column(String(60), primary_key=True)
    first_month: Mapped[str] = mapped_column(String(7), primary_key=True)
    last_month: Mapped[str] = mapped_column(String(7))
    #: ``team``, ``site-small-teams`` or ``network-small-teams``.
    scope: Mapped[str] = mapped_column(String(20))
    team_id: Mapped[UUID | None] = mapped_column()
    #: The team's site, or the site of the small teams; None for the network's.
    site_id: Mapped[UUID | None] = mapped_column()
    instrument: Mapped[int] = mapped_column()
    #: ``5-9``, ``10-19`` or ``20+`` persons.
    n_band: Mapped[str] = mapped_column(String(8))
    #: On the instrument's scale after random rounding, four decimals, as text so that no database rounds it again.
    score: Mapped[str] = mapped_column(String(12))
    #: Share of those asked who answered, as a band; None where fewer than ten were asked.
    response: Mapped[str | None] = mapped_column(String(8))
    released_on: Mapped[date] = mapped_column()


class SurveyKeyRecord(Audited, Base):
    """That a quarter's key was registered, and that it was destroyed. Answers are sealed to no other key than this one."""

    __tablename__ = "survey_key_record"

    quarter: Mapped[str] = mapped_column(String(7), unique=True)
    #: Hexadecimal.
    public_key: Mapped[str] = mapped_column(String(64))
    destroyed_on: Mapped[date | None] = mapped_column()
    #: The day on which what was sealed to it was given up unread, because the key was lost or seen by others.
    given_up_on: Mapped[date | None] = mapped_column()


class SurveyReleaseEvent(Audited, Base):
    """One release: the rows it published with their hashes, written before the rows, so that no restore releases twice."""

    __tablename__ = "survey_release_event"

    #: Counts releases from 1; two releases at once cannot both take the same number.
    number: Mapped[int] = mapped_column(unique=True)
    month: Mapped[str] = mapped_column(String(7))
    released_on: Mapped[date] = mapped_column()
    #: The published rows as text, each with its hash.
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    #: Answers of the whole network that went into the figures, rounded down to a multiple of five, and how many persons
    #: gave the same value throughout; None below five.
    opened: Mapped[int | None] = mapped_column()
    straight_lines: Mapped[int | None] = mapped_column()
    #: Whether answers were destroyed unread by anyone because the whole network had too few.
    too_few: Mapped[bool] = mapped_column(default=False)
    #: At the end of a quarter, for each instrument: alpha and the agreement within teams, as text.
    reliability: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
