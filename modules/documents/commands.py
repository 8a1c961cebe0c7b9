"""Changes of SOPs: drafted, sent to review, approved with a signature. An approved text never changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select

from lms import signals
from lms.extensions import db
from lms.facts import DocumentVersionApproved
from lms.permissions import Permission
from lms.refusals import NoPermission, NotAllowed, NotFound, StaleForm
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.unit_of_work import Work, command
from lms.web.times import local_day
from modules.documents import rules
from modules.documents.markdown import render
from modules.documents.models import Document, DocumentImage, DocumentState, DocumentVersion
from modules.documents.notes import Note
from modules.documents.pictures import Picture, address_of, content_digest
from modules.documents.sop_file import RISK_CLASSES, SopFile


@command(needs=Permission.DOCUMENT_AUTHOR)
def import_document_version(work: Work, sop: SopFile, *, author_id: UUID | None = None) -> DocumentVersion:
    """Make a draft from an SOP file; a draft of that number that is still open takes the file's text instead.

    Raises ``NotAllowed`` for a number that is taken or while another version is open.
    """
    document = db.session.scalar(select(Document).where(Document.code == sop.code))
    draft = _open_version(document) if document else None
    if draft is not None and draft.state == DocumentState.DRAFT and sop.number in {None, draft.number}:
        version = draft
    else:
        document = document or _new_document(work, sop.code, sop.title, sop.process_step)
        version = _new_version(document, sop.number)
    _write(work, version, sop.title, sop.source, sop.pictures, author_id=author_id)
    _describe(version, sop.change_summary, sop.change_reason, sop.affected, sop.risk_class)
    version.import_notes = _stored(sop.notes)
    return version


@command(needs=Permission.DOCUMENT_AUTHOR)
def draft_document_version(
    work: Work,
    *,
    code: str,
    title: str,
    source: str,
    process_step: str = "",
    change_summary: str = "",
    change_reason: str = "",
    affected: str = "",
    risk_class: str = "quiz",
    pictures: Sequence[Picture] = (),
    author_id: UUID | None = None,
) -> DocumentVersion:
    """Draft the first version of a new SOP, or the next one. Raises ``NotAllowed`` while another is open."""
    document = db.session.scalar(select(Document).where(Document.code == code))
    document = document or _new_document(work, code, title, process_step)
    version = _new_version(document, None)
    _write(work, version, title, source, pictures, author_id=author_id)
    _describe(version, change_summary, change_reason, affected, risk_class)
    return version


@command(needs=Permission.DOCUMENT_AUTHOR)
def draft_next_version(work: Work, document_id: UUID) -> DocumentVersion:
    """Draft the next version from the text and the pictures of the newest approved one."""
    document = db.session.get(Document, document_id)
    newest = db.session.scalars(_approved(document_id).order_by(DocumentVersion.number.desc()).limit(1)).first()
    if document is None or newest is None:
        raise NotFound("There is no approved version to start from.")
    version = _new_version(document, None)
    kept = db.session.scalars(select(DocumentImage).where(DocumentImage.document_version_id == newest.id))
    _write(
        work,
        version,
        newest.title,
        newest.source,
        [Picture(p.name, p.media_type, p.content) for p in kept],
        author_id=None,
    )
    _describe(version, "", "", newest.affected, newest.risk_class)
    return version


@command(needs=Permission.DOCUMENT_AUTHOR)
def edit_document_version(
    work: Work,
    version_id: UUID,
    *,
    version: int,
    title: str,
    source: str,
    change_summary: str,
    change_reason: str,
    affected: str,
    risk_class: str,
    pictures: Sequence[Picture] = (),
) -> DocumentVersion:
    """Change a draft. Raises ``StaleForm`` if somebody saved in between, ``NotAllowed`` once it is in review."""
    draft = _found(version_id)
    rules.check_editable(draft.state, draft.number)
    if draft.version != version:
        raise StaleForm("Somebody saved this draft while you were writing. Copy your text, reload and compare.")
    _write(work, draft, title, source, pictures, author_id=None)
    _describe(draft, change_summary, change_reason, affected, risk_class)
    return draft


@command(needs=Permission.DOCUMENT_AUTHOR)
def send_to_review(work: Work, version_id: UUID) -> DocumentVersion:
    """Hand a draft to QA. From here on its text is fixed until it comes back."""
    draft = _found(version_id)
    rules.check_can_be_reviewed(
        state=draft.state, number=draft.number, source=draft.source, change_summary=draft.change_summary
    )
    draft.state = DocumentState.IN_REVIEW
    return draft


@command(needs=Permission.DOCUMENT_APPROVE)
def return_to_author(work: Work, version_id: UUID) -> DocumentVersion:
    """Give a version in review back to its author. Raises ``NotAllowed`` without a reason, which the trail keeps."""
    version = _found(version_id)
    if version.state != DocumentState.IN_REVIEW:
        raise NotAllowed(f"Version {version.number} is not in review.")
    if not work.reason.strip():
        raise NotAllowed("Say what the author should change.", field="reason")
    version.state = DocumentState.DRAFT
    return version


@command(needs=Permission.DOCUMENT_AUTHOR)
def withdraw_document_version(work: Work, version_id: UUID) -> DocumentVersion:
    """Withdraw a version that was never approved. Its number is not used again."""
    version = _found(version_id)
    if version.state not in {DocumentState.DRAFT, DocumentState.IN_REVIEW}:
        raise NotAllowed(
            f"Version {version.number} is approved. An approved version is superseded by the next one, never withdrawn."
        )
    version.state = DocumentState.WITHDRAWN
    return version


@command(needs=Permission.DOCUMENT_APPROVE)
def approve_document_version(
    work: Work, version_id: UUID, *, version: int, sha256: str, effective_on: date
) -> DocumentVersion:
    """Approve a version in review, with a signature, for the day from which it holds.

    An SOP holds in the whole network, so its approver holds the permission for the whole network. Raises ``StaleForm``
    if the text is not the one that was shown (``version``, ``sha256``), ``NotAllowed`` to whoever wrote or edited it.
    """
    reviewed = _found(version_id)
    if work.actor.sites_for(Permission.DOCUMENT_APPROVE) is not None:
        raise NoPermission("An SOP holds in the whole network: QA of the whole network approves it.")
    if reviewed.version != version or reviewed.sha256 != sha256:
        raise StaleForm("The text changed after you opened it. Read it again before you sign.")
    return put_into_effect(work, reviewed, effective_on=effective_on)


def put_into_effect(work: Work, reviewed: DocumentVersion, *, effective_on: date) -> DocumentVersion:
    """Sign a version in review and let it hold from a day, inside a command that has checked who asks.

    Raises ``NotAllowed`` to whoever wrote or edited it, or for a day that is over.
    """
    last = db.session.scalars(_approved(reviewed.document_id).order_by(DocumentVersion.number.desc()).limit(1)).first()
    rules.check_can_be_approved(
        state=reviewed.state,
        number=reviewed.number,
        writers=[UUID(writer) for writer in reviewed.writers],
        approver=work.actor.person_id,
        effective_on=effective_on,
        today=local_day(work.at, work.actor.zone),
        last_effective_on=last.effective_on if last else None,
    )
    reviewed.state = DocumentState.APPROVED
    reviewed.approved_by_id, reviewed.approved_at = work.actor.person_id, work.at
    reviewed.effective_on = effective_on
    reviewed.effective_from = rules.begins_at(work.at, effective_on, work.actor.zone)
    db.session.get_one(Document, reviewed.document_id).title = reviewed.title
    sign(work, reviewed, Meaning.APPROVED)
    work.tell(
        signals.document_version_approved,
        DocumentVersionApproved(reviewed.document_id, reviewed.id, reviewed.effective_from),
    )
    return reviewed


def _approved(document_id: UUID) -> Select[DocumentVersion]:
    return select(DocumentVersion).where(
        DocumentVersion.document_id == document_id, DocumentVersion.state == DocumentState.APPROVED
    )


def _found(version_id: UUID) -> DocumentVersion:
    version = db.session.get(DocumentVersion, version_id)
    if version is None:
        raise NotFound("There is no such SOP version.")
    return version


def _open_version(document: Document) -> DocumentVersion | None:
    statement = select(DocumentVersion).where(
        DocumentVersion.document_id == document.id,
        DocumentVersion.state.in_([DocumentState.DRAFT, DocumentState.IN_REVIEW]),
    )
    return db.session.scalars(statement).first()


def _new_document(work: Work, code: str, title: str, process_step: str) -> Document:
    if not code.strip() or not title.strip():
        raise NotAllowed("An SOP needs a number and a title.", field="code")
    document = Document(code=code.strip(), title=title.strip(), process_step=process_step)
    work.add(document)
    db.session.flush()
    return document


def _new_version(document: Document, number: int | None) -> DocumentVersion:
    numbers = db.session.scalars(select(DocumentVersion.number).where(DocumentVersion.document_id == document.id)).all()
    still_open = _open_version(document)
    number = number or max(numbers, default=0) + 1
    rules.check_next_number(number, numbers, still_open.number if still_open else None)
    return DocumentVersion(document_id=document.id, number=number, state=DocumentState.DRAFT, writers=[])


def _write(
    work: Work,
    version: DocumentVersion,
    title: str,
    source: str,
    pictures: Sequence[Picture],
    *,
    author_id: UUID | None,
) -> None:
    """Put a text and its pictures into a version, make its page and remember who wrote it."""
    if not title.strip():
        raise NotAllowed("An SOP needs a title.", field="title")
    if "\x00" in source:
        raise NotAllowed("The text holds a zero byte, which no record can keep. Remove it.", field="source")
    kept = {
        p.name: p
        for p in db.session.scalars(select(DocumentImage).where(DocumentImage.document_version_id == version.id))
    }
    digests = {name: picture.sha256 for name, picture in kept.items()} | {
        picture.name: picture.sha256 for picture in pictures
    }
    page = render(source, pictures=digests, address=address_of(version.id))
    version.title, version.source, version.html = title.strip(), source, page.html
    version.sha256 = content_digest(source, {name: digests[name] for name in page.pictures})
    version.import_notes = _stored(page.notes)
    writer = author_id or work.actor.person_id
    version.author_id = version.author_id or writer
    if writer is not None and str(writer) not in version.writers:
        version.writers = [*version.writers, str(writer)]
    work.add(version)
    db.session.flush()
    for picture in pictures:
        if picture.name not in kept:
            work.add(
                DocumentImage(
                    document_version_id=version.id,
                    name=picture.name,
                    media_type=picture.media_type,
                    sha256=picture.sha256,
                    content=picture.content,
                )
            )
        elif kept[picture.name].sha256 != picture.sha256:
            old = kept[picture.name]
            old.media_type, old.sha256, old.content = picture.media_type, picture.sha256, picture.content


def _describe(
    version: DocumentVersion, change_summary: str, change_reason: str, affected: str, risk_class: str
) -> None:
    if risk_class not in RISK_CLASSES:
        raise NotAllowed(f"{risk_class} is no risk class. Use read, quiz or observed.", field="risk_class")
    version.change_summary, version.change_reason = change_summary.strip(), change_reason.strip()
    version.affected, version.risk_class = affected.strip(), risk_class


def _stored(notes: Iterable[Note]) -> list[dict[str, object]]:
    return [{"line": note.line, "what": note.what} for note in notes]
