"""What a question must be before it may be asked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lms.refusals import NotAllowed

MOST_OPTIONS = 8


class ItemKind(StrEnum):
    """How an item is answered."""

    SINGLE = "single"
    MULTIPLE = "multiple"


@dataclass(frozen=True, slots=True)
class OptionText:
    """An answer offered, whether it is right, and why."""

    text: str
    correct: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class ItemText:
    """Everything that a version of an item says."""

    kind: str
    stem: str
    options: tuple[OptionText, ...]

    @property
    def why(self) -> str:
        """The explanation shown after release: that of the right answers."""
        return " ".join(dict.fromkeys(option.why for option in self.options if option.correct and option.why))


def check_item(code: str, item: ItemText) -> None:
    """Raise ``NotAllowed`` for a question that nobody could answer rightly, or everybody could."""
    texts = [option.text.strip() for option in item.options]
    right = sum(option.correct for option in item.options)
    if item.kind not in set(ItemKind):
        raise NotAllowed(f"{code}: the kind is “{item.kind}”; use single or multiple.", field="kind")
    if not item.stem.strip():
        raise NotAllowed(f"{code}: the question has no text.", field="stem")
    if not 2 <= len(texts) <= MOST_OPTIONS or "" in texts:
        raise NotAllowed(f"{code}: offer 2 to {MOST_OPTIONS} answers, none of them empty.", field="options")
    if len(set(texts)) < len(texts):
        raise NotAllowed(f"{code}: two answers read alike.", field="options")
    if item.kind == ItemKind.SINGLE and right != 1:
        raise NotAllowed(f"{code}: exactly one answer is right, but {right} are marked so.", field="options")
    if right == 0:
        raise NotAllowed(f"{code}: no answer is marked as right.", field="options")
    if not item.why:
        raise NotAllowed(f"{code}: say why the right answer is right; it is shown after the result.", field="why")


def check_quiz(code: str, *, draw: int, pass_percent: int, minutes: int, attempts: int, items: int) -> None:
    """Raise ``NotAllowed`` for a knowledge check that could not be sat or not be failed."""
    if not 1 <= draw <= items:
        raise NotAllowed(f"{code}: {draw} questions are to be drawn, but the bank gives it {items}.", field="draw")
    if not 1 <= pass_percent <= 100:
        raise NotAllowed(f"{code}: the pass mark is a whole percentage from 1 to 100.", field="pass_percent")
    if not 1 <= minutes <= 240:
        raise NotAllowed(f"{code}: give it 1 to 240 minutes.", field="minutes")
    if not 1 <= attempts <= 10:
        raise NotAllowed(f"{code}: allow 1 to 10 attempts before a trainer is asked.", field="attempts")
