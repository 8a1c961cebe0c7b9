"""What a person declared on the form that leads to a command: it is added to the reason in the trail of this request."""

from __future__ import annotations

from flask import g


def declare(sentence: str) -> None:
    """Keep a declaration for the command that this request runs. It may hold no free text: the trail keeps it for good."""
    g.setdefault("declarations", []).append(sentence)


def declared() -> list[str]:
    """Return what was declared in this request."""
    return list(g.get("declarations", ()))
