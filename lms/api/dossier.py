"""Everything about one deviation that its reader may see, with the leaves of the trail that prove it, for an inspector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lms.api.shapes import moment, of_record
from lms.audit.models import AuditEvent, AuditLeaf
from lms.capas.queries import CapaRow, of_deviation
from lms.deviations import queries
from lms.extensions import db
from lms.permissions import Actor, Permission
from lms.recurrences.queries import RecurrenceRow, recurrences_of
from lms.signatures.queries import SignatureRow

FORMAT = "candor-deviation/1"


def dossier(reader: Actor, deviation_id: UUID, now: datetime) -> dict[str, Any]:
    """Return the record, its matches and actions, and for readers of the trail the places of all of them in it."""
    facts = queries.deviation(reader, deviation_id)
    matches = recurrences_of(reader, deviation_id)
    actions = of_deviation(reader, deviation_id)
    found = {
        "format": FORMAT,
        "exported_at": moment(now),
        "exported_by": reader.name,
        "deviation": of_record(facts),
        "matches": [_match(match) for match in matches],
        "actions": [_action(action) for action in actions],
    }
    if reader.may(Permission.TRAIL_SEE, facts.site_id):
        records = [deviation_id, *(match.id for match in matches), *(action.id for action in actions)]
        found["trail"] = {
            "how_to_prove": "candor audit prove <record>, then docs/verify_proof.py, against a checkpoint kept outside.",
            "events": _leaves(records),
        }
    return found


def _match(match: RecurrenceRow) -> dict[str, Any]:
    return {
        "id": str(match.id),
        "rule": match.rule,
        "rule_version": match.rule_version,
        "window_days": match.window_days,
        "days_between": match.days_between,
        "this_is_the_later": match.is_later,
        "other": match.other_number,
        "action": match.capa_number,
        "decision": match.decision,
        "decided_at": moment(match.decided_at),
        "reason": match.reason,
        "signatures": _signatures(match.signatures),
    }


def _action(action: CapaRow) -> dict[str, Any]:
    return {
        "id": str(action.id),
        "number": action.number,
        "title": action.title,
        "kind": action.kind,
        "state": action.state,
        "verdict": action.verdict,
        "opened_on": action.opened_on.isoformat(),
        "due_on": action.due_on.isoformat(),
        "extended_to": action.extended_to.isoformat() if action.extended_to else None,
        "implemented_on": action.implemented_on.isoformat() if action.implemented_on else None,
    }


def _signatures(signatures: Sequence[SignatureRow]) -> list[dict[str, Any]]:
    return [
        {
            "id": str(signature.id),
            "printed_name": signature.printed_name,
            "meaning": signature.meaning,
            "signed_at": moment(signature.signed_at),
            "zone": signature.zone,
            "reason": signature.reason,
            "holds": signature.holds,
        }
        for signature in signatures
    ]


def _leaves(records: Iterable[UUID]) -> list[dict[str, Any]]:
    """Return the events of the records in the order of the trail: number of the leaf (None until sealed) and its hash."""
    statement = (
        select(AuditEvent.rtype, AuditEvent.rid, AuditEvent.id, AuditEvent.at, AuditEvent.leaf, AuditLeaf.seq)
        .outerjoin(AuditLeaf, AuditLeaf.event_id == AuditEvent.id)
        .where(AuditEvent.rid.in_([str(record) for record in records]))
        .order_by(AuditEvent.at, AuditEvent.id)
    )
    return [
        {"record": rid, "type": rtype, "event": str(event), "at": moment(at), "leaf": seq, "hash": leaf.hex()}
        for rtype, rid, event, at, leaf, seq in db.session.execute(statement)
    ]
