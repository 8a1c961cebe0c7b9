"""The trainers' part of the play: SOP versions on their days, then modules, curricula and what was known on paper."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lms.demonstration.cast import by_login
from lms.demonstration.loading import Day
from lms.demonstration.places import control_site
from lms.demonstration.staffing import ACCOUNTS
from lms.demonstration.timeline import training_begins
from lms.extensions import db
from lms.permissions import Role
from modules.curricula import commands as curricula
from modules.demonstration.commands import take_over_training
from modules.documents import commands as documents
from modules.documents import front_matter
from modules.documents.models import Document, DocumentVersion
from modules.documents.sop_file import read_sop
from modules.library import commands as library
from modules.library.queries import taught_versions
from modules.library.rules import effective_versions

_HERE = Path(__file__).parent
#: Days between the approval of a version and the day on which it takes effect.
LEAD_DAYS = 24
TAKEN_OVER = "training file of the site, checked page by page"


def found(day: Day) -> None:
    """Put the versions of all SOPs on the agenda, and the beginning of training records."""
    for path in sorted((_HERE / "sops").glob("*/v*.md")):
        text = path.read_bytes()
        offset = int(str(front_matter.split(text.decode()).values["effective_offset_days"]))
        effective_on = max(day.date + timedelta(days=int(path.stem[1:])), day.world.today - timedelta(days=offset))
        approved_on = max(day.date, effective_on - timedelta(days=LEAD_DAYS))
        at = _office_hours(approved_on, 9 + int(path.stem[1:]))
        day.put(at, partial(_approve, path, effective_on))
    begins = training_begins(day.world)
    day.stage.memory["training begins"] = begins
    day.put(_office_hours(begins, 8), _begin)


def _approve(path: Path, effective_on: date, day: Day, at: datetime) -> None:
    """Import a version, send it to review and approve it: three people of the control site, one after the other."""
    trainer, approver = _holder(day, Role.TRAINER), _holder(day, Role.QA)
    author = day.cast.actor(trainer)
    folder = path.parent
    sop = read_sop(path.name, path.read_bytes(), lambda name: _picture(folder, name))
    draft = day.run(documents.import_document_version, author, at, "", sop)
    day.run(documents.send_to_review, author, at + timedelta(minutes=20), "", draft.id)
    signing = at + timedelta(minutes=50)
    row = db.session.get_one(DocumentVersion, draft.id)
    day.run(
        documents.approve_document_version,
        day.cast.signing(approver, signing),
        signing,
        "",
        row.id,
        version=row.version,
        sha256=row.sha256,
        effective_on=effective_on,
    )


def _picture(folder: Path, name: str) -> bytes | None:
    path = folder / name
    return path.read_bytes() if path.is_file() else None


def _begin(day: Day, at: datetime) -> None:
    """Make tasks, modules and curricula, and take over what everybody at work had completed on paper."""
    content = tomllib.loads((_HERE / "curricula.toml").read_text(encoding="utf-8"))
    trainer = day.cast.actor(_holder(day, Role.TRAINER))
    sops = dict(db.session.execute(select(Document.code, Document.id)).all())
    modules: dict[str, UUID] = {}
    for entry in content["module"]:
        made = day.run(
            library.create_module,
            trainer,
            at,
            "",
            code=entry["code"],
            title=entry["title"],
            document_id=sops[entry["sop"]],
            minutes=entry["minutes"],
        )
        modules[entry["sop"]] = made.id
    tasks: dict[str, UUID] = {}
    for entry in content["task"]:
        tasks[entry["code"]] = _task(day, at, entry, modules)
    day.stage.memory["tasks"] = tasks
    day.stage.memory["task entries"] = {entry["code"]: entry for entry in content["task"]}
    _take_over(day, at + timedelta(hours=2))


def _task(day: Day, at: datetime, entry: dict[str, Any], modules: dict[str, UUID]) -> UUID:
    trainer = day.cast.actor(_holder(day, Role.TRAINER))
    task = day.run(
        curricula.define_task,
        trainer,
        at,
        "",
        code=entry["code"],
        title=entry["title"],
        process_step=entry["process_step"],
    )
    code = entry["code"].replace("T-", "CUR-", 1)
    curriculum = day.run(curricula.define_curriculum, trainer, at, "", code=code, title=entry["title"], task_id=task.id)
    for sop in entry["sops"]:
        day.run(
            curricula.put_module_into_curriculum,
            trainer,
            at,
            "",
            curriculum.id,
            modules[sop],
            due_days=21,
            valid_from=day.date,
        )
    day.run(
        curricula.hold_curriculum_for,
        trainer,
        at,
        "",
        curriculum.id,
        role=Role.OPERATOR,
        site_id=None,
        valid_from=day.date,
    )
    return task.id


def _take_over(day: Day, at: datetime) -> None:
    trainer = _holder(day, Role.TRAINER)
    versions = taught_versions()
    for person in day.world.people:
        if person.team is None or not person.works_on(day.date):
            continue
        zone = day.cast.actor(person.employee_no).zone
        holding = [version.id for version in effective_versions(versions, at, zone).values()]
        day.run(
            take_over_training,
            day.cast.signing(trainer, at),
            at,
            TAKEN_OVER,
            day.cast.id_of(person.employee_no),
            day.cast.sites[person.site],
            holding,
        )


def _holder(day: Day, role: Role) -> str:
    return by_login(day.world)[ACCOUNTS[role]].employee_no if role is not Role.QA else _central_qa(day)


def _central_qa(day: Day) -> str:
    return next(
        person.employee_no
        for person in day.world.people
        if any(held.role is Role.QA and held.site is None for held in person.roles)
    )


def _office_hours(on: date, hour: int) -> datetime:
    return datetime.combine(on, time(hour), ZoneInfo(control_site().zone))
