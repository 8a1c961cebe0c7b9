"""What bulletins put on other pages: the way from a closed deviation to a bulletin, and what waits for a trainer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from lms.permissions import Actor
from lms.web.addresses import url_for
from lms.web.slots import Panel, Todo
from modules.bulletins.queries import drafts, to_approve


def deviation_panels(*, viewer: Actor, deviation_id: UUID) -> Iterable[Panel]:
    """Offer whoever drafts for the network to let other sites learn from a deviation."""
    if drafts(viewer):
        yield Panel(
            _("Learning for other sites"), "modules/_deviation_bulletin.html", {"deviation_id": deviation_id}, order=12
        )


def todos(*, viewer: Actor, now: datetime) -> Iterable[Todo]:
    """Give trainers of the network the bulletins that wait for their signature."""
    waiting = to_approve(viewer)
    if waiting:
        words = ngettext("%(num)s bulletin waits for a trainer", "%(num)s bulletins wait for a trainer", waiting)
        text = _("Read it, then sign it or give it back.")
        yield Todo(None, words, text, url_for("bulletins.index", state="in_review"), _("Open the list"))
