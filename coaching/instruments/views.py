"""Pages of the instruments: what is asked and by which rules, the words of packs, what is in force."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from coaching.instruments import commands, forms
from coaching.instruments.rules import lines_of
from coaching.surveys.instrument import IN_FORCE, Instrument, shipped
from coaching.wordings import queries
from lms.permissions import Permission, requires, viewer
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import run
from lms.web.refused import blame, version_of

bp = Blueprint("instruments", __name__, template_folder="../templates", url_prefix="/survey/instruments")


@bp.get("")
@requires(Permission.SURVEY_GOVERN)
def index() -> ResponseReturnValue:
    """Show every instrument: what it asks, by which rules, where it comes from, and which full set is in force."""
    return _index()


def _index(refused: dict[int, forms.InForceForm] | None = None, status: int = 200) -> ResponseReturnValue:
    history = queries.in_force_history()
    page = render_template(
        "coaching/instruments/index.html",
        instruments=[one for _, one in sorted(shipped().items())],
        pasted=queries.pasted_words(),
        history=history,
        in_force=history[0].instrument if history else IN_FORCE,
        form=forms.InForceForm(None),
        refused=refused or {},
        whole_network=viewer().sites_for(Permission.SURVEY_GOVERN) is None,
        names={code: one.name for code, one in shipped().items()},
    )
    return page, status


@bp.route("/<int:code>/words", methods=["GET", "POST"])
@requires(Permission.SURVEY_GOVERN)
def words(code: int) -> ResponseReturnValue:
    """Paste the words of a pack, or read the pasted ones and approve them."""
    pack, found = _pack(code), queries.pasted_words().get(code)
    form = forms.WordsForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            run(
                commands.paste_words,
                viewer(),
                form.permission_ref.data,
                code,
                language=form.language.data,
                preface=form.preface.data,
                anchors=lines_of(form.anchors.data),
                texts=lines_of(form.texts.data),
                permission_ref=form.permission_ref.data,
            )
        except NotAllowed as refusal:
            status = blame(form, refusal, "texts")
        else:
            flash(_("Kept. A second person compares the words with the source and approves them."))
            return redirect(url_for("instruments.words", code=code))
    elif found is not None and not form.is_submitted():
        form.language.data, form.preface.data = found.language, found.preface
        form.texts.data, form.anchors.data = "\n".join(found.texts), "\n".join(found.anchors)
        form.permission_ref.data = found.permission_ref
    return _words(pack, found, form, status)


def _words(
    pack: Instrument, found: queries.Pasted | None, form: forms.WordsForm, status: int, refused: str = ""
) -> ResponseReturnValue:
    approve = forms.ApproveForm(None, version=found.version if found else 0)
    is_own = found is not None and found.entered_by_id == viewer().person_id
    page = render_template(
        "coaching/instruments/words.html",
        pack=pack,
        found=found,
        form=form,
        approve=approve,
        is_own=is_own,
        refused=refused,
        turned=", ".join(str(slot) for slot, item in enumerate(pack.items, 1) if item.reversed),
    )
    return page, status


@bp.post("/<int:code>/approve")
@requires(Permission.SURVEY_GOVERN)
def approve(code: int) -> ResponseReturnValue:
    """Approve the pasted words as the second person."""
    pack, form = _pack(code), forms.ApproveForm()
    try:
        run(commands.approve_words, viewer(), "", code, version=version_of(form))
    except NotFound:
        raise
    except NotAllowed as refusal:
        found = queries.pasted_words().get(code)
        return _words(pack, found, forms.WordsForm(None), 422, _(str(refusal)))
    flash(_("Approved. The pack can be put in force."))
    return redirect(url_for("instruments.index"))


@bp.post("/<int:code>/in-force")
@requires(Permission.SURVEY_GOVERN)
def put_in_force(code: int) -> ResponseReturnValue:
    """Ask with another full set from the next ticket on."""
    form = forms.InForceForm()
    if code not in shipped():
        raise NotFound("There is no such instrument.")
    if not form.validate_on_submit():
        return _index({code: form}, 422)
    try:
        run(commands.put_in_force, viewer(), form.reason.data, code, reason=form.reason.data)
    except NotAllowed as refusal:
        return _index({code: form}, blame(form, refusal, "reason"))
    flash(_("In force from the next sheet on. Its figures are a series of their own."))
    return redirect(url_for("instruments.index"))


def _pack(code: int) -> Instrument:
    pack = shipped().get(code)
    if pack is None or pack.has_words:
        raise NotFound("There is no such pack.")
    return pack
