"""A decision as plain values, for files, the command line and the record frozen with a deviation. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from assessments.qualifications.rules import Decision, Grant, Run, Signed


def text_of(at: datetime | None) -> str | None:
    """Return a moment as ISO 8601 text in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_plain(decision: Decision) -> dict[str, object]:
    """Return a decision with its evidence as text, whole numbers, yes/no, lists and dictionaries of these."""
    evidence = decision.evidence
    return {
        "allowed": decision.allowed,
        "status": str(decision.status),
        "reason": str(decision.reason),
        "arguments": dict(decision.arguments),
        "at": text_of(decision.at),
        "until": text_of(decision.until),
        "modules": [
            {
                "module": str(m.module.id),
                "code": m.module.code,
                "sop": m.module.sop,
                "version": m.version.number,
                "in_force_since": text_of(m.version.begins_at),
                "state": m.state,
                "completed_version": m.completion.number if m.completion else None,
                "completed_at": text_of(m.completion.completed_at) if m.completion else None,
                "counts_until": text_of(m.completion.counts_until) if m.completion else None,
                "percent": m.completion.percent if m.completion else None,
                "assignment": str(m.completion.assignment_id) if m.completion else None,
            }
            for m in evidence.modules
        ],
        "runs_needed": evidence.runs_needed,
        "runs": [_run(run) for run in evidence.runs],
        "qualification": _grant(evidence.grant),
        "pause": None
        if evidence.pause is None
        else {
            "id": str(evidence.pause.id),
            "kind": evidence.pause.kind,
            "since": text_of(evidence.pause.valid_from),
            "reason": evidence.pause.reason,
        },
        "later": [{"at": text_of(event.at), "what": event.what, "name": event.name} for event in decision.later],
    }


def _run(run: Run) -> dict[str, object]:
    return {
        "id": str(run.id),
        "observed_at": text_of(run.observed_at),
        "signed_at": text_of(run.signed_at),
        "passed": run.passed,
        "batch": run.batch,
        "assessor": run.assessor,
        "assessor_entitled_by": run.assessor_by,
        "assessor_entitled_until": text_of(run.assessor_until),
        "signature": _signature(run.signature),
    }


def _grant(grant: Grant | None) -> dict[str, object] | None:
    if grant is None:
        return None
    return {
        "id": str(grant.id),
        "valid_from": text_of(grant.valid_from),
        "valid_to": text_of(grant.valid_to),
        "runs_out_first": list(grant.runs_out),
        "withdrawn_at": text_of(grant.ended_at),
        "withdrawn_because": grant.ended_reason,
        "signature": _signature(grant.signature),
    }


def _signature(signed: Signed | None) -> dict[str, object] | None:
    if signed is None:
        return None
    return {
        "name": signed.name,
        "meaning": signed.meaning,
        "at": text_of(signed.at),
        "zone": signed.zone,
        "holds": signed.holds,
    }
