"""Taking a study in, making its analyses outside the request, and forgetting it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from behavior_metrics.imported_study.models import ImportedStudy
from lms.extensions import db
from lms.permissions import Permission
from lms.refusals import NotAllowed, NotFound
from lms.unit_of_work import Work, command

#: Of one reader. A study is made anew from its file in seconds, so none needs to be hoarded.
MOST_STUDIES = 20


@command(needs=Permission.METRICS_SEE)
def take_study(work: Work, *, file_name: str, file_sha256: str, rows: dict[str, Any]) -> ImportedStudy:
    """Take the rows of a study in (``table.as_plain``). Its analyses follow. Raises ``NotAllowed`` beyond twenty studies."""
    account_id = _account(work)
    kept = select(func.count()).select_from(ImportedStudy).where(ImportedStudy.account_id == account_id)
    if (db.session.scalar(kept) or 0) >= MOST_STUDIES:
        raise NotAllowed(f"You have {MOST_STUDIES} studies here. Forget one before you bring another.", field="file")
    study = ImportedStudy(
        account_id=account_id,
        file_name=file_name[-200:],
        file_sha256=file_sha256,
        asked_at=work.at,
        rows=json.dumps(rows),
    )
    work.add(study)
    db.session.flush()
    work.follow_up(make_study, key=str(study.id), study_id=study.id)
    return study


@command(needs=Permission.SYSTEM_RUN)
def make_study(work: Work, *, study_id: str) -> None:
    """Make the analyses of a study and let go of its rows. A second time, or for a forgotten one, nothing happens."""
    from behavior_metrics.imported_study.analyses import analyse  # noqa: PLC0415 - scipy stays out of the web worker
    from behavior_metrics.imported_study.table import from_plain  # noqa: PLC0415 - so does numpy

    study = db.session.get(ImportedStudy, UUID(study_id))
    if study is None or study.made_at is not None:
        return
    study.output = json.dumps(analyse(from_plain(json.loads(study.rows))))
    study.rows, study.made_at = "", work.at


@command(needs=Permission.METRICS_SEE)
def forget_study(work: Work, study_id: UUID) -> None:
    """Remove a study of one's own and everything that came out of it. Raises ``NotFound`` for anybody else's."""
    own = ImportedStudy.id == study_id, ImportedStudy.account_id == _account(work)
    if db.session.scalar(select(ImportedStudy.id).where(*own)) is None:
        raise NotFound("There is no such study of yours.")
    db.session.execute(delete(ImportedStudy).where(*own))


def _account(work: Work) -> UUID:
    if work.actor.account_id is None:
        raise NotAllowed("Only a signed-in person brings a study.", field="file")
    return work.actor.account_id
