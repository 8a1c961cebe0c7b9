"""Pages made of several rooms: a lower room owns the page and names a slot, higher rooms fill it in their wiring.

A filler answers the slot's question with frozen values; the page's own template shows them, so a slot never smuggles markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that needs the reader, on the home page (slot ``home.todo``). Sorted by ``by``, earliest first."""

    by: datetime | date | None
    title: str
    text: str
    target: str
    button: str
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that opens its list (slot ``home.figures``)."""

    label: str
    value: int
    note: str
    target: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of another room on a page.

    Slots: ``home.panels`` beside what needs the reader, ``home.instead`` where nothing does, ``home.own`` under it,
    ``home.below`` fetched beside the page, ``deviation.panels``, ``deviation.beside`` fetched beside that page,
    ``capa.panels`` (``puts_in_place`` among its values: the panel has its own way), ``person.panels``.
    """

    title: str
    template: str
    values: dict[str, Any]
    order: int = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """A search result (slot ``search``), or a question and the page that answers it (slot ``home.evidence``)."""

    title: str
    text: str
    target: str
    kind: str


_fillers: dict[str, list[Callable[..., Iterable[Any]]]] = {}


def fill(slot: str, filler: Callable[..., Iterable[Any]]) -> None:
    """Register a function that answers the slot's question; called with the slot's keyword arguments."""
    fillers = _fillers.setdefault(slot, [])
    if filler not in fillers:
        fillers.append(filler)


def filled(slot: str, **question: object) -> list[Any]:
    """Return what all rooms answer to the slot's question."""
    return [answer for filler in _fillers.get(slot, []) for answer in filler(**question)]
