"""The network: one control site, its sites and their teams, and who belongs to which team."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class SiteState(StrEnum):
    """Whether a site may make batches."""

    ONBOARDING = "onboarding"
    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    CEASED = "ceased"


class Network(Audited, Base):
    """A network of sites under one control site. An installation holds one; imported studies may add others."""

    __tablename__ = "network"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    #: A demonstration network is marked on every page and print, and never mixes with a real one.
    is_demonstration: Mapped[bool] = mapped_column(default=False)
    #: Set for a network that holds imported public data only: its own taxonomy, no people.
    taxonomy: Mapped[str] = mapped_column(String(40), default="core")


class Site(Audited, Base):
    """A place that makes batches, or the control site that governs them."""

    __tablename__ = "site"

    network_id: Mapped[UUID] = mapped_column(ForeignKey("network.id"), index=True)
    #: Short code that starts the site's record numbers, such as ``LYO``.
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    #: IANA zone in which the site's days begin and end.
    zone: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20), default=SiteState.ONBOARDING)
    is_control_site: Mapped[bool] = mapped_column(default=False)


class Team(Audited, Base):
    """People who make batches together. The unit of climate, follow-through and recurrence; never a person."""

    __tablename__ = "team"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))


class TeamMembership(Audited, Base):
    """A person's time in a team. A move ends one row and begins another."""

    __tablename__ = "team_membership"
    __table_args__ = (Index("ix_team_membership_person", "person_id", "valid_from"),)

    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    #: First day in the team.
    valid_from: Mapped[date] = mapped_column()
    #: First day no longer in the team; None while it lasts.
    valid_to: Mapped[date | None] = mapped_column()
