"""What the application says when it may not, or cannot, do what was asked. Each is one sentence for its reader."""

from __future__ import annotations


class NotAllowed(Exception):
    """A rule refuses the change. ``field`` names the form field that the sentence belongs to, if there is one."""

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class NoPermission(NotAllowed):
    """The actor lacks the permission. Shown as 403."""


class NotFound(NotAllowed):
    """There is no such record within the actor's sites. Shown as 404, whether it exists elsewhere or not."""


class StaleForm(NotAllowed):
    """Somebody changed the record after the form was opened. Shown as 409, with what was typed kept."""
