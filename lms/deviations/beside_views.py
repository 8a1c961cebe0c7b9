"""What is fetched beside the record of a deviation once it is shown, so that the record itself stays quick."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from lms.deviations.models import Deviation
from lms.permissions import Permission, requires, viewer
from lms.scope import get_scoped
from lms.web.slots import filled

bp = Blueprint("beside", __name__, template_folder="../templates")


@bp.get("/deviations/<uuid:deviation_id>/beside")
@requires(Permission.DEVIATION_SEE)
def panels(deviation_id: UUID) -> ResponseReturnValue:
    """Show the panels of the slot ``deviation.beside``."""
    get_scoped(Deviation, deviation_id, viewer(), Permission.DEVIATION_SEE)
    found = filled("deviation.beside", viewer=viewer(), deviation_id=deviation_id)
    return render_template("lms/deviations/_beside.html", panels=sorted(found, key=lambda panel: panel.order))
