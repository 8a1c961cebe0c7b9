"""Pages of modules: the list, one module with its versions and parts."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import clock
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, StaleForm
from lms.unit_of_work import run
from lms.web.refused import version_of
from modules.documents.queries import document_names
from modules.library import commands, queries
from modules.library.forms import ModuleForm, ModuleWordsForm, PartForm

bp = Blueprint("library", __name__, template_folder="../templates")


@bp.route("/modules", methods=["GET", "POST"])
@requires(Permission.MODULE_AUTHOR)
def index() -> ResponseReturnValue:
    """List the modules; create one for an SOP that has none."""
    form = ModuleForm()
    now = clock.now()
    rows = queries.modules(viewer(), now, request.args.get("q", "").strip())
    taught = (
        {row.document_id for row in queries.modules(viewer(), now)}
        if request.args.get("q")
        else {row.document_id for row in rows}
    )
    untaught = [name for name in document_names(viewer()) if name.id not in taught]
    form.document.choices = [("", _("Choose")), *((str(name.id), f"{name.code} {name.title}") for name in untaught)]
    if form.validate_on_submit():
        try:
            module = run(
                commands.create_module,
                viewer(),
                "created",
                code=form.code.data or "",
                title=form.title.data or "",
                document_id=UUID(form.document.data),
                minutes=form.minutes.data,
            )
        except NotAllowed as refusal:
            form[refusal.field if refusal.field in form else "code"].errors = [_(str(refusal))]
        else:
            flash(_("Created. Put it into a curriculum so that it is assigned."))
            return redirect(url_for(".module", module_id=module.id))
    page = render_template("modules/modules.html", rows=rows, form=form, words=request.args.get("q", ""))
    return page, 422 if form.errors else 200


@bp.get("/modules/<uuid:module_id>")
@requires(Permission.MODULE_AUTHOR)
def module(module_id: UUID) -> ResponseReturnValue:
    """Show one module."""
    return _module_page(module_id, None, None)


def _module_page(
    module_id: UUID, words: ModuleWordsForm | None, part: tuple[UUID, PartForm] | None, status: int = 200
) -> ResponseReturnValue:
    page = queries.module_page(module_id)
    now = clock.now()
    taught = [version.taught for version in page.versions]
    words = words or ModuleWordsForm(None, version=str(page.version), title=page.title, minutes=page.minutes)
    forms = {}
    for one in page.versions[0].parts if page.versions else ():
        own = (
            part[1]
            if part and part[0] == one.id
            else PartForm(None, prefix="", version=str(one.version), title=one.title, statement=one.statement)
        )
        forms[one.id] = own
    return (
        render_template(
            "modules/module.html",
            page=page,
            standing=queries.standing_of(taught, now, viewer().zone),
            words=words,
            forms=forms,
        ),
        status,
    )


@bp.post("/modules/<uuid:module_id>")
@requires(Permission.MODULE_AUTHOR)
def change(module_id: UUID) -> ResponseReturnValue:
    """Change a module's title or minutes."""
    form = ModuleWordsForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.edit_module,
                viewer(),
                "edited",
                module_id,
                version=version_of(form),
                title=form.title.data or "",
                minutes=form.minutes.data,
            )
        except NotAllowed as refusal:
            form[refusal.field if refusal.field in form else "title"].errors = [_(str(refusal))]
            status = 409 if isinstance(refusal, StaleForm) else 422
        else:
            flash(_("Saved."))
            return redirect(url_for(".module", module_id=module_id))
    return _module_page(module_id, form, None, status)


@bp.post("/modules/<uuid:module_id>/parts/<uuid:part_id>")
@requires(Permission.MODULE_AUTHOR)
def change_part(module_id: UUID, part_id: UUID) -> ResponseReturnValue:
    """Change the words of a part."""
    form = PartForm()
    status = 422
    if form.validate_on_submit():
        try:
            run(
                commands.edit_module_part,
                viewer(),
                "edited",
                module_id,
                part_id,
                version=version_of(form),
                title=form.title.data or "",
                statement=form.statement.data or "",
            )
        except NotAllowed as refusal:
            form.title.errors = [_(str(refusal))]
            status = 409 if isinstance(refusal, StaleForm) else 422
        else:
            flash(_("Saved."))
            return redirect(url_for(".module", module_id=module_id))
    return _module_page(module_id, None, (part_id, form), status)
