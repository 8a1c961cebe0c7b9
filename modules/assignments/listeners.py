"""What training does when an SOP version is approved."""

from __future__ import annotations

from sqlalchemy import select

from lms.extensions import db
from lms.facts import DocumentVersionApproved
from lms.unit_of_work import Work
from modules.assignments.commands import assign_revision
from modules.documents.models import DocumentVersion
from modules.library.commands import make_version
from modules.library.models import Module


def on_document_version_approved(fact: DocumentVersionApproved, *, work: Work) -> None:
    """Make the next version of the module that teaches the SOP, and let everybody concerned be assigned after the commit."""
    version = db.session.get_one(DocumentVersion, fact.document_version_id)
    for module in db.session.scalars(select(Module).where(Module.document_id == fact.document_id)):
        taught = make_version(work, module.id, version.id, version.risk_class)
        work.follow_up(assign_revision, str(taught.id), module_version_id=taught.id)
