"""Pages of people and roles: the register, one person, granting and approving, the one-time link."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.identity import commands, queries
from lms.identity.forms import ChoosePasswordForm, PersonForm, RoleForm
from lms.network.commands import join_team as join
from lms.network.forms import MemberForm
from lms.network.queries import sites, teams
from lms.permissions import PUBLIC, Actor, Permission, Role, requires, viewer
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.labels import role_choices
from lms.web.slots import filled
from lms.web.typed import page_asked

bp = Blueprint("people", __name__, template_folder="../templates")


@bp.get("/people")
@requires(Permission.PEOPLE_SEE)
def index() -> ResponseReturnValue:
    """Show the people at the reader's sites."""
    page = page_asked()
    words = request.args.get("q", "").strip()
    rows, total = queries.people(viewer(), words=words, page=page)
    waiting = queries.roles_waiting(viewer()) if viewer().may(Permission.ROLE_APPROVE) else []
    return render_template(
        "lms/people.html",
        rows=rows,
        total=total,
        page=page,
        pages=-(-total // queries.PAGE),
        words=words,
        waiting=waiting,
    )


@bp.get("/people/<uuid:person_id>")
@requires(Permission.PEOPLE_SEE)
def person(person_id: UUID) -> ResponseReturnValue:
    """Show one person: where they work, their roles over time, and what other rooms know."""
    return _person_page(person_id, _role_form())


def _person_page(person_id: UUID, form: RoleForm, link: str | None = None) -> ResponseReturnValue:
    shown = queries.person_page(viewer(), person_id)
    return (
        render_template(
            "lms/person.html",
            person=shown,
            roles=queries.roles_of(person_id),
            form=form,
            member=_member_form(shown.site_id) if viewer().may(Permission.PEOPLE_MANAGE) else None,
            link=link,
        ),
        422 if form.errors else 200,
    )


@bp.get("/people/<uuid:person_id>/panels")
@requires(Permission.PEOPLE_SEE)
def panels(person_id: UUID) -> ResponseReturnValue:
    """Answer what other rooms know of a person, fetched beside their page."""
    queries.person_page(viewer(), person_id)
    found = sorted(filled("person.panels", viewer=viewer(), person_id=person_id), key=lambda panel: panel.order)
    return render_template("lms/_below.html", panels=found)


def _role_form() -> RoleForm:
    form = RoleForm(valid_from=clock.now().date())
    form.role.choices = role_choices()
    whole = [("", _("The whole network"))] if viewer().sites_for(Permission.ROLE_GRANT) is None else []
    form.site.choices = whole + [(str(site.id), site.name) for site in sites(viewer(), Permission.ROLE_GRANT)]
    return form


@bp.post("/people/<uuid:person_id>/roles")
@requires(Permission.ROLE_GRANT)
def grant_role(person_id: UUID) -> ResponseReturnValue:
    """Grant a role; it holds once QA has approved it."""
    queries.person_page(viewer(), person_id)
    form = _role_form()
    if form.validate_on_submit() and form.valid_from.data:
        try:
            run(
                commands.grant_role,
                viewer(),
                form.reason.data or "",
                person_id,
                role=Role(form.role.data),
                site_id=UUID(form.site.data) if form.site.data else None,
                valid_from=form.valid_from.data,
                valid_to=form.valid_to.data,
            )
        except NotAllowed as refusal:
            form[refusal.field if refusal.field in form else "role"].errors = [_(str(refusal))]
        else:
            flash(_("Granted. The role holds as soon as QA has approved it."))
            return redirect(url_for(".person", person_id=person_id))
    return _person_page(person_id, form)


@bp.post("/people/<uuid:person_id>/roles/<uuid:assignment_id>/end")
@requires(Permission.ROLE_GRANT)
def end_role(person_id: UUID, assignment_id: UUID) -> ResponseReturnValue:
    """End a role today."""
    queries.person_page(viewer(), person_id)
    run(
        commands.end_role,
        viewer(),
        request.form.get("reason", "") or "ended on the page of the person",
        assignment_id,
        person_id=person_id,
        on=clock.now().date(),
    )
    flash(_("Ended. Past days still show it."))
    return redirect(url_for(".person", person_id=person_id))


@bp.post("/roles/<uuid:assignment_id>/approve")
@requires(Permission.ROLE_APPROVE)
def approve_role(assignment_id: UUID) -> ResponseReturnValue:
    """Approve a role that somebody else granted."""
    run(commands.approve_role, viewer(), "access review", assignment_id)
    flash(_("Approved. The role holds from now on."))
    return redirect(url_for(".index"))


@bp.route("/people/new", methods=["GET", "POST"])
@requires(Permission.PEOPLE_MANAGE)
def new() -> ResponseReturnValue:
    """Register a person, with an account if they need one."""
    form = PersonForm(joined_on=clock.now().date())
    form.site.choices = [(str(site.id), site.name) for site in sites(viewer(), Permission.PEOPLE_MANAGE)]
    if form.validate_on_submit() and form.joined_on.data:
        try:
            registered = run(
                commands.register_person,
                viewer(),
                "new person",
                employee_no=form.employee_no.data or "",
                given_name=form.given_name.data or "",
                family_name=form.family_name.data or "",
                site_id=UUID(form.site.data),
                joined_on=form.joined_on.data,
                email=form.email.data or "",
                login=form.login.data or "",
            )
        except NotAllowed as refusal:
            form[refusal.field if refusal.field in form else "employee_no"].errors = [_(str(refusal))]
        else:
            flash(_("Registered. Grant a role next, and hand over a one-time link."))
            return redirect(url_for(".person", person_id=registered.id))
    return render_template("lms/person_new.html", form=form), 422 if form.errors else 200


@bp.post("/people/<uuid:person_id>/team")
@requires(Permission.PEOPLE_MANAGE)
def join_team(person_id: UUID) -> ResponseReturnValue:
    """Put a person into a team of their site from today."""
    shown = queries.person_page(viewer(), person_id)
    form = _member_form(shown.site_id)
    if form.validate_on_submit():
        run(join, viewer(), "team changed", person_id, UUID(form.team.data), on=clock.now().date())
        flash(_("Changed from today. Past days keep the team of their time."))
    return redirect(url_for(".person", person_id=person_id))


def _member_form(site_id: UUID) -> MemberForm:
    form = MemberForm()
    form.team.choices = [(str(team.id), team.name) for team in teams(viewer(), Permission.PEOPLE_SEE, site_id)]
    return form


@bp.post("/people/<uuid:person_id>/link")
@requires(Permission.PEOPLE_MANAGE)
def one_time_link(person_id: UUID) -> ResponseReturnValue:
    """Make a one-time link and show it once; it is kept nowhere."""
    shown = queries.person_page(viewer(), person_id)
    if shown.account_id is None:
        raise NotAllowed("This person has no account.")
    token = run(commands.send_one_time_link, viewer(), "one-time link handed over", shown.account_id)
    return _person_page(person_id, _role_form(), link=url_for("people.welcome", token=token, _external=True))


@bp.route("/welcome/<token>", methods=["GET", "POST"])
@requires(PUBLIC)
def welcome(token: str) -> ResponseReturnValue:
    """Let the holder of a one-time link choose their password; whoever comes too late is told so before they type."""
    login = queries.login_of_link(token, clock.now())
    form = ChoosePasswordForm()
    if form.validate_on_submit():
        try:
            run(
                commands.choose_password,
                Actor.system("one-time-link"),
                "password chosen by its owner",
                token,
                password=form.password.data or "",
            )
        except NotAllowed as refusal:
            form.password.errors = [_(str(refusal))]
        else:
            flash(_("Your password is set. Sign in with it."))
            return redirect(url_for("identity.sign_in"))
    return render_template("lms/welcome.html", form=form, login=login), 422 if form.errors else 200
