"""The evidence beside a review, fetched in two parts after the page: training, and practice with what was not right."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.api import seen_runs, step_standings, weak_attempts
from coaching.evidence.queries import subject_of
from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.web.parts import render_part

bp = Blueprint("review_evidence", __name__, template_folder="../templates", url_prefix="/reviews")

STYLE = "candor/coaching.css"


@bp.get("/<uuid:review_id>/evidence/training")
@requires(Permission.HOME_SEE)
def training(review_id: UUID) -> ResponseReturnValue:
    """Show where the operator stood with the step when it happened; of a review without an event, with every task now."""
    about = subject_of(viewer(), review_id)
    at = about.occurred_at or clock.now()
    rows = step_standings(viewer(), about.coachee_id, about.site_id, about.process_step or None, at)
    return render_part(
        "coaching/_evidence_training.html",
        _("Training at that moment") if about.occurred_at else _("Training"),
        _review(review_id),
        style=STYLE,
        about=about,
        rows=rows,
        stamp=_stamp(about.occurred_at),
        opens=_opens(about.coachee_id, about.site_id),
    )


@bp.get("/<uuid:review_id>/evidence/practice")
@requires(Permission.HOME_SEE)
def practice(review_id: UUID) -> ResponseReturnValue:
    """Show the last observed runs, and what was not right in the last knowledge checks."""
    about = subject_of(viewer(), review_id)
    now = clock.now()
    return render_part(
        "coaching/_evidence_practice.html",
        _("Practice and knowledge checks"),
        _review(review_id),
        style=STYLE,
        about=about,
        runs=seen_runs(about.coachee_id, now),
        attempts=weak_attempts(about.coachee_id, now),
        is_coachee=about.coachee_id == viewer().person_id,
        opens=_opens(about.coachee_id, about.site_id),
    )


def _review(review_id: UUID) -> tuple[str, str]:
    return url_for("reviews.page", review_id=review_id), _("Review")


def _stamp(at: datetime | None) -> str | None:
    """Return the moment as the page of a qualification takes it; None asks for now."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z") if at else None


def _opens(coachee_id: UUID, site_id: UUID) -> bool:
    """Whether the reader may open the records behind: the operator their own, others if they see those of the site."""
    return coachee_id == viewer().person_id or viewer().may(Permission.QUALIFICATION_SEE, site_id)
