"""Making packs, step by step; signing them; and looking each night whether the records have changed since."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import places
from behavior_metrics.management_review import rules
from behavior_metrics.management_review.assembling import assemble
from behavior_metrics.management_review.figures import METHOD_VERSION, Pack, changed_sections, fingerprint
from behavior_metrics.management_review.models import ReviewPack
from behavior_metrics.management_review.printing import as_pdf, control
from behavior_metrics.management_review.queries import counted, pack_of
from behavior_metrics.management_review.rules import NETWORK, State
from behavior_metrics.management_review.saying import document
from behavior_metrics.management_review.workbook import as_xlsx
from lms.attachments.storage import Storage
from lms.demonstration.ribbon import holds_demonstration
from lms.extensions import db
from lms.permissions import Actor, Permission
from lms.refusals import NotAllowed, NotFound, StaleForm
from lms.signatures.commands import sign
from lms.signatures.models import Meaning
from lms.signatures.queries import signatures_on
from lms.unit_of_work import Work, command
from lms.web.labels import label
from lms.web.times import show_moment

#: Names of the files of a pack, each with the attribute that holds its hash.
FILES = {"figures": "figures_sha256", "PDF": "pdf_sha256", "workbook": "xlsx_sha256"}


@command(needs=Permission.SYSTEM_RUN)
def make_due_packs(work: Work) -> str:
    """Ask for the pack of every scope whose newest quarter is over and has none. A second time asks for nothing."""
    here = places(work.actor)
    if not here.sites:
        return "no site yet"
    quarter = here.window(work.at, 2).quarters[0]
    if quarter not in here.window(work.at, 2).closed_quarters:
        quarter = Quarter(quarter.index - 1)
    scopes = [NETWORK, *(str(site.id) for site in here.sites)]
    there = db.session.scalars(select(ReviewPack.scope).where(ReviewPack.quarter == str(quarter))).all()
    missing = rules.due(scopes, there)
    for scope in missing:
        _ask(work, scope, quarter, 1)
    return f"{quarter}: {len(missing)} asked for"


@command(needs=Permission.MANAGEMENT_REVIEW_SIGN)
def make_pack_anew(work: Work, pack_id: UUID) -> ReviewPack:
    """Ask for a new revision of a pack from the records of now; what was made and signed stays.

    Raises ``NotAllowed`` while the newest one is under way, ``NotFound`` for a pack of another scope.
    """
    old = _signable(work, pack_id)
    newest = db.session.scalars(
        select(ReviewPack)
        .where(ReviewPack.scope == old.scope, ReviewPack.quarter == old.quarter)
        .order_by(ReviewPack.revision.desc())
        .limit(1)
    ).one()
    rules.check_can_ask(newest.state)
    return _ask(work, old.scope, Quarter.parse(old.quarter), newest.revision + 1)


def _ask(work: Work, scope: str, quarter: Quarter, revision: int) -> ReviewPack:
    pack = ReviewPack(
        scope=scope,
        site_id=None if scope == NETWORK else UUID(scope),
        quarter=str(quarter),
        revision=revision,
        as_of=work.at,
        method_version=METHOD_VERSION,
        state=State.ASKED,
    )
    work.add(pack)
    db.session.flush()
    work.follow_up(count_pack, key=str(pack.id), pack_id=pack.id)
    return pack


@command(needs=Permission.SYSTEM_RUN)
def count_pack(work: Work, *, pack_id: str) -> None:
    """Count a pack's figures as of the moment it was asked for. A second time changes nothing."""
    pack = db.session.get_one(ReviewPack, UUID(pack_id))
    if pack.state != State.ASKED:
        return
    found = figures_of(pack.scope, Quarter.parse(pack.quarter), pack.as_of)
    pack.content_hash = fingerprint(found)
    pack.figures_sha256 = Storage.here().keep(found.as_text().encode())
    pack.state = State.COUNTED
    work.follow_up(print_pack, key=pack_id, pack_id=pack_id)


@command(needs=Permission.SYSTEM_RUN)
def print_pack(work: Work, *, pack_id: str) -> None:
    """Set the PDF of a pack whose figures are counted. A second time changes nothing."""
    pack = db.session.get_one(ReviewPack, UUID(pack_id))
    if pack.state != State.COUNTED:
        return
    pdf = as_pdf(kept_figures(pack), revision=pack.revision, content_hash=pack.content_hash)
    pack.pdf_sha256 = Storage.here().keep(pdf)
    pack.state = State.PRINTED
    work.follow_up(fill_workbook, key=pack_id, pack_id=pack_id)


@command(needs=Permission.SYSTEM_RUN)
def fill_workbook(work: Work, *, pack_id: str) -> None:
    """Fill the workbook of a pack whose PDF is set; it is ready then. A second time changes nothing."""
    pack = db.session.get_one(ReviewPack, UUID(pack_id))
    if pack.state != State.PRINTED:
        return
    figures = kept_figures(pack)
    lines = control(figures, revision=pack.revision, content_hash=pack.content_hash)
    pack.xlsx_sha256 = Storage.here().keep(as_xlsx(figures, lines, made_at=pack.as_of))
    pack.state, pack.made_at = State.MADE, work.at


