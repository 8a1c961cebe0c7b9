"""Pages of what matching asks of a person: the coach's own, and anybody's for whoever keeps the people of the site."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from coaching.matching import commands, queries
from coaching.matching.forms import ProfileForm
from coaching.matching.rules import CAPS
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.refused import blame

bp = Blueprint("matching", __name__, template_folder="../templates")


@bp.route("/reviews/profile", methods=["GET", "POST"])
@requires(Permission.REVIEW_COACH)
def own() -> ResponseReturnValue:
    """Show a coach what they are matched by, and let them change it."""
    person_id = viewer().person_id
    if person_id is None:
        raise NotFound("Only a person coaches.")
    return _profile(person_id, keeps_people=False, back=url_for("reviews.coaching"))


@bp.route("/people/<uuid:person_id>/coaching", methods=["GET", "POST"])
@requires(Permission.PEOPLE_MANAGE)
def person(person_id: UUID) -> ResponseReturnValue:
    """Keep what a person of one's sites is matched by, the line manager included."""
    return _profile(person_id, keeps_people=True, back=url_for("people.person", person_id=person_id))


def _profile(person_id: UUID, *, keeps_people: bool, back: str) -> ResponseReturnValue:
    page = queries.profile_page(viewer(), person_id)
    form = ProfileForm()
    form.offer(queries.colleagues(person_id) if keeps_people else None)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            run(
                commands.keep_coaching_profile,
                viewer(),
                "",
                person_id,
                share=form.share.data,
                languages=form.languages.data,
                subjects=form.subjects.data,
                line_manager_id=UUID(form.line_manager.data) if keeps_people and form.line_manager.data else None,
            )
        except NotAllowed as refusal:
            status = blame(form, refusal, "share")
        else:
            flash(_("Kept. The next proposal is matched by it; what was proposed stays."))
            return redirect(back)
    elif request.method == "GET":
        form.share.data, form.languages.data, form.subjects.data = page.share, page.languages, page.subjects
        if keeps_people:
            form.line_manager.data = str(page.line_manager_id or "")
    shown = render_template(
        "coaching/matching/profile.html", p=page, form=form, caps=CAPS, keeps_people=keeps_people, back=back
    )
    return shown, status
