"""Writing questions and the knowledge checks that draw them. A change of a question is a new version."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from assessments.items.models import Item, ItemOption, ItemVersion, OptionKey, Quiz, QuizItem
from assessments.items.queries import text_of_current
from assessments.items.quiz_file import QuizFile
from assessments.items.rules import ItemText, check_item, check_quiz
from assessments.training.queries import module_of
from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.unit_of_work import Work, command


@command(needs=Permission.ITEM_AUTHOR)
def write_item(work: Work, *, code: str, document_id: UUID, section: str, critical: bool, text: ItemText) -> Item:
    """Write a new question about an SOP. Raises ``NotAllowed`` for a code that is taken or a text nobody could answer."""
    if not code:
        raise NotAllowed("Give the question a code, such as IT-004-12.", field="code")
    check_item(code, text)
    if db.session.scalar(select(Item.id).where(Item.code == code)) is not None:
        raise NotAllowed(f"There is a question {code} already. Open it and write its next version.", field="code")
    item = Item(code=code, document_id=document_id, section=section, critical=critical)
    _add_version(work, item, 1, text)
    return item


@command(needs=Permission.ITEM_AUTHOR)
def revise_item(work: Work, item_id: UUID, *, version: int, section: str, critical: bool, text: ItemText) -> Item:
    """Write the next version of a question. Earlier versions stay as they were asked, and so do their results."""
    item = db.session.get(Item, item_id)
    if item is None:
        raise NotFound("There is no such question.")
    if item.version != version:
        raise StaleForm("Somebody wrote a new version of this question meanwhile. Read it, then send yours again.")
    check_item(item.code, text)
    current = db.session.scalars(
        select(ItemVersion).where(ItemVersion.item_id == item_id, ItemVersion.is_current)
    ).one()
    if text == text_of_current(item_id) and (section, critical) == (item.section, item.critical):
        raise NotAllowed("Nothing was changed, so there is no new version.")
    item.section, item.critical = section, critical
    current.is_current = False
    _add_version(work, item, current.number + 1, text)
    return item


@command(needs=Permission.ITEM_AUTHOR)
def set_quiz(
    work: Work,
    *,
    code: str,
    title: str,
    module_id: UUID,
    draw: int,
    pass_percent: int,
    minutes: int,
    attempts: int,
    item_ids: frozenset[UUID],
) -> Quiz:
    """Set the knowledge check of a module and the questions it draws from. Attempts already begun keep what they drew."""
    check_quiz(code, draw=draw, pass_percent=pass_percent, minutes=minutes, attempts=attempts, items=len(item_ids))
    quiz = db.session.scalars(select(Quiz).where(Quiz.module_id == module_id)).one_or_none()
    values = {"title": title, "draw": draw, "pass_percent": pass_percent, "minutes": minutes, "attempts": attempts}
    if quiz is None:
        if db.session.scalar(select(Quiz.id).where(Quiz.code == code)) is not None:
            raise NotAllowed(f"The code {code} is taken by the knowledge check of another module.", field="code")
        quiz = Quiz(code=code, module_id=module_id, **values)
        work.add(quiz)
        db.session.flush()
    for name, value in values.items():
        setattr(quiz, name, value)
    drawn = {link.item_id: link for link in db.session.scalars(select(QuizItem).where(QuizItem.quiz_id == quiz.id))}
    for item_id in item_ids - drawn.keys():
        work.add(QuizItem(quiz_id=quiz.id, item_id=item_id))
    for item_id, link in drawn.items():
        link.in_use = item_id in item_ids
    return quiz


@command(needs=Permission.ITEM_AUTHOR)
def import_quiz(work: Work, file: QuizFile) -> Quiz:
    """Take in a knowledge check from a file: new questions, new versions of changed ones, and the rules of drawing.

    The same file a second time changes nothing. Raises ``NotAllowed`` if its module does not exist.
    """
    module = module_of(file.module)
    if module is None:
        raise NotAllowed(f"There is no module {file.module}. Create it first, then import its knowledge check.")
    ids: set[UUID] = set()
    for entry in file.items:
        item = db.session.scalars(select(Item).where(Item.code == entry.code)).one_or_none()
        if item is None:
            item = write_item(
                work,
                code=entry.code,
                document_id=module.document_id,
                section=entry.section,
                critical=entry.critical,
                text=entry.text,
            )
        elif (entry.text, entry.section, entry.critical) != (text_of_current(item.id), item.section, item.critical):
            revise_item(
                work, item.id, version=item.version, section=entry.section, critical=entry.critical, text=entry.text
            )
        ids.add(item.id)
    return set_quiz(
        work,
        code=file.code,
        title=file.title,
        module_id=module.id,
        draw=file.draw,
        pass_percent=file.pass_percent,
        minutes=file.minutes,
        attempts=file.attempts,
        item_ids=frozenset(ids),
    )


def _add_version(work: Work, item: Item, number: int, text: ItemText) -> None:
    version = ItemVersion(item_id=item.id, number=number, kind=text.kind, stem=text.stem)
    options = [
        ItemOption(item_version_id=version.id, position=position, text=offered.text)
        for position, offered in enumerate(text.options, start=1)
    ]
    keys = [
        OptionKey(option_id=option.id, item_version_id=version.id, correct=offered.correct, rationale=offered.why)
        for option, offered in zip(options, text.options, strict=True)
    ]
    for rows in ([item], [version], options, keys):  # each refers to the rows before it
        for row in rows:
            work.add(row)
        db.session.flush()
