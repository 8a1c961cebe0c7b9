"""The page on which QA takes a patient's words out of a deviation."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from lms.deviations.queries import deviation
from lms.identity.sessions import prove
from lms.permissions import Permission, requires, viewer
from lms.redactions import commands, forms, queries
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from lms.web.refused import blame, version_of

bp = Blueprint("redactions", __name__, template_folder="../templates")


@bp.route("/deviations/<uuid:deviation_id>/redact", methods=["GET", "POST"])
@requires(Permission.DEVIATION_REDACT)
def words(deviation_id: UUID) -> ResponseReturnValue:
    """Take words out of a deviation and of everything that belongs to it."""
    facts = deviation(viewer(), deviation_id, Permission.DEVIATION_REDACT)
    form = forms.RedactForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            proof = prove(viewer(), form.password.data, current_user.session_started_at)
            made = run(
                commands.redact_words,
                viewer().proven(proof),
                form.reason.data,
                deviation_id,
                version=version_of(form),
                words=form.words.data,
                reason=form.reason.data,
            )
            erased = ngettext("%(num)s event erased", "%(num)s events erased", made.events)
            flash(
                _("Redacted and signed: old and new values of %(erased)s; the events themselves stand.", erased=erased)
            )
            return redirect(url_for("deviations.record", deviation_id=deviation_id))
        except NotAllowed as refusal:
            status = blame(form, refusal, "words")
            facts = deviation(viewer(), deviation_id, Permission.DEVIATION_REDACT)
    form.version.data = facts.version
    made_before = queries.redactions_of(viewer(), deviation_id)
    return render_template("lms/redactions/redact.html", d=facts, form=form, redactions=made_before), status
