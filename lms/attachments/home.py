"""What files put on pages of others: their panel beside the record of a deviation."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask_babel import gettext as _

from lms.attachments.queries import files_of
from lms.permissions import Actor, Permission
from lms.web.slots import Panel


def deviation_panels(*, viewer: Actor, deviation_id: UUID) -> Iterable[Panel]:
    """Give the record of a deviation its files."""
    may_add = viewer.may(Permission.DEVIATION_RAISE)
    values = {"files": files_of(viewer, deviation_id), "may_add": may_add}
    yield Panel(_("Files"), "lms/attachments/_panel.html", values, order=30)
