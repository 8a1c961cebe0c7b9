"""Reading the bank: its questions with their versions, and the knowledge checks that draw them. For authors only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select

from assessments.items.models import Item, ItemOption, ItemVersion, OptionKey, Quiz, QuizItem
from assessments.items.rules import ItemText, OptionText
from assessments.training.queries import modules
from lms.extensions import db
from lms.refusals import NotFound
from modules.api import ModuleName


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A question in the bank's list, in its current version."""

    id: UUID
    code: str
    document_id: UUID
    section: str
    critical: bool
    kind: str
    stem: str
    number: int


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version of a question, with its key: for authors."""

    number: int
    is_current: bool
    text: ItemText


@dataclass(frozen=True, slots=True)
class ItemPage:
    """A question with all its versions, newest first."""

    id: UUID
    version: int
    code: str
    document_id: UUID
    section: str
    critical: bool
    versions: tuple[VersionRow, ...]


@dataclass(frozen=True, slots=True)
class QuizRow:
    """A knowledge check in the list."""

    id: UUID
    version: int
    code: str
    title: str
    module_id: UUID
    draw: int
    pass_percent: int
    minutes: int
    attempts: int
    items: int


def bank(*, document_id: UUID | None = None, words: str = "") -> list[ItemRow]:
    """Return the questions in their current version, by code; of one SOP, or with some words in them."""
    statement = (
        select(
            Item.id,
            Item.code,
            Item.document_id,
            Item.section,
            Item.critical,
            ItemVersion.kind,
            ItemVersion.stem,
            ItemVersion.number,
        )
        .join(ItemVersion, (ItemVersion.item_id == Item.id) & ItemVersion.is_current)
        .order_by(Item.code)
    )
    if document_id is not None:
        statement = statement.where(Item.document_id == document_id)
    if words:
        pattern = f"%{words.lower()}%"
        statement = statement.where(
            or_(func.lower(Item.code).like(pattern), func.lower(ItemVersion.stem).like(pattern))
        )
    return [ItemRow(*row) for row in db.session.execute(statement)]


def item_page(item_id: UUID) -> ItemPage:
    """Return a question with its versions and keys. Raises ``NotFound``."""
    statement = (
        select(
            Item.version,
            Item.code,
            Item.document_id,
            Item.section,
            Item.critical,
            ItemVersion.number,
            ItemVersion.is_current,
            ItemVersion.kind,
            ItemVersion.stem,
            ItemOption.text,
            OptionKey.correct,
            OptionKey.rationale,
        )
        .join(ItemVersion, ItemVersion.item_id == Item.id)
        .join(ItemOption, ItemOption.item_version_id == ItemVersion.id)
        .join(OptionKey, OptionKey.option_id == ItemOption.id)
        .where(Item.id == item_id)
        .order_by(ItemVersion.number.desc(), ItemOption.position)
    )
    rows = db.session.execute(statement).all()
    if not rows:
        raise NotFound("There is no such question in the bank.")
    options: defaultdict[tuple[int, bool, str, str], list[OptionText]] = defaultdict(list)
    for row in rows:
        options[row[5], row[6], row[7], row[8]].append(OptionText(row[9], row[10], row[11]))
    versions = tuple(
        VersionRow(number, is_current, ItemText(kind, stem, tuple(offered)))
        for (number, is_current, kind, stem), offered in options.items()
    )
    return ItemPage(item_id, *rows[0][:5], versions)


def text_of_current(item_id: UUID) -> ItemText:
    """Return what the current version of a question says."""
    return next(version.text for version in item_page(item_id).versions if version.is_current)


def quizzes() -> list[QuizRow]:
    """Return every knowledge check, by code, with how many questions it draws from."""
    statement = (
        select(
            Quiz.id,
            Quiz.version,
            Quiz.code,
            Quiz.title,
            Quiz.module_id,
            Quiz.draw,
            Quiz.pass_percent,
            Quiz.minutes,
            Quiz.attempts,
            func.count(QuizItem.id),
        )
        .outerjoin(QuizItem, (QuizItem.quiz_id == Quiz.id) & QuizItem.in_use)
        .group_by(Quiz.id)
        .order_by(Quiz.code)
    )
    return [QuizRow(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9]) for r in db.session.execute(statement)]


def quiz_page(quiz_id: UUID) -> tuple[QuizRow, ModuleName, list[tuple[ItemRow, bool]]]:
    """Return a knowledge check, its module, and the questions about its SOP, each with whether it may be drawn."""
    quiz = next((row for row in quizzes() if row.id == quiz_id), None)
    if quiz is None:
        raise NotFound("There is no such knowledge check.")
    module = next(row for row in modules() if row.id == quiz.module_id)
    drawn = set(db.session.scalars(select(QuizItem.item_id).where(QuizItem.quiz_id == quiz_id, QuizItem.in_use)))
    rows = [row for row in bank() if row.document_id == module.document_id or row.id in drawn]
    return quiz, module, [(row, row.id in drawn) for row in rows]
