"""What changed between two versions of an SOP: by section, by step, by word (``difflib``, Ratcliff and Obershelp)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from modules.documents.sections import Block, Section, sections_of

Kind = Literal["same", "del", "ins", "skip"]
#: Below this likeness two steps are shown as one taken out and one put in, not as one changed word for word.
ALIKE = 0.45


@dataclass(frozen=True, slots=True)
class Span:
    """Words that stayed, went or came."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A step or paragraph on one side. A line of kind ``skip`` stands for unchanged ones that are left out."""

    mark: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A section that is not what it was."""

    #: Slug in the new version; for a section taken out, ``removed-`` and its slug in the old one.
    slug: str
    number: str
    title: str
    #: *Renumbered* when its number alone differs: nothing to read, and still said.
    kind: Literal["changed", "added", "removed", "renumbered"]
    before: tuple[Line, ...]
    after: tuple[Line, ...]

    @property
    def name(self) -> str:
        """The heading as printed."""
        return f"{self.number} {self.title}".strip()


def compare(
    old: str, new: str, old_digests: Mapping[str, str] | None = None, new_digests: Mapping[str, str] | None = None
) -> tuple[Change, ...]:
    """Return the sections that differ between two sources, in the new order; those taken out stand at their old place.

    Sections are matched by number and words, then by words, then by number, then by likeness of their text.
    """
    return _compare(sections_of(old, old_digests), sections_of(new, new_digests))


@lru_cache(maxsize=64)
def _compare(old: tuple[Section, ...], new: tuple[Section, ...]) -> tuple[Change, ...]:
    pairs = _pairs(old, new)
    partner = {b: a for a, b in pairs}
    taken_out = [n for n in range(len(old)) if n not in {a for a, _ in pairs}]
    changes: list[Change] = []
    for b, section in enumerate(new):
        a = partner.get(b)
        upto = a if a is not None else -1
        while taken_out and taken_out[0] < upto:
            changes.append(_removed(old[taken_out.pop(0)]))
        if a is None:
            after = tuple(Line(block.mark, (Span("ins", block.text),)) for block in section.blocks)
            changes.append(Change(section.slug, section.number, section.title, "added", (), after))
        elif old[a].title != section.title or [x.text for x in old[a].blocks] != [x.text for x in section.blocks]:
            changes.append(_changed(old[a], section))
        elif old[a].number != section.number:
            changes.append(_renumbered(old[a], section))
    changes += [_removed(old[n]) for n in taken_out]
    return tuple(changes)


def _pairs(old: Sequence[Section], new: Sequence[Section]) -> list[tuple[int, int]]:
    """Match sections by heading and place, then by number, then by likeness of text."""
    pairs: list[tuple[int, int]] = []
    free_old, free_new = set(range(len(old))), set(range(len(new)))

    def match(key_old: Iterable[object], key_new: Iterable[object]) -> None:
        waiting: dict[object, list[int]] = {}
        for n, key in enumerate(key_old):
            if n in free_old and key:
                waiting.setdefault(key, []).append(n)
        for n, key in enumerate(key_new):
            if n in free_new and waiting.get(key):
                a = waiting[key].pop(0)
                pairs.append((a, n))
                free_old.discard(a)
                free_new.discard(n)

    match([(s.number, _fold(s.title)) for s in old], [(s.number, _fold(s.title)) for s in new])
    match([_fold(s.title) for s in old], [_fold(s.title) for s in new])
    match([s.number for s in old], [s.number for s in new])
    for b in sorted(free_new):
        scored = [
            (SequenceMatcher(None, old[a].text, new[b].text, autojunk=False).ratio(), a)
            for a in free_old
            if old[a].text
        ]
        if scored and max(scored)[0] > 0.6:
            a = max(scored)[1]
            pairs.append((a, b))
            free_old.discard(a)
    return sorted(pairs)


def _fold(title: str) -> str:
    return re.sub(r"\W+", " ", title).strip().casefold()


def _removed(section: Section) -> Change:
    before = tuple(Line(block.mark, (Span("del", block.text),)) for block in section.blocks)
    return Change(f"removed-{section.slug}", section.number, section.title, "removed", before, ())


def _renumbered(old: Section, new: Section) -> Change:
    left, right = _words(old.name, new.name)
    return Change(new.slug, new.number, new.title, "renumbered", (Line("", left),), (Line("", right),))


def _changed(old: Section, new: Section) -> Change:
    before: list[Line] = []
    after: list[Line] = []
    if old.name != new.name:
        left, right = _words(old.name, new.name)
        before.append(Line("", left))
        after.append(Line("", right))
    a, b = [block.text for block in old.blocks], [block.text for block in new.blocks]
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            first, last = a1 == 0 and old.name == new.name, a2 == len(a) and b2 == len(b)
            before += _unchanged(old.blocks[a1:a2], first=first, last=last)
            after += _unchanged(new.blocks[b1:b2], first=first, last=last)
        else:
            _replaced(old.blocks[a1:a2], new.blocks[b1:b2], before, after)
    return Change(new.slug, new.number, new.title, "changed", tuple(before), tuple(after))


def _unchanged(blocks: Sequence[Block], *, first: bool, last: bool) -> list[Line]:
    """Keep the unchanged step next to a change, for the eye to find its place; count the others."""
    head = 0 if first else 1
    tail = len(blocks) - (0 if last else 1)
    if tail - head < 2:
        head = tail = len(blocks)
    lines = [Line(block.mark, (Span("same", block.text),)) for block in blocks[:head]]
    if tail > head:
        lines.append(Line("", (Span("skip", str(tail - head)),)))
    return lines + [Line(block.mark, (Span("same", block.text),)) for block in blocks[tail:]]


def _replaced(old: Sequence[Block], new: Sequence[Block], before: list[Line], after: list[Line]) -> None:
    """Show like steps word for word; the others as taken out or put in."""
    rest = list(new)
    for block in old:
        scored = [
            (SequenceMatcher(None, block.text, other.text, autojunk=False).ratio(), -n) for n, other in enumerate(rest)
        ]
        best = max(scored, default=(0.0, 0))
        if best[0] < ALIKE:
            before.append(Line(block.mark, (Span("del", block.text),)))
            continue
        n = -best[1]
        after += [Line(other.mark, (Span("ins", other.text),)) for other in rest[:n]]
        left, right = _words(block.text, rest[n].text)
        before.append(Line(block.mark, left))
        after.append(Line(rest[n].mark, right))
        rest = rest[n + 1 :]
    after += [Line(other.mark, (Span("ins", other.text),)) for other in rest]


def _words(old: str, new: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return both texts as spans of words that stayed, went and came."""
    a, b = re.findall(r"\S+\s*", old), re.findall(r"\S+\s*", new)
    left: list[Span] = []
    right: list[Span] = []
    matcher = SequenceMatcher(None, [w.strip() for w in a], [w.strip() for w in b], autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            left.append(Span("same", "".join(a[a1:a2])))
            right.append(Span("same", "".join(b[b1:b2])))
            continue
        if a2 > a1:
            left.append(Span("del", "".join(a[a1:a2])))
        if b2 > b1:
            right.append(Span("ins", "".join(b[b1:b2])))
    return tuple(left), tuple(right)