@command(needs=Permission.MANAGEMENT_REVIEW_SIGN)
def sign_pack(work: Work, pack_id: UUID, *, version: int, reason: str) -> ReviewPack:
    """Sign a pack as reviewed by quality assurance: the hash of its figures and of both files.

    Raises ``NotAllowed`` for a pack that is not ready, is signed, is not the newest, or whose files are not what was made.
    """
    pack = _signable(work, pack_id)
    if pack.version != version:
        raise StaleForm("Somebody changed this pack meanwhile. Look at it again before you sign.")
    row = pack_of(work.actor, pack_id)
    rules.check_can_sign(state=pack.state, signed=row.signed, newest=row.newest, broken=broken_files(pack))
    if not reason.strip():
        raise NotAllowed("Say in a sentence what the review concluded: it is part of what you sign.", field="reason")
    sign(work, pack, Meaning.APPROVED, reason=reason.strip())
    work.follow_up(print_signed_copy, key=str(pack.id), pack_id=pack.id)
    return pack


@command(needs=Permission.SYSTEM_RUN)
def print_signed_copy(work: Work, *, pack_id: str) -> None:
    """Set the same pages with the signature on them (21 CFR 11.50). A second time changes nothing."""
    del work  # it writes of the signature what the signature says of itself
    pack = db.session.get_one(ReviewPack, UUID(pack_id))
    if pack.signed_copy_sha256:
        return
    lines = [
        document(
            "signed",
            name=one.printed_name,
            meaning=label(one.meaning, "meaning"),
            at=show_moment(one.signed_at, one.zone),
            reason=one.reason,
        )
        for one in signatures_on(pack)
    ]
    pdf = as_pdf(kept_figures(pack), revision=pack.revision, content_hash=pack.content_hash, signatures=lines)
    pack.signed_copy_sha256 = Storage.here().keep(pdf)


@command(needs=Permission.SYSTEM_RUN)
def compare_packs(work: Work) -> str:
    """Ask for every pack of the last four quarters to be compared with the records of now, each by itself."""
    oldest = str(Quarter(Quarter.of(work.at.date()).index - 4))
    made = select(ReviewPack.id).where(
        ReviewPack.quarter >= oldest, ReviewPack.state == State.MADE, ReviewPack.method_version == METHOD_VERSION
    )
    found = db.session.scalars(made.order_by(ReviewPack.id)).all()
    for pack_id in found:
        work.follow_up(compare_pack, key=f"{pack_id}:{work.at.date()}", pack_id=pack_id)
    return f"{len(found)} packs to compare"


@command(needs=Permission.SYSTEM_RUN)
def compare_pack(work: Work, *, pack_id: str) -> None:
    """Count a pack's figures anew for the same as-of date, and note which sections would read otherwise today."""
    pack = db.session.get_one(ReviewPack, UUID(pack_id))
    try:
        now = figures_of(pack.scope, Quarter.parse(pack.quarter), pack.as_of)
        changed = " ".join(changed_sections(kept_figures(pack), now))
    except NotFound:
        return  # the page and every signature say already that a file is not what was made
    if changed != pack.changed:
        pack.changed, pack.changed_on = changed, work.at.date() if changed else None


def figures_of(scope: str, quarter: Quarter, as_of: datetime) -> Pack:
    """Return the figures of a quarter and scope as known at a moment, without writing anything."""
    return assemble(counted(scope, quarter, as_of), scope, demonstration=bool(holds_demonstration()))


def kept_figures(pack: ReviewPack) -> Pack:
    """Return the figures as they were kept. Raises ``NotFound`` if they are missing or were changed."""
    return Pack.from_text(Storage.here().content(pack.figures_sha256).decode())


def broken_files(pack: ReviewPack) -> list[str]:
    """Return the names of the files of a pack that are missing or are not what was made, without those not made yet.

    The figures are checked by their own fingerprint as well: it is what both files carry.
    """
    broken = []
    for name, attribute in FILES.items():
        digest = getattr(pack, attribute)
        if not digest:
            continue
        try:
            content = Storage.here().content(digest)
        except NotFound:
            broken.append(name)
            continue
        if name == "figures" and fingerprint(Pack.from_text(content.decode())) != pack.content_hash:
            broken.append(name)
    return broken


def _signable(work: Work, pack_id: UUID) -> ReviewPack:
    pack = pack_of(work.actor, pack_id).pack
    if not may_sign(work.actor, pack):
        raise NotFound("There is no such pack for your sites.")
    return pack


def may_sign(actor: Actor, pack: ReviewPack) -> bool:
    """Whether somebody may sign a pack: at its site, or for the network everywhere."""
    sites = actor.sites_for(Permission.MANAGEMENT_REVIEW_SIGN)
    return sites is None or (pack.site_id is not None and pack.site_id in sites)
