"""Coding quality: do two people who code alone code alike, and so may charts be drawn by their codes?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from behavior_metrics.coding import exports, pictures
from behavior_metrics.coding.lines import CauseLine, FieldLine, cause_lines, field_lines
from behavior_metrics.coding.queries import coded_twice
from behavior_metrics.frames.queries import Frame, frame
from behavior_metrics.stats.kappa import ENOUGH, FEWEST, FEWEST_USES
from lms import clock
from lms.exports.download import download
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.web.times import start_of_day

bp = Blueprint("behavior_coding", __name__, template_folder="../templates")

#: Quarters looked at: two years and the one going on.
SHOWN = 9
#: The field whose agreement decides whether charts of causes may be read.
DECIDING = "root_cause_class"


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What the page and its files are made of."""

    frame: Frame
    fields: Sequence[FieldLine]
    causes: Sequence[CauseLine]

    @property
    def deciding(self) -> FieldLine:
        """Agreement on the root cause class."""
        return self.field(DECIDING)

    def field(self, name: str) -> FieldLine:
        """Agreement on one field. Raises ``NotAllowed`` for one that is not coded twice."""
        found = next((line for line in self.fields if line.field == name), None)
        if found is None:
            raise NotAllowed("This address names no field that is coded twice. Choose one on the page.")
        return found


def _numbers() -> _Numbers:
    counted = frame(viewer(), clock.now(), SHOWN)
    since = start_of_day(counted.window.quarters[0].first_day, viewer().zone)
    return _Numbers(counted, field_lines(coded_twice(viewer(), since)), cause_lines(counted))


@bp.get("/behavior/coding")
@requires(Permission.METRICS_SEE)
def index() -> ResponseReturnValue:
    """Show agreement by field, one field code by code (``field``), and root causes by quarter: greyed unless codes agree."""
    numbers = _numbers()
    return render_template(
        "behavior_metrics/coding.html",
        fields=numbers.fields,
        chosen=numbers.field(request.args.get("field") or DECIDING),
        deciding=numbers.deciding,
        causes=numbers.causes,
        sites=numbers.frame.places.sites,
        # drawn by this server from numbers and escaped words alone
        picture=Markup(pictures.causes_picture(numbers.causes)),  # noqa: S704
        since=numbers.frame.window.quarters[0],
        as_of=numbers.frame.as_of,
        limits={"enough": ENOUGH, "fewest": FEWEST, "fewest_uses": FEWEST_USES},
    )


@bp.get("/behavior/coding.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def agreement(file_type: str) -> ResponseReturnValue:
    """Hand out agreement by field and by code."""
    return download(file_type, "coding-agreement", exports.AGREEMENT, exports.agreement_cells(_numbers().fields))


@bp.get("/behavior/causes.<any(csv, xlsx):file_type>")
@requires(Permission.METRICS_SEE)
def causes(file_type: str) -> ResponseReturnValue:
    """Hand out root causes by quarter; each line says whether the codes bear it."""
    numbers = _numbers()
    rows = exports.cause_cells(numbers.causes, enough=numbers.deciding.enough)
    return download(file_type, "root-causes", exports.CAUSES, rows)
