"""The network's page: sites by name, their teams, and how many people work there."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from lms import clock
from lms.network import commands, queries
from lms.network.forms import RenameForm, SiteForm, TeamForm
from lms.network.models import SiteState
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run

#: What stands before the fields of the third form of the page, two of whose names the others have too.
RENAMED = "renamed-"

bp = Blueprint("network", __name__, template_folder="../templates", url_prefix="/network")


@bp.get("")
@requires(Permission.NETWORK_SEE)
def index() -> ResponseReturnValue:
    """Show the sites at which the reader may look, with their teams."""
    return _page()


def _page(
    site_form: SiteForm | None = None, team_form: TeamForm | None = None, rename_form: RenameForm | None = None
) -> ResponseReturnValue:
    site_form, team_form = site_form or SiteForm(None), team_form or TeamForm(None)
    rename_form = rename_form or RenameForm(None, prefix=RENAMED)
    sites = queries.sites(viewer(), Permission.NETWORK_SEE)
    team_form.site.choices = [(str(site.id), site.name) for site in sites]
    rename_form.team.choices = _teams()
    teams = queries.teams_with_sizes(viewer(), Permission.NETWORK_SEE, clock.now().date())
    page = render_template(
        "lms/network.html",
        sites=sites,
        teams=teams,
        site_form=site_form,
        team_form=team_form,
        rename_form=rename_form,
    )
    return page, 422 if site_form.errors or team_form.errors or rename_form.errors else 200


def _teams() -> list[tuple[str, str]]:
    if not viewer().may(Permission.NETWORK_MANAGE):
        return []
    found = queries.teams(viewer(), Permission.NETWORK_MANAGE)
    return [("", _("Choose")), *((str(team.id), f"{team.site_name}: {team.name}") for team in found)]


def _refuse(form: FlaskForm, refusal: NotAllowed, fallback: str) -> None:
    form[refusal.field if refusal.field in form else fallback].errors = [_(str(refusal))]


@bp.post("/sites")
@requires(Permission.NETWORK_MANAGE)
def open_site() -> ResponseReturnValue:
    """Open a site in the home network."""
    form = SiteForm()
    if form.validate_on_submit():
        try:
            run(
                commands.open_site,
                viewer(),
                "new site",
                queries.home_network_id(),
                code=form.code.data or "",
                name=form.name.data or "",
                zone=form.zone.data or "",
                state=SiteState.ONBOARDING,
            )
        except NotAllowed as refusal:
            _refuse(form, refusal, "code")
        else:
            flash(_("The site is onboarding. Form its teams, and complete its gates."))
            return redirect(url_for(".index"))
    return _page(site_form=form)


@bp.post("/teams")
@requires(Permission.NETWORK_MANAGE)
def form_team() -> ResponseReturnValue:
    """Form a team at a site."""
    form = TeamForm()
    sites = queries.sites(viewer(), Permission.NETWORK_MANAGE)
    form.site.choices = [(str(site.id), site.name) for site in sites]
    if form.validate_on_submit():
        try:
            run(commands.form_team, viewer(), "new team", UUID(form.site.data), name=form.name.data or "")
        except NotAllowed as refusal:
            _refuse(form, refusal, "name")
        else:
            flash(_("The team is formed. Put people into it on their pages."))
            return redirect(url_for(".index"))
    return _page(team_form=form)


@bp.post("/teams/name")
@requires(Permission.NETWORK_MANAGE)
def rename_team() -> ResponseReturnValue:
    """Give a team another name."""
    form = RenameForm(prefix=RENAMED)
    form.team.choices = _teams()
    if form.validate_on_submit():
        try:
            run(
                commands.rename_team,
                viewer(),
                form.reason.data or "",
                UUID(form.team.data),
                name=form.name.data or "",
            )
        except NotAllowed as refusal:
            _refuse(form, refusal, "name")
        else:
            flash(_("Renamed, on past days too. The trail keeps the old name."))
            return redirect(url_for(".index"))
    return _page(rename_form=form)
