"""Counts kept ready, by site and added up; what has changed since; recounts of everything. Derived, so no GMP records."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.extensions import Base
from lms.ids import new_id


class Figures:
    """The figures of a row, under the names of ``queries.Counts``; they count what ``queries.FIGURES`` says."""

    batches: Mapped[int] = mapped_column()
    recurrences: Mapped[int] = mapped_column()
    self_reported: Mapped[int] = mapped_column()
    independent: Mapped[int] = mapped_column()
    major: Mapped[int] = mapped_column()
    good_catches: Mapped[int] = mapped_column()
    to_be_raised: Mapped[int] = mapped_column()
    raised_first: Mapped[int] = mapped_column()
    raised_in_time: Mapped[int] = mapped_column()
    human_causes: Mapped[int] = mapped_column()
    other_causes: Mapped[int] = mapped_column()
    recorded_later: Mapped[int] = mapped_column()
    after_action: Mapped[int] = mapped_column()
    recorded: Mapped[int] = mapped_column()
    late: Mapped[int] = mapped_column()
    classified: Mapped[int] = mapped_column()
    not_determined: Mapped[int] = mapped_column()
    without_team: Mapped[int] = mapped_column()
    detected: Mapped[int] = mapped_column(server_default="0")


class BehaviorCount(Figures, Base):
    """What was counted at one site in one quarter under one code of one facet; a row of noughts is not kept."""

    __tablename__ = "behavior_count"
    __table_args__ = (Index("ix_behavior_count_facet", "facet", "quarter"),)

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), primary_key=True)
    quarter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    facet: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: Id of a team, code of the taxonomy, name of a product, hours; empty for what has none.
    code: Mapped[str] = mapped_column(String(80), primary_key=True)


class BehaviorTotal(Figures, Base):
    """The counts of a network's sites added up, changed with each of them; not by team, since a team is of one site."""

    __tablename__ = "behavior_total"

    network_id: Mapped[UUID] = mapped_column(ForeignKey("network.id"), primary_key=True)
    quarter: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    facet: Mapped[str] = mapped_column(String(20), primary_key=True)
    code: Mapped[str] = mapped_column(String(80), primary_key=True)


class RaisedCount(Base):
    """What a team (None: no team) raised at a site in a quarter, and nothing else: all that the index may know of it."""

    __tablename__ = "raised_count"
    __table_args__ = (Index("ix_raised_count_site_quarter", "site_id", "quarter"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    quarter: Mapped[int] = mapped_column()
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    #: As ``queries.Counts`` has them.
    to_be_raised: Mapped[int] = mapped_column()
    raised_first: Mapped[int] = mapped_column()
    raised_in_time: Mapped[int] = mapped_column()


class BehaviorMark(Base):
    """A site's quarter (None: all of them) whose counts are to be made again, written with the change that asks for it."""

    __tablename__ = "behavior_mark"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    quarter: Mapped[int | None] = mapped_column()
    #: The recount that asks, which doubts no count; None after a change, and then the counts are not read until made again.
    recount_id: Mapped[UUID | None] = mapped_column(ForeignKey("behavior_recount.id"), index=True)


class BehaviorRecount(Base):
    """One recount of all sites: how far it is, and whether it found what was kept."""

    __tablename__ = "behavior_recount"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    asked_at: Mapped[datetime] = mapped_column(index=True)
    sites: Mapped[int] = mapped_column()
    done: Mapped[int] = mapped_column()
    #: Sites whose kept counts were not those counted again; nought unless something changed records unseen.
    differed: Mapped[int] = mapped_column()
