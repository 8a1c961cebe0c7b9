"""What the question bank does when a bulletin is approved."""

from __future__ import annotations

from assessments.items.commands import set_quiz, write_item
from assessments.items.rules import ItemKind, ItemText, OptionText
from lms.facts import BulletinApproved
from lms.unit_of_work import Work


def on_bulletin_approved(fact: BulletinApproved, *, work: Work) -> None:
    """Make the knowledge check of a bulletin from its questions: all are asked, all must be right."""
    ids = set()
    for number, one in enumerate(fact.questions, 1):
        options = [OptionText(one.right, correct=True, why=one.why), *(OptionText(t, correct=False) for t in one.wrong)]
        # by their text, so that the right answer is not always the first
        text = ItemText(ItemKind.SINGLE, one.stem, tuple(sorted(options, key=lambda option: option.text)))
        code = f"{fact.number}-{number}"
        item = write_item(work, code=code, document_id=fact.document_id, section="", critical=False, text=text)
        ids.add(item.id)
    if ids:
        set_quiz(
            work,
            code=fact.number,
            title=fact.title,
            module_id=fact.module_id,
            draw=len(ids),
            pass_percent=100,
            minutes=10,
            attempts=3,
            item_ids=frozenset(ids),
        )
