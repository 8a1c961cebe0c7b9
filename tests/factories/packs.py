"""Management-review packs for tests, made by the scheduler's own steps."""

from __future__ import annotations

from behavior_metrics.management_review import commands
from behavior_metrics.management_review.models import ReviewPack
from lms.extensions import db
from lms.outbox.delivery import deliver_outbox
from lms.permissions import Actor
from lms.unit_of_work import run
from tests.factories.people import Someone

MORNING = Actor.system("make_due_packs")


def asked_for() -> str:
    """Let the job ask for what is due."""
    return run(commands.make_due_packs, MORNING, "due")


def delivered() -> None:
    """Let the outbox run until nothing is left."""
    while deliver_outbox():
        pass
    db.session.expire_all()


def pack_of(scope: str) -> ReviewPack:
    """Return the newest pack of a scope."""
    db.session.expire_all()
    return db.session.query(ReviewPack).filter_by(scope=scope).order_by(ReviewPack.revision.desc()).first()


def only_network() -> ReviewPack:
    """Make the network's pack of the last quarter, and no other."""
    from behavior_metrics.management_review.rules import NETWORK

    asked_for()
    pack = pack_of(NETWORK)
    for step in (commands.count_pack, commands.print_pack, commands.fill_workbook):
        run(step, MORNING, "step", pack_id=str(pack.id))
    return pack_of(NETWORK)


def signed(qa: Someone, pack: ReviewPack, reason: str = "The quarter is under control.") -> ReviewPack:
    """Sign a pack."""
    return run(commands.sign_pack, qa.signing, reason, pack.id, version=pack.version, reason=reason)
