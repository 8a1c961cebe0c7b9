"""The item bank: questions in versions, their keys apart from them, and the quizzes that draw them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.audit.models import Audited
from lms.extensions import Base


class Item(Audited, Base):
    """A question in the bank, across its versions."""

    __tablename__ = "item"

    code: Mapped[str] = mapped_column(String(60), unique=True)
    #: The SOP it asks about.
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), index=True)
    #: Section of the SOP, such as ``7.3``.
    section: Mapped[str] = mapped_column(String(40), default="")
    #: Must be right for the attempt to pass.
    critical: Mapped[bool] = mapped_column(default=False)


class ItemVersion(Audited, Base):
    """The text of an item. An answered version is never edited; a change is a new version."""

    __tablename__ = "item_version"
    __table_args__ = (UniqueConstraint("item_id", "number"),)

    item_id: Mapped[UUID] = mapped_column(ForeignKey("item.id"))
    number: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    stem: Mapped[str] = mapped_column(Text)
    is_current: Mapped[bool] = mapped_column(default=True)


class ItemOption(Audited, Base):
    """One answer offered. Whether it is right stands in another table, so that serialising an item cannot leak the key."""

    __tablename__ = "item_option"
    __table_args__ = (UniqueConstraint("item_version_id", "position"),)

    item_version_id: Mapped[UUID] = mapped_column(ForeignKey("item_version.id"))
    position: Mapped[int] = mapped_column()
    text: Mapped[str] = mapped_column(Text)


class OptionKey(Audited, Base):
    """Whether an option is right, and why. Read by scoring and by the released result only."""

    __tablename__ = "option_key"

    option_id: Mapped[UUID] = mapped_column(ForeignKey("item_option.id"), unique=True)
    item_version_id: Mapped[UUID] = mapped_column(ForeignKey("item_version.id"), index=True)
    correct: Mapped[bool] = mapped_column()
    rationale: Mapped[str] = mapped_column(Text, default="")


class Quiz(Audited, Base):
    """The knowledge check of a module: how many items are drawn, how long one has, what passes."""

    __tablename__ = "quiz"

    code: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    module_id: Mapped[UUID] = mapped_column(ForeignKey("module.id"), unique=True)
    draw: Mapped[int] = mapped_column()
    pass_percent: Mapped[int] = mapped_column()
    minutes: Mapped[int] = mapped_column()
    #: Attempts one may make per assignment before a trainer is asked.
    attempts: Mapped[int] = mapped_column()


class QuizItem(Audited, Base):
    """An item that a quiz may draw."""

    __tablename__ = "quiz_item"
    __table_args__ = (UniqueConstraint("quiz_id", "item_id"),)

    quiz_id: Mapped[UUID] = mapped_column(ForeignKey("quiz.id"))
    item_id: Mapped[UUID] = mapped_column(ForeignKey("item.id"), index=True)
    #: False once taken out: questions are never deleted, and what was drawn stays drawn.
    in_use: Mapped[bool] = mapped_column(default=True)
