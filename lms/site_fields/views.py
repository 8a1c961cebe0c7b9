"""The page of a site's own fields."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.deviations.queries import deviation
from lms.network.queries import sites
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.site_fields import commands, forms, queries
from lms.unit_of_work import run
from lms.web.refused import blame

bp = Blueprint("site_fields", __name__, template_folder="../templates", url_prefix="/site-fields")


@bp.get("")
@requires(Permission.DEVIATION_TRIAGE)
def index() -> ResponseReturnValue:
    """List the sites whose own fields the reader keeps."""
    return render_template("lms/site_fields/index.html", sites=sites(viewer(), Permission.DEVIATION_TRIAGE))


@bp.route("/<uuid:site_id>", methods=["GET", "POST"])
@requires(Permission.DEVIATION_TRIAGE)
def site(site_id: UUID) -> ResponseReturnValue:
    """Show a site's own fields, and add one."""
    place = next((place for place in sites(viewer(), Permission.DEVIATION_TRIAGE) if place.id == site_id), None)
    if place is None:
        raise NotFound("There is no such site among yours.")
    form = forms.FieldForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            run(
                commands.add_site_field,
                viewer(),
                form.label.data,
                site_id,
                label=form.label.data,
                kind=form.kind.data,
                choices=form.choices.data or "",
            )
            flash(_("Added. It is asked from now on."))
            return redirect(url_for("site_fields.site", site_id=site_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "label")
    rows = queries.fields_of(site_id, retired_too=True)
    return render_template("lms/site_fields/site.html", site=place, rows=rows, form=form), status


@bp.post("/<uuid:site_id>/<uuid:field_id>/retire")
@requires(Permission.DEVIATION_TRIAGE)
def retire(site_id: UUID, field_id: UUID) -> ResponseReturnValue:
    """Ask a field no more."""
    version = request.form.get("version", 0, type=int)
    run(commands.retire_site_field, viewer(), "not asked any more", field_id, version=version)
    flash(_("Retired. What was said in it stays on the records."))
    return redirect(url_for("site_fields.site", site_id=site_id))


@bp.get("/of/<uuid:deviation_id>")
@requires(Permission.DEVIATION_TRIAGE)
def asked(deviation_id: UUID) -> ResponseReturnValue:
    """Give the triage desk the controls of the site's fields, fetched into its form."""
    facts = deviation(viewer(), deviation_id, Permission.DEVIATION_TRIAGE)
    own = queries.said(viewer(), facts.site_id, deviation_id)
    return render_template("lms/site_fields/_asked.html", own=[field for field in own if field.is_active])
