"""Management-review packs: of which quarter and scope, which files were made, and what was signed."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from behavior_metrics.management_review.rules import State
from lms.extensions import Base
from lms.signatures.models import Signable


class ReviewPack(Signable, Base):
    """One quarter of the network or of a site, as a PDF and a workbook that say the same. Its files never change."""

    __tablename__ = "review_pack"
    __table_args__ = (UniqueConstraint("scope", "quarter", "revision"),)

    #: ``network``, or the id of the site.
    scope: Mapped[str] = mapped_column(String(40))
    #: The site; None for the network.
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"), index=True)
    #: ``2026-Q3``.
    quarter: Mapped[str] = mapped_column(String(7))
    #: 1 for the first pack of a quarter and scope; one made anew is the next.
    revision: Mapped[int] = mapped_column()
    #: The moment up to which the records count; set when it is asked for, so that a step done later counts the same.
    as_of: Mapped[datetime] = mapped_column()
    #: How far it is: ``asked``, ``counted``, ``printed``, ``made``.
    state: Mapped[str] = mapped_column(String(10), default=State.ASKED)
    #: Meaning of the figures (``figures.METHOD_VERSION``).
    method_version: Mapped[int] = mapped_column()
    #: SHA-256 of the figures that both files show (``figures.fingerprint``); empty until they are counted.
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    #: SHA-256 of each file; the contents lie in the data folder under it.
    figures_sha256: Mapped[str] = mapped_column(String(64), default="")
    pdf_sha256: Mapped[str] = mapped_column(String(64), default="")
    xlsx_sha256: Mapped[str] = mapped_column(String(64), default="")
    made_at: Mapped[datetime | None] = mapped_column()
    #: The same pages with the signature on them, made once it is signed; empty before.
    signed_copy_sha256: Mapped[str] = mapped_column(String(64), default="")
    #: Keys of the sections that today's records would fill otherwise, separated by spaces, and the day that was seen.
    changed: Mapped[str] = mapped_column(String(400), default="")
    changed_on: Mapped[date | None] = mapped_column()

    def signed_content(self) -> dict[str, object]:
        """Return what is signed: which figures, of what, and the very files that show them."""
        return {
            "scope": self.scope,
            "quarter": self.quarter,
            "revision": self.revision,
            "as_of": self.as_of,
            "content": self.content_hash,
            "figures": self.figures_sha256,
            "pdf": self.pdf_sha256,
            "xlsx": self.xlsx_sha256,
        }
