"""Noting who classified a deviation and whether it falls into the sample, as part of the command that classifies it."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import select

from lms.deviations.models import Deviation
from lms.extensions import db
from lms.network.models import Site
from lms.second_coding.models import ClassifiedBy, SecondCoding
from lms.second_coding.rules import drawn
from lms.unit_of_work import Work


def note_classified(work: Work, deviation: Deviation) -> None:
    """Note who classified it, and draw it into the sample if it belongs there.

    What was not coded by the rubric, because it came from a file, is left out: no first coder is here to settle with.
    """
    if deviation.rubric_version is None or work.actor.person_id is None:
        return
    own = select(ClassifiedBy.id).where(
        ClassifiedBy.deviation_id == deviation.id, ClassifiedBy.person_id == work.actor.person_id
    )
    if db.session.scalar(own) is None:
        work.add(ClassifiedBy(deviation_id=deviation.id, site_id=deviation.site_id, person_id=work.actor.person_id))
    if db.session.scalar(select(SecondCoding.id).where(SecondCoding.deviation_id == deviation.id)) is not None:
        return
    network_id = db.session.get_one(Site, deviation.site_id).network_id
    percent = current_app.config["SETTINGS"].second_coding_percent
    why = drawn(deviation.id, network_id, deviation.severity, percent)
    if why is not None:
        work.add(
            SecondCoding(deviation_id=deviation.id, site_id=deviation.site_id, drawn_because=why, drawn_at=work.at)
        )
