"""Pages of the question bank, for authors: the bank, a question with its versions, the knowledge checks."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from assessments.items import commands, queries
from assessments.items.forms import ANSWER_ROWS, ItemForm, QuizForm
from assessments.items.queries import ItemPage
from assessments.items.rules import ItemText
from assessments.training.queries import modules
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.labels import choices
from lms.web.refused import version_of
from modules.api import document_names

bp = Blueprint("items", __name__, template_folder="../templates")


@bp.get("/items")
@requires(Permission.ITEM_AUTHOR)
def index() -> ResponseReturnValue:
    """Show the bank, of one SOP or whole."""
    sops = document_names()
    chosen = next((sop for sop in sops.values() if str(sop.id) == request.args.get("sop")), None)
    words = request.args.get("q", "").strip()
    rows = queries.bank(document_id=chosen.id if chosen else None, words=words)
    return render_template(
        "assessments/items.html", rows=rows, sops=sops, chosen=chosen, words=words, quizzes=queries.quizzes()
    )


def _form(text: ItemText | None = None, **values: object) -> ItemForm:
    form = ItemForm(**values)
    form.kind.choices = choices("item_kind")
    form.document.choices = [(str(sop.id), f"{sop.code} {sop.title}") for sop in document_names().values()]
    if text is not None and not form.is_submitted():
        form.kind.data, form.stem.data, form.why.data = text.kind, text.stem, text.why
        for row, option in zip(form.options, text.options[:ANSWER_ROWS], strict=False):
            row.form.text.data, row.form.correct.data = option.text, option.correct
    return form


def _blame(form: ItemForm | QuizForm, refusal: NotAllowed, field: str) -> None:
    form[refusal.field if refusal.field in form else field].errors = [_(str(refusal))]


@bp.route("/items/new", methods=["GET", "POST"])
@requires(Permission.ITEM_AUTHOR)
def new() -> ResponseReturnValue:
    """Write a new question."""
    form = _form()
    if form.validate_on_submit():
        try:
            item = run(
                commands.write_item,
                viewer(),
                "new question",
                code=(form.code.data or "").strip(),
                document_id=UUID(form.document.data),
                section=(form.section.data or "").strip(),
                critical=bool(form.critical.data),
                text=form.text(),
            )
        except NotAllowed as refusal:
            _blame(form, refusal, "stem")
        else:
            flash(_("Written. Put it into a knowledge check so that it is drawn."))
            return redirect(url_for(".item", item_id=item.id))
    return render_template("assessments/item_new.html", form=form), 422 if form.errors else 200


@bp.get("/items/<uuid:item_id>")
@requires(Permission.ITEM_AUTHOR)
def item(item_id: UUID) -> ResponseReturnValue:
    """Show a question with all its versions, and the form for the next one."""
    shown = queries.item_page(item_id)
    current = next(version for version in shown.versions if version.is_current)
    return _item(shown, _form(current.text, section=shown.section, critical=shown.critical, version=shown.version))


def _item(shown: ItemPage, form: ItemForm) -> ResponseReturnValue:
    form.version.data = str(shown.version)  # whoever was told of a newer version has read it now
    sop = document_names([shown.document_id])[shown.document_id]
    return render_template("assessments/item.html", item=shown, sop=sop, form=form), 422 if form.errors else 200


@bp.post("/items/<uuid:item_id>")
@requires(Permission.ITEM_AUTHOR)
def revise(item_id: UUID) -> ResponseReturnValue:
    """Write the next version. What was asked before stays as it was asked."""
    shown, form = queries.item_page(item_id), _form()
    if form.validate_on_submit():
        try:
            run(
                commands.revise_item,
                viewer(),
                "new version",
                item_id,
                version=version_of(form),
                section=(form.section.data or "").strip(),
                critical=bool(form.critical.data),
                text=form.text(),
            )
        except NotFound:
            raise
        except NotAllowed as refusal:
            _blame(form, refusal, "stem")
        else:
            flash(_("Written. Attempts begun before keep the version they drew."))
            return redirect(url_for(".item", item_id=item_id))
    return _item(shown, form)


@bp.route("/knowledge-checks/<uuid:quiz_id>", methods=["GET", "POST"])
@requires(Permission.ITEM_AUTHOR)
def quiz(quiz_id: UUID) -> ResponseReturnValue:
    """Show a knowledge check with its questions, and change how it draws."""
    shown, module, rows = queries.quiz_page(quiz_id)
    form = QuizForm(
        title=shown.title,
        draw=shown.draw,
        pass_percent=shown.pass_percent,
        minutes=shown.minutes,
        attempts=shown.attempts,
        items=[str(row.id) for row, drawn in rows if drawn],
    )
    form.items.choices = [(str(row.id), row.code) for row, _drawn in rows]
    if form.validate_on_submit():
        try:
            run(
                commands.set_quiz,
                viewer(),
                form.reason.data or "",
                code=shown.code,
                title=form.title.data or "",
                module_id=shown.module_id,
                draw=form.draw.data or 0,
                pass_percent=form.pass_percent.data or 0,
                minutes=form.minutes.data or 0,
                attempts=form.attempts.data or 0,
                item_ids=frozenset(UUID(item_id) for item_id in form.items.data or []),
            )
        except NotAllowed as refusal:
            _blame(form, refusal, "title")
        else:
            flash(_("Kept. Attempts begun from now on draw like this."))
            return redirect(url_for(".quiz", quiz_id=quiz_id))
    page = render_template("assessments/quiz.html", quiz=shown, module=module, rows=rows, form=form)
    return page, 422 if form.errors else 200


@bp.get("/knowledge-checks")
@requires(Permission.ITEM_AUTHOR)
def quizzes() -> ResponseReturnValue:
    """Show every knowledge check with its module."""
    names = {row.id: row for row in modules()}
    return render_template("assessments/quizzes.html", rows=queries.quizzes(), modules=names)
