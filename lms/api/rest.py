"""Deviations and exposure for other systems: the same commands as the pages, behind a token instead of a session.

A session's cookie opens nothing here and a token opens nothing elsewhere, so a page of another site cannot act here in
somebody's name, and no form token is needed.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, g, jsonify, request, url_for
from sqlalchemy import select
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType

from lms import clock
from lms.api import commands, rules, shapes
from lms.api.exposure import Recorded, receive_batch, receive_exposure, receive_planned_batch
from lms.api.openapi import description
from lms.api.queries import caller_of
from lms.api.reading import LARGEST, ApiField, NotUnderstood, UnknownField, read_body, text_of
from lms.declarations import declare
from lms.deviations import queries
from lms.deviations.commands import close_as_in_source, triage_deviation
from lms.deviations.filters import Filters
from lms.extensions import csrf, db
from lms.network.models import Site, Team
from lms.patient_data.rules import digest, parts
from lms.permissions import Actor, Permission
from lms.refusals import NoPermission, NotAllowed, NotFound, StaleForm
from lms.scope import within
from lms.unit_of_work import Command, run
from lms.web.problems import problem

P = ParamSpec("P")

bp = Blueprint("api", __name__, url_prefix="/api/v1")
csrf.exempt(bp)
#: ``view.permission`` of these routes begins so; the session's permissions do not count here.
OPENED_BY = "by token: "
_FILTERS = frozenset({
    "site", "team", "network", "batch", "state", "kind", "severity", "process_step", "category", "root_cause_class",
    "detection_channel", "recurrence", "self_reported", "overdue", "from", "to", "known_on", "q",
})  # fmt: skip
_buckets: dict[UUID, rules.Bucket] = {}
_buckets_lock = threading.Lock()


def by_token(permission: Permission) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Let a view be opened by a token with the permission, and by nothing else."""

    def decorate(view: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Response:
            now = clock.now()
            kind, _, token = request.headers.get("Authorization", "").partition(" ")
            caller = caller_of(token.strip(), now) if kind.casefold() == "bearer" and token.strip() else None
            if caller is None:
                sentence = "Send the token of an approved integration as “Authorization: Bearer …”."
                return problem(401, sentence, headers={"WWW-Authenticate": 'Bearer realm="candor"'})
            with _buckets_lock:
                before = _buckets.get(caller.token_id, rules.Bucket(rules.BURST, now))
                _buckets[caller.token_id], wait = before.take(now)
            if wait:
                return problem(429, f"Wait {wait} s, then go on.", headers={"Retry-After": str(wait)})
            if not caller.actor.may(permission):
                return problem(403, f"This integration was not given “{permission}”. Ask an administrator.")
            g.api_actor = caller.actor
            return view(*args, **kwargs)

        guarded.permission = f"{OPENED_BY}{permission}"  # type: ignore[attr-defined]
        return guarded

    return decorate


@bp.errorhandler(NotAllowed)
def refused(refusal: NotAllowed) -> Response:
    """Answer a refusal as a problem that names the field."""
    if refusal.field == "password" and not isinstance(refusal, UnknownField):
        sentence = "This needs a signature, which only a person gives, with their password, on the page of the record."
        return problem(403, sentence, kind="urn:candor:signature-needed")
    status = 422
    for kind, code in ((NotFound, 404), (NoPermission, 403), (StaleForm, 409), (NotUnderstood, 400)):
        if isinstance(refusal, kind):
            status = code
    return problem(status, str(refusal), field=refusal.field)


@bp.errorhandler(HTTPException)
def not_possible(error: HTTPException) -> Response:
    """Answer what the web server's layer refuses as a problem, too."""
    return problem(error.code or 500, error.description or "The request could not be answered.")


@bp.get("/openapi.json")
@by_token(Permission.DEVIATION_SEE)
def openapi() -> Response:
    """Describe this interface (OpenAPI 3.1)."""
    return jsonify(description())


@bp.get("/deviations")
@by_token(Permission.DEVIATION_SEE)
def listed() -> Response:
    """List deviations, newest first, a page at a time, narrowed as the page is."""
    unknown = sorted(set(request.args) - _FILTERS - {"page"})
    if unknown:
        message = f"There is no filter “{unknown[0][:40]}”. The filters are {', '.join(sorted(_FILTERS))}, page."
        raise NotAllowed(message, field=unknown[0][:40])
    page = request.args.get("page", "1")
    if not page.isascii() or not page.isdigit() or not 1 <= int(page[:9]) <= 100_000:
        raise NotAllowed("“page” is a whole number from 1.", field="page")
    number = int(page[:9])
    filters = Filters.of(request.args)
    total, rows = queries.count_and_list(actor(), filters, number, now=clock.now())
    more = number * queries.PAGE_SIZE < total
    following = f"{url_for('api.listed')}?{urlencode({**filters.as_query(), 'page': number + 1})}" if more else None
    return jsonify(shapes.of_page(rows, total, number, following))


@bp.post("/deviations")
@by_token(Permission.DEVIATION_RAISE)
def create() -> Response:
    """Record a deviation. The same external_id, or the same Idempotency-Key with the same body, records it once."""
    data = _body()
    sent = read_body(data, shapes.CREATE)
    _refuse_patients(sent)
    site_id = _site(sent.pop("site", ""), Permission.DEVIATION_RAISE)
    external_id = sent.pop("external_id", "")
    key = _key()
    team, batch = sent.pop("team", ""), sent.pop("batch", "")
    sent |= {"team_id": _team(team, site_id), "batch_id": queries.batch_of_number(batch, site_id) if batch else None}
    fingerprint = hashlib.sha256(data).hexdigest()
    deviation, is_new = run(
        commands.receive_deviation,
        actor(),
        _reason(),
        site_id=site_id,
        external_id=external_id,
        key=key,
        fingerprint=fingerprint,
        values=sent,
    )
    deviation_id = deviation.id
    if not actor().may(Permission.DEVIATION_SEE, site_id):
        answer = jsonify(id=str(deviation_id), number=deviation.number, version=deviation.version)
    else:
        answer = _record(deviation_id)
    answer.status_code = 201 if is_new else 200
    answer.headers["Location"] = url_for("api.record", deviation_id=deviation_id)
    return answer


@bp.get("/deviations/<uuid:deviation_id>")
@by_token(Permission.DEVIATION_SEE)
def record(deviation_id: UUID) -> Response:
    """Read one deviation."""
    return _record(deviation_id)


@bp.patch("/deviations/<uuid:deviation_id>")
@by_token(Permission.DEVIATION_TRIAGE)
def update(deviation_id: UUID) -> Response:
    """Classify a deviation; a field that is not sent stays as it is."""
    sent = read_body(_body(), shapes.UPDATE)
    _refuse_patients(sent)
    now = queries.deviation(actor(), deviation_id, Permission.DEVIATION_TRIAGE)
    codes = ("process_step", "category", "root_cause_class", "kind", "detection_channel", "severity")
    said = {name: text_of(sent, name, getattr(now, name)) for name in (*codes, "severity_rationale", "answer")}
    batch = text_of(sent, "batch", now.batch_number)
    run(
        triage_deviation,
        actor(),
        _reason(),
        deviation_id,
        version=sent["version"],
        team_id=_team(text_of(sent, "team", now.team_name), now.site_id),
        batch_id=queries.batch_of_number(batch, now.site_id) if batch else None,
        process_step=said["process_step"],
        category=said["category"],
        root_cause_class=said["root_cause_class"],
        kind=said["kind"],
        detection_channel=said["detection_channel"],
        severity=said["severity"],
        severity_rationale=said["severity_rationale"],
        answer=said["answer"],
    )
    return _record(deviation_id, Permission.DEVIATION_TRIAGE)


@bp.post("/deviations/<uuid:deviation_id>/close")
@by_token(Permission.DEVIATION_TRIAGE)
def close(deviation_id: UUID) -> Response:
    """Close what the other system keeps and has closed. What was recorded here needs a person's signature."""
    sent = read_body(_body(), shapes.CLOSE)
    run(
        close_as_in_source,
        actor(),
        _reason(),
        deviation_id,
        version=sent["version"],
        root_cause_class=sent["root_cause_class"],
        reference=sent["reference"],
    )
    return _record(deviation_id, Permission.DEVIATION_TRIAGE)


@bp.post("/batches")
@by_token(Permission.EXPOSURE_RECORD)
def create_batch() -> Response:
    """Record a batch that has started. The same number, or the same Idempotency-Key, records it once."""
    return _received(receive_batch, shapes.BATCH)


@bp.post("/planned-batches")
@by_token(Permission.EXPOSURE_RECORD)
def create_planned_batch() -> Response:
    """Plan a batch. Its roster is made on its page, where each person is judged."""
    return _received(receive_planned_batch, shapes.PLANNED_BATCH)


@bp.post("/exposure")
@by_token(Permission.EXPOSURE_RECORD)
def create_exposure() -> Response:
    """Record the work of a site or team in a month, once for each unit."""
    return _received(receive_exposure, shapes.EXPOSURE)


def actor() -> Actor:
    """Return the integration that asks. Only inside a view that a token opened."""
    found: Actor = g.api_actor
    return found


def _received(receive: Command[..., tuple[Recorded, bool]], fields: tuple[ApiField, ...]) -> Response:
    data = _body()
    sent = read_body(data, fields)
    site_id = _site(sent.pop("site", ""), Permission.EXPOSURE_RECORD)
    team = sent.pop("team", "")
    if team:
        sent["team_id"] = _team(team, site_id)
    made, is_new = run(
        receive,
        actor(),
        _reason(),
        site_id=site_id,
        key=_key(),
        fingerprint=hashlib.sha256(data).hexdigest(),
        values=sent,
    )
    answer = jsonify(id=str(made.id), version=made.version)
    answer.status_code = 201 if is_new else 200
    return answer


def _record(deviation_id: UUID, permission: Permission = Permission.DEVIATION_SEE) -> Response:
    return jsonify(shapes.of_record(queries.deviation(actor(), deviation_id, permission)))


def _refuse_patients(sent: dict[str, Any]) -> None:
    """Refuse texts in which something looks like a patient's data, unless it was answered that these words are none."""
    found = {name: seen for name in shapes.FREE_TEXTS if (seen := parts(sent.get(name) or ""))}
    answer = digest([f"{name} {part.words}" for name, seen in found.items() for part in seen if part.kind])
    said = sent.pop("no_patient", "")
    if not found:
        return
    if said != answer:
        message = (
            f"“{next(iter(found))}” holds what looks like a patient's name, number or birth date. Send it without, "
            f"or, if it is no patient, with “no_patient”: “{answer}”."
        )
        raise NotAllowed(message, field=next(iter(found)))
    declare(f"no patient, says who sent it: {', '.join(found)}")


def _reason() -> str:
    return f"sent by {actor().name}"


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > 120:
        raise NotAllowed("An Idempotency-Key has at most 120 characters.", field="Idempotency-Key")
    return key


def _body() -> bytes:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send the body as application/json.")
    data = request.stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise RequestEntityTooLarge(f"A body has at most {LARGEST} bytes.")
    return data


def _site(code: str, permission: Permission) -> UUID:
    """Return the site of that code, or the integration's only one. Raises ``NotAllowed`` naming the field."""
    mine = select(Site.id).where(within(Site.id, actor(), permission))
    found = db.session.scalars(mine.where(Site.code == code) if code else mine.limit(2)).all()
    if len(found) != 1:
        sentence = f"“{code}” is none of your sites." if code else "Name the site by its code."
        raise NotAllowed(sentence, field="site")
    return found[0]


def _team(name: str, site_id: UUID) -> UUID | None:
    if not name:
        return None
    found = db.session.scalar(select(Team.id).where(Team.site_id == site_id, Team.name == name))
    if found is None:
        message = f"“{name}” is no team of this site."
        raise NotAllowed(message, field="team")
    return found
