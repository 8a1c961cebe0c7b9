"""R4: records that read alike. A suggestion to look at, never counted, and never a match by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from heapq import nlargest
from typing import Any
from uuid import UUID

from rapidfuzz import fuzz
from rapidfuzz.utils import default_process
from sqlalchemy import CompoundSelect, and_, or_, select, true, union_all

from lms.deviations.models import Deviation
from lms.deviations.rules import State
from lms.extensions import db
from lms.network.models import Site
from lms.permissions import Actor, Permission
from lms.recurrences.rules import Occurrence
from lms.recurrences.wording import Wording, likeness
from lms.scope import within
from lms.web.times import local_day

#: So many records are compared by each way of being near: the site's own that share step or category; of all the reader's
#: sites those that share both, the step, the category, or wait for triage.
COMPARED = 300
SHOWN = 5
#: As ``wording.likeness`` counts. Of the pairs judged by hand (``docs/real-input.md``) two in five above it were worth a look, one in
#: seven below.
ALIKE = 0.2
#: As alike as this of 100 by ``rapidfuzz.fuzz.token_sort_ratio`` (words in any order, spelling forgiven), at the same site and
#: within these days: perhaps recorded twice.
SAME_EVENT, SAME_EVENT_WITHIN = 75, timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Alike:
    """A record that reads like another one."""

    id: UUID
    number: str
    title: str
    site_name: str
    #: Its day at its site.
    day: date
    #: 0 to 100.
    score: int
    #: Perhaps the same event, recorded twice.
    same_event: bool


def similar(reader: Actor, this: Deviation | Occurrence, description: str) -> list[Alike]:
    """Return the records of the reader's triage sites that read most like this one, most alike first, five at most."""
    # one record may be near in several ways
    rows = list({row.id: row for row in db.session.execute(_compared(reader, this))}.values())
    rows.sort(key=lambda row: (row.occurred_at, row.id), reverse=True)
    wording = Wording([description, *(row.description for row in rows)])
    words = wording.vector(description)
    scored = ((likeness(words, wording.vector(row.description)), row) for row in rows)
    most = nlargest(SHOWN, (pair for pair in scored if pair[0] >= ALIKE), key=lambda pair: pair[0])
    return [
        Alike(
            row.id,
            row.number,
            row.title,
            row.name,
            local_day(row.occurred_at, row.zone),
            round(100 * score),
            row.site_id == this.site_id
            and abs(row.occurred_at - this.occurred_at) <= SAME_EVENT_WITHIN
            and fuzz.token_sort_ratio(description, row.description, processor=default_process) >= SAME_EVENT,
        )
        for score, row in most
    ]


def _compared(reader: Actor, this: Deviation | Occurrence) -> CompoundSelect[*tuple[Any, ...]]:
    """Return the records whose words are compared: the newest by each of several ways of being near this one.

    Each way follows an index from its end, so that it costs the same in a network of any size.
    """
    step, category = Deviation.process_step == this.process_step, Deviation.category == this.category
    near = [Deviation.category == ""]
    if this.process_step:
        near.append(step)
    if this.category:
        near.append(category)
    if this.process_step and this.category:
        near.append(and_(step, category))
    ways = [and_(Deviation.site_id == this.site_id, or_(*near)), *near] if len(near) > 1 else [true()]
    newest = (
        select(
            Deviation.id,
            Deviation.number,
            Deviation.title,
            Site.name,
            Site.zone,
            Deviation.occurred_at,
            Deviation.site_id,
            Deviation.description,
        )
        .join(Site, Site.id == Deviation.site_id)
        .where(
            within(Deviation.site_id, reader, Permission.DEVIATION_TRIAGE),
            Site.network_id == select(Site.network_id).where(Site.id == this.site_id).scalar_subquery(),
            Deviation.id != this.id,
            Deviation.state != State.REJECTED_DUPLICATE,
            Deviation.occurred_at <= this.occurred_at + SAME_EVENT_WITHIN,
        )
        .order_by(Deviation.occurred_at.desc())
        .limit(COMPARED)
    )
    # a part of a union may be ordered and cut off only within a query of its own (SQLite)
    return union_all(*(select(newest.where(way).subquery()) for way in ways))
