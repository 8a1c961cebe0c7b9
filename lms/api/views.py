"""The page of integrations: which other systems may act here, until when, and the token shown once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.api import commands, forms, queries, rules
from lms.api.openapi import description
from lms.network.queries import sites
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.labels import choices
from lms.web.refused import blame
from lms.web.times import start_of_day

bp = Blueprint("integrations", __name__, template_folder="../templates", url_prefix="/integrations")


@bp.get("")
@requires(Permission.NETWORK_SEE)
def index() -> ResponseReturnValue:
    """Show the integrations within the reader's sites."""
    return _page()


@bp.post("")
@requires(Permission.NETWORK_MANAGE)
def open_one() -> ResponseReturnValue:
    """Open an integration."""
    form, status = _form(), 422
    if form.validate_on_submit():
        try:
            run(
                commands.open_integration,
                viewer(),
                "opened on the page",
                name=form.name.data or "",
                site_id=UUID(form.site.data) if form.site.data else None,
                permissions=form.permissions.data or [],
            )
            flash(_("Opened. It acts as soon as another person of QA has approved it."))
            return redirect(url_for(".index"))
        except NotAllowed as refusal:
            status = blame(form, refusal, "name")
    return _page(form=form, status=status)


@bp.post("/<uuid:integration_id>/tokens")
@requires(Permission.NETWORK_MANAGE)
def issue(integration_id: UUID) -> ResponseReturnValue:
    """Make a token and show it, once."""
    form, status, token = forms.TokenForm(), 422, None
    if form.validate_on_submit():
        try:
            ends = start_of_day(form.expires_on.data + timedelta(days=1), viewer().zone)
            token = run(commands.issue_token, viewer(), "token handed over", integration_id, expires_at=ends)
            status = 200
        except NotAllowed as refusal:
            status = blame(form, refusal, "expires_on")
    return _page(token_form=form, on=integration_id, token=token, status=status)


@bp.post("/<uuid:integration_id>/approve")
@requires(Permission.ROLE_APPROVE)
def approve(integration_id: UUID) -> ResponseReturnValue:
    """Approve an integration that somebody else opened."""
    run(commands.approve_integration, viewer(), "approved on the page", integration_id)
    flash(_("Approved. Its tokens work from now on."))
    return redirect(url_for(".index"))


@bp.post("/<uuid:integration_id>/end")
@requires(Permission.NETWORK_MANAGE)
def end(integration_id: UUID) -> ResponseReturnValue:
    """End an integration and with it all its tokens."""
    run(commands.end_integration, viewer(), "ended on the page", integration_id)
    flash(_("Ended. None of its tokens works any more."))
    return redirect(url_for(".index"))


@bp.post("/tokens/<uuid:token_id>/revoke")
@requires(Permission.NETWORK_MANAGE)
def revoke(token_id: UUID) -> ResponseReturnValue:
    """Revoke a token."""
    run(commands.revoke_token, viewer(), "revoked on the page", token_id)
    flash(_("Revoked. It does not work any more."))
    return redirect(url_for(".index"))


@bp.get("/openapi.json")
@requires(Permission.NETWORK_SEE)
def openapi() -> Response:
    """Hand out the description of the interface for programs."""
    return jsonify(description())


def _form() -> forms.IntegrationForm:
    form = forms.IntegrationForm()
    words = dict(choices("api_permission"))
    form.permissions.choices = [(str(code), words[code]) for code in rules.GRANTABLE]
    whole = [("", _("The whole network"))] if viewer().sites_for(Permission.NETWORK_MANAGE) is None else []
    form.site.choices = whole + [(str(site.id), site.name) for site in sites(viewer(), Permission.NETWORK_MANAGE)]
    return form


def _page(
    *,
    form: forms.IntegrationForm | None = None,
    token_form: forms.TokenForm | None = None,
    on: UUID | None = None,
    token: str | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    manages = viewer().may(Permission.NETWORK_MANAGE)
    now = clock.now()
    page = render_template(
        "lms/integrations.html",
        rows=queries.integrations(viewer()),
        now_at=now,
        form=form or (_form() if manages else None),
        token_form=token_form or forms.TokenForm(None, expires_on=(now + timedelta(days=180)).date()),
        on=on,
        token=token,
        manages=manages,
        approves=viewer().may(Permission.ROLE_APPROVE),
    )
    return page, status
